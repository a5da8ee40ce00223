"""An init container that is a server."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import as_list, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

# Images whose entry point is a server.
_IMAGE = regex(r"(?:\A|/)(?:llm-d-routing-sidecar|cloud-sql-proxy|envoyproxy/envoy)[:@]")
_SERVER = regex(r"\bvllm serve (?!.*--help)|vllm\.entrypoints\.openai|sglang\.launch_server")
_BACKGROUND = regex(r"&\s*(?:\Z|[^&>\s]|\n)")


def check(context: Context) -> Violations:
    """One finding for each container, of workloads and of services with their presets."""
    for pod in merged_pod_specs(context):
        for i, container in maps(pod.spec.get("initContainers")):
            if container.get("restartPolicy") != "Always" and _serves(container):
                yield violation(
                    f"init container {visible(text(container.get('name')))} is a server and does "
                    "not end: it has no restartPolicy Always",
                    pod.place("initContainers", i),
                )


def _serves(container: dict[str, Any]) -> bool:
    words = [
        word
        for field in ("command", "args")
        for word in as_list(container.get(field))
        if isinstance(word, str)
    ]
    if not container.get("command"):
        ends = any(word.startswith(("--help", "--version", "--mode")) for word in words)
        return not ends and bool(_IMAGE.search(text(container.get("image"))))
    line = " ".join(words)
    return bool(_SERVER.search(line)) and not _BACKGROUND.search(line)
