"""A server that listens where nobody asks."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.names import PORT
from stackgen.kserve.presets import DECODE_PORT
from stackgen.kserve.shape import listing, mapping

RULE = Rule(
    id="serving-port",
    family="serving",
    severity=Severity.ERROR,
    summary="The server listens on another port than the one requests go to.",
    impact="Service, InferencePool and scheduler send to 8000; every request fails with 503.",
    remedy="Listen on 8000 (8001 for decode servers, behind the routing sidecar).",
    source=(
        "KServe workload.go: the workload Service is 8000 to 8000; InferencePool targetPort 8000"
    ),
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        command: [vllm, serve, /mnt/models]
        args: [--port=8080, --served-model-name=qwen]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        command: [vllm, serve, /mnt/models]
        args: [--port=8000, --served-model-name=qwen]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Servers that the user starts on a port of their own."""
    for service in services(context):
        split = isinstance(service.own.get("prefill"), dict)
        own_route = listing(
            mapping(mapping(mapping(service.own.get("router")).get("route")).get("http")).get(
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
                if int(flag.value or 0) not in (expected, PORT):
                    yield RULE.finding(
                        f"the server listens on {flag.value}; requests are sent to {expected}",
                        Place(service.resource, flag.path),
                    )
