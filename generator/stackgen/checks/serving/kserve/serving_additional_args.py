"""Additional arguments that nothing reads."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_list, named
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import MORE_FLAGS


def check(context: Context) -> Violations:
    """Containers with a command that starts vLLM and does not mention the variable."""
    for service in services(context):
        for part in service.parts():
            main = part.main()
            if main is None or not main[1].get("command") or not part.line().vllm:
                continue
            path, container = main
            variable = named(container.get("env"), MORE_FLAGS)
            words = [*as_list(container.get("command")), *as_list(container.get("args"))]
            used = any(isinstance(w, str) and MORE_FLAGS in w for w in words)
            if variable is not None and not used:
                yield violation(
                    f"{MORE_FLAGS} is not used by the command",
                    part.place(*path, "env", variable[0], "name"),
                    part.place(*path, "command", key=True, note="replaces the preset's script"),
                )
