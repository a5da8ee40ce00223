"""A probe over HTTPS of a server that speaks HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import at

RULE = Rule(
    id="serving-probe-scheme",
    family="serving",
    severity=Severity.WARNING,
    summary="The probe asks over HTTPS, and the release serves HTTP unless TLS is switched on.",
    impact="The probe never succeeds: the server is restarted for ever, or never gets requests.",
    remedy="Leave the scheme out: the preset sets the one that the server speaks.",
    source="KServe: enableLLMInferenceServiceTLS is false by default",
    confidence="medium",
    bad="""\
# release: kserve-0.20
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        livenessProbe: {httpGet: {path: /health, port: 8000, scheme: HTTPS}}
""",
    good="""\
# release: kserve-0.20
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        livenessProbe: {httpGet: {path: /health, port: 8000}}
""",
)


_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def check(context: Context) -> Iterator[Finding]:
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
                    yield RULE.finding(
                        f"the {probe} asks over HTTPS; "
                        f"release {seen.newest.name} serves HTTP unless "
                        "enableLLMInferenceServiceTLS is set",
                        part.place(*main[0], probe, "httpGet", "scheme"),
                    )
