"""A probe over HTTPS of a server that speaks HTTP."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import at
from stackgen.findings.model import Violations, violation

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def check(context: Context) -> Violations:
    """Only where the release is known to serve plain HTTP, and its preset starts the server."""
    seen = view(context)
    if not seen.certain or seen.newest.tls != "off":
        return
    for service in seen.services:
        for part in service.parts():
            main = part.main()
            if main is None or main[1].get("command") or "ssl-certfile" in part.more_flags().flags:
                continue
            for probe in _PROBES:
                if at(main[1], probe, "httpGet", "scheme") == "HTTPS":
                    yield violation(
                        f"the {probe} uses HTTPS; "
                        f"release {seen.newest.name} serves HTTP unless "
                        "enableLLMInferenceServiceTLS is set",
                        part.place(*main[0], probe, "httpGet", "scheme"),
                    )
