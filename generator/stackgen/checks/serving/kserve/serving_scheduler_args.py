"""Arguments that take the place of what the scheduler needs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_list, named
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import MAIN

_NEEDED = ("pool-name", "secure-serving", "cert-path")


def check(context: Context) -> Violations:
    """Judged for releases whose preset runs the picker by args alone."""
    seen = view(context)
    if seen.newest.args != "script":
        return
    for service in seen.subjects:
        where = ("spec", "router", "scheduler", "template", "containers")
        found = named(service.resource.get(*where), MAIN)
        if found is None or not as_list(found[1].get("args")):
            continue
        args = [a for a in found[1]["args"] if isinstance(a, str)]
        given = {a.lstrip("-").partition("=")[0].lower() for a in args if a.startswith("-")}
        given |= {a.replace("-", "") for a in given}
        missing = [n for n in _NEEDED if n not in given and n.replace("-", "") not in given]
        place = service.place(*where, found[0], "args")
        if missing:
            flags = ", ".join(f"--{name}" for name in missing)
            yield violation(f"these args replace those of the preset and omit {flags}", place)
        for i, arg in enumerate(args):
            if arg.startswith(("--config-text=", "--config-file=")):
                yield violation(
                    f"{arg.partition('=')[0]} and its value must be two items: "
                    "the controller looks for the flag alone, and adds its default configuration",
                    service.place(*where, found[0], "args", i),
                )
