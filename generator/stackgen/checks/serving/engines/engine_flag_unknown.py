"""An option that the engine of a container does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, program_runs
from stackgen.escape import visible
from stackgen.facts.engines import matching
from stackgen.facts.shape import as_list, plain, text
from stackgen.findings.model import Severity, Violation, Violations, violation
from stackgen.spelling import did_you_mean, nearest

# Short options, and what `python -m` makes of its module.
_SHORT = 2


def check(context: Context) -> Violations:
    """One finding for each option, of servers that a container starts and of services."""
    for run in (*engine_runs(context), *program_runs(context)):
        version, engine = run.running.version, run.running.engine
        yield from _positional(run)
        if not version:
            yield from _in_no_version(run)
            continue
        names = engine.versions.at(version, engine.options)
        for name in _long(run):
            found = matching(names, name, abbreviates=engine.abbreviates)
            if len(found) > 1:
                yield violation(
                    f"--{name} may be {_listed(found)}: {engine.shown} {version} rejects it",
                    run.flag(name),
                )
            elif not found:
                yield _missing(run, name, names, version)


def _positional(run: EngineRun) -> Violations:
    """The module api_server has no positional argument; `vllm serve` has one for the model."""
    command, args = (as_list(run.container.get(field)) for field in ("command", "args"))
    first = text(args[0]) if args else ""
    module = text(command[2]) if len(command) == 3 and command[1] == "-m" else ""
    if module.startswith("vllm.") and first and not first.startswith("-") and plain(first):
        yield violation(
            f"{visible(module)} takes the model with --model only, not as an argument",
            run.place("args", 0),
            remedy="Write `--model=NAME`, or start the server with `vllm serve`.",
        )


def _long(run: EngineRun) -> Iterator[str]:
    for name in run.line.flags:
        if len(name) > _SHORT and name[0].islower():
            yield name


def _missing(
    run: EngineRun, name: str, names: dict[str, str], version: str, sure: bool = True
) -> Violation:
    engine = run.running.engine
    plain = name.partition(".")[0]
    if plain not in engine.options:
        plain = plain.removeprefix("no-")
    told = engine.versions.elsewhere(plain, version, engine.options)
    successor = engine.replaced.get(plain, "") if told else ""
    hint = f"; {told}" if told else did_you_mean(name, sorted(names))
    # A company that builds its own image takes single changes from later versions.
    sure = sure and (
        run.running.own or not engine.versions.came_later(plain, version, engine.options)
    )
    return violation(
        f"{engine.shown} {version} has no option --{name}{hint}"
        + (f"; use {successor}" if successor else ""),
        run.flag(name),
        remedy="" if told or not (near := nearest(name, sorted(names))) else f"Write `--{near}`.",
        severity=None if sure else Severity.WARNING,
        confidence=None if sure else "medium",
    )


def _in_no_version(run: EngineRun) -> Violations:
    """Options that no version of the catalog has, or that an image of the newest lost."""
    engine, tag, newest = run.running.engine, run.running.tag, run.running.newest
    later = engine.versions.at(newest, engine.options) if newest else {}
    kinds = {name: ranges[-1][0] for name, ranges in engine.options.items()}
    said = f"{engine.shown} {tag} is not in the catalog" if tag else (
        f"the version of {engine.shown} in this image is not known"
    )  # fmt: skip
    for name in _long(run):
        if not matching(kinds, name, abbreviates=engine.abbreviates):
            yield violation(
                f"{said}; {engine.span} has no option --{name}{did_you_mean(name, sorted(kinds))}",
                run.flag(name),
                severity=Severity.INFO,
                confidence="medium",
            )
        elif newest and len(matching(later, name, abbreviates=engine.abbreviates)) != 1:
            yield _missing(run, name, later, newest, sure=False)


def _listed(names: list[str]) -> str:
    return " or ".join(f"--{name}" for name in sorted(names)[:4])
