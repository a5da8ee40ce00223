"""An init container that is a server, or waits without an end."""

from __future__ import annotations

import os
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.command_line import SHELLS
from stackgen.facts.containers import words
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

# Images whose entry point is a server.
_IMAGE = regex(r"(?:\A|/)(?:llm-d-routing-sidecar|cloud-sql-proxy|envoyproxy/envoy)[:@]")
_SERVER = regex(r"\bvllm serve (?!.*--help)|vllm\.entrypoints\.openai|sglang\.launch_server")
_WAIT = regex(
    r"(?:\A|[;\n]|&&)[ \t]*(?:exec )?(?:/(?:usr/)?bin/)?"
    r"(?:sleep inf(?:inity)?|tail -[fF] /dev/null)[;\s]*\Z"
)
_BRANCHES = regex(r"\b(?:if|while|until|for|case|exit|trap|timeout)\b|<<")
_BACKGROUND = regex(r"&\s*(?:\Z|[^&>\s]|\n)")


def check(context: Context) -> Violations:
    """One finding for each container, of workloads and of services with their presets."""
    for pod in merged_pod_specs(context):
        for i, container in maps(pod.spec.get("initContainers")):
            if container.get("restartPolicy") == "Always":
                continue
            what = "is a server" if _serves(container) else ""
            what = what or ("waits at its end" if _waits(container) else "")
            if what:
                yield violation(
                    f"init container {visible(text(container.get('name')))} {what} and does not "
                    "end: it has no restartPolicy Always",
                    pod.place("initContainers", i),
                )


def _waits(container: dict[str, Any]) -> bool:
    """Whether the last command of a script is one that does not end, without a condition."""
    said = [word for _, word in words(container)] if container.get("command") else []
    script = " ".join(said)
    if said and os.path.basename(said[0]) in SHELLS:
        script = said[-1]
    return bool(_WAIT.search(script)) and not (
        _BRANCHES.search(script) or _BACKGROUND.search(script.replace("&&", ";"))
    )


def _serves(container: dict[str, Any]) -> bool:
    said = [word for _, word in words(container)]
    if not container.get("command"):
        ends = any(word.startswith(("--help", "--version", "--mode")) for word in said)
        return not ends and bool(_IMAGE.search(text(container.get("image"))))
    line = " ".join(said)
    return bool(_SERVER.search(line)) and not _BACKGROUND.search(line)
