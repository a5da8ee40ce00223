"""A server that listens on a port that no client uses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.digits import to_int
from stackgen.facts.shape import as_dict, as_list
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import PORT
from stackgen.platforms.kserve.presets import DECODE_PORT


def check(context: Context) -> Violations:
    """Servers that the user starts on a port of their own."""
    for service in services(context):
        split = isinstance(service.own.get("prefill"), dict)
        own_route = as_list(
            as_dict(as_dict(as_dict(service.own.get("router")).get("route")).get("http")).get(
                "refs"
            )
        )
        for part in service.parts():
            if part.path[-1] == "worker" or own_route:
                continue
            expected = DECODE_PORT if split and not part.prefill else PORT
            for line in (part.line(), part.more_flags()):
                flag = line.flags.get("port")
                if flag is None or not (flag.value or "").isdecimal():
                    continue
                if to_int(flag.value or "") not in (expected, PORT):
                    yield violation(
                        f"the server listens on port {flag.value}; requests use port {expected}",
                        Place(service.resource, flag.path),
                    )
