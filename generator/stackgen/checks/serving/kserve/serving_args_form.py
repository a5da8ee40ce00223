"""Arguments in a form that the release cannot run."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, view
from stackgen.facts.shape import as_dict, as_list, named
from stackgen.findings.model import Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path
from stackgen.platforms.kserve.release import Controller
from stackgen.redact import redact
from stackgen.regex import regex

RULE = rule_named(__name__)


_SCRIPT = regex(
    r"\s*(exec\s|python3?\s|vllm\s|/\S+\s|\w+=|cd\s|export\s|set\s|if\s|#!|echo\s|source\s)"
)


def check(context: Context) -> Violations:
    """Args without a command: one script for old releases, flags for later ones."""
    seen = view(context)
    for service in seen.services:
        for part in service.parts():
            yield from seen.in_releases(RULE, _args, part)


def _args(part: Part, controller: Controller) -> Violation | None:
    main = part.main()
    if main is None or not part.service.whole:
        return None
    path, container = main
    args, command = as_list(container.get("args")), container.get("command")
    if command:
        return _left_over(part, path, container, controller)
    first = args[0] if args and isinstance(args[0], str) else ""
    if _commanded(part, controller):
        return None
    if first.startswith("-") and controller.args == "script":
        return violation(
            f"release {controller.name} runs the first argument as a shell script, but "
            f"{_short(first)} is not a script",
            part.place(*path, "args"),
        )
    if _SCRIPT.match(first) and " " in first.strip() and controller.args == "flags":
        return violation(
            f"release {controller.name} appends args to vllm serve, so this script becomes "
            "an argument",
            part.place(*path, "args"),
        )
    return None


def _left_over(
    part: Part, path: Path, container: dict[str, Any], controller: Controller
) -> Violation | None:
    """A command without args keeps the preset's script as its argument."""
    if controller.args != "script" or "args" in container or part.several:
        return None
    return violation(
        f"command is set but args is not: release {controller.name} keeps the preset script as "
        "args",
        part.place(*path, "command"),
    )


def _commanded(part: Part, controller: Controller) -> bool:
    """A config in baseRefs brings the command."""
    own: Any = part.service.expanded(controller).effective.own
    for step in part.path[1:]:
        own = as_dict(own).get(str(step))
    main = named(as_dict(own).get("containers"), "main")
    return bool(main and main[1].get("command"))


def _short(text: str) -> str:
    return text if len(text) <= 40 else redact(text)[:37] + "..."
