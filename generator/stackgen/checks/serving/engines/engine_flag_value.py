"""A value that an option of an engine does not take."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.schema.placeholder import asked
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, program_runs
from stackgen.facts.engines import matching, wrong_value
from stackgen.findings.model import Severity, Violation, Violations, violation
from stackgen.spelling import did_you_mean

# With these options, names of parsers come from a file of the user's.
_PLUGINS = {
    "tool-call-parser": "tool-parser-plugin", "reasoning-parser": "reasoning-parser-plugin",
}  # fmt: skip
_FEW = 10  # names that a message lists
_SHOWN = 90  # characters of a value, which may be a whole JSON document


def check(context: Context) -> Violations:
    """One finding for each value."""
    for run in (*engine_runs(context), *program_runs(context)):
        version, engine = run.running.version, run.running.engine
        if version:
            names = engine.versions.at(version, engine.options)
            yield from _violations(run, {name: [kind] for name, kind in names.items()})
        else:
            # Choices grow. What kind of value an option takes hardly changes.
            every = {n: [r[0] for r in ranges] for n, ranges in engine.options.items()}
            plain = {n: k for n, k in every.items() if not any(x[0] in "=~" for x in k)}
            yield from _violations(run, plain)


def _violations(run: EngineRun, kinds: dict[str, list[str]]) -> Violations:
    names = {name: found[-1] for name, found in kinds.items()}
    for given, flag in run.line.flags.items():
        found = matching(names, given, abbreviates=run.running.engine.abbreviates)
        key = "." in given
        if len(found) != 1 or flag.value is None or key:
            continue
        (name,) = found
        if given.startswith("no-") and name != given:
            lacks = ["no value" if flag.value and not flag.separate else ""]
        else:
            lacks = [
                wrong_value(kind, flag.value, flag.separate, flag.alone) for kind in kinds[name]
            ]
        if (
            not all(lacks)
            or asked(flag.value)
            or _PLUGINS.get(name, name) in run.line.flags.keys() - {name}
        ):
            continue
        yield _finding(run, given, flag.value, names[name], lacks[-1])


def _finding(run: EngineRun, name: str, value: str, kind: str, lacks: str) -> Violation:
    version, engine = run.running.version, run.running.engine
    shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    but = f", not {shown!r}" if value else " and has none"
    choice = kind[:1] in ("=", "~")
    names = kind[1:].rstrip("+?").split("|") if choice else []
    hint = did_you_mean(value, names)
    if hint and len(names) > _FEW:
        lacks = f"one of {len(names)} names"
    sure = bool(version) and (run.running.own or not choice)
    return violation(
        f"--{name} of {engine.shown} {version or engine.span} takes {lacks}{but}{hint}",
        run.flag(name),
        severity=None if sure else Severity.WARNING,
        confidence=None if sure else "medium",
    )
