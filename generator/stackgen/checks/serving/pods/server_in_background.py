"""A server that a container starts in the background, beside a command that only waits."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.pods.endless import in_background, waiting
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

_SERVER = regex(
    r"\b(?:vllm serve|ollama serve|sglang|uvicorn|gunicorn|tritonserver|litellm"
    r"|python3?\b[^\n]*(?:serve|proxy|api|app)|[\w./-]*(?:server|proxy)[\w.-]*)\b"
)


def check(context: Context) -> Violations:
    """One finding for each container without a liveness probe."""
    for pod in merged_pod_specs(context):
        for i, container in maps(pod.spec.get("containers")):
            found = waiting(container) if not container.get("livenessProbe") else None
            if found is None:
                continue
            path, script = found
            if any(map(_SERVER.search, in_background(script))):
                yield violation(
                    f"container {visible(text(container.get('name')))} starts its server in the "
                    "background, and its last command only waits",
                    pod.place("containers", i, *path),
                )
