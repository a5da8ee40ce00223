"""Parallelism that changes nothing."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, view
from stackgen.facts.shape import as_dict, number
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.release import Controller

RULE = rule_named(__name__)


_FLAGS = {"pipeline": "pipeline-parallel-size", "data": "data-parallel-size"}


def check(context: Context) -> Violations:
    """Single pods: pipeline and data never have an effect, tensor only through the preset."""
    seen = view(context)
    for service in seen.services:
        for base, data in service.halves():
            if isinstance(data.get("worker"), dict) or not service.whole:
                continue
            path = (*base, "template")
            empty = Part(service, path, {}, {})
            part = next((p for p in service.parts() if p.path == path), empty)
            values = as_dict(data.get("parallelism"))
            for name in ("pipeline", "data"):
                size = number(values.get(name))
                if size is not None and size > 1 and not _passed(part, _FLAGS[name]):
                    yield violation(
                        f"{name}: {size} has no effect without a worker",
                        Place(service.resource, (*base, "parallelism", name)),
                    )
            yield from seen.in_releases(RULE, _tensor, part, values)


def _tensor(part: Part, values: dict[str, Any], controller: Controller) -> Violation | None:
    size = number(values.get("tensor"))
    if size is None or size <= 1 or _passed(part, "tensor-parallel-size"):
        return None
    main = part.main()
    own_command = bool(main and main[1].get("command"))
    own_script = bool(main and main[1].get("args")) and controller.args == "script"
    if controller.single_host_tensor and not own_command:
        return None
    why = (
        "the container sets its own command"
        if own_command or own_script
        else f"release {controller.name} does not pass it to a single server"
    )
    if own_command and not part.line().complete:
        return None
    return violation(
        f"tensor: {size} has no effect: {why}",
        Place(part.service.resource, (*part.path[:-1], "parallelism", "tensor")),
    )


def _passed(part: Part, flag: str) -> bool:
    """The user gives the flag to vLLM."""
    return any(flag in line.flags for line in (part.line(), part.more_flags()))
