"""An environment variable that the engine does not read, or a value that it rejects."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, program_runs
from stackgen.facts.engines import wrong_value
from stackgen.facts.shape import as_list
from stackgen.findings.model import Severity, Violation, Violations, violation
from stackgen.platforms.kserve.names import MORE_FLAGS
from stackgen.spelling import close

# Names with it belong to the engine. Any other may be that of another program in the container.
_PREFIXES = {"vllm": "VLLM_", "vllm-tpu": "VLLM_", "sglang": "SGLANG_", "ollama": "OLLAMA_"}

_LONG = 12  # letters of a name that is not that of another program by chance


def check(context: Context) -> Violations:
    """One finding for each variable, of versions that are known."""
    for run in (*engine_runs(context), *program_runs(context)):
        if not run.running.version:
            continue
        engine = run.running.engine
        known = engine.versions.at(run.running.version, engine.variables)
        for i, name, value in run.variables():
            if engine.name not in _PREFIXES:
                yield from _slip(run, i, name, known)
            elif name in known:
                yield from _value(run, i, name, value, known[name])
            elif name.startswith(_PREFIXES[engine.name]) and known and not _used(run, name):
                yield _unread(run, i, name, known)


def _slip(run: EngineRun, i: int, name: str, known: dict[str, str]) -> Violations:
    """A name without a prefix of the engine, which is nearly that of a variable that it reads."""
    like = close(name, known) if len(name) >= _LONG and name not in known else None
    if like and len(like) >= _LONG and not _used(run, name):
        engine, version = run.running.engine, run.running.version
        yield violation(
            f'{engine.shown} {version} does not read {name}; did you mean "{like}"?',
            run.place("env", i, "name"),
        )


def _value(run: EngineRun, i: int, name: str, value: str | None, kind: str) -> Violations:
    lacks = wrong_value(kind, value, separate=False) if value is not None else ""
    if lacks:
        engine, version = run.running.engine, run.running.version
        own = name.startswith(_PREFIXES[engine.name])
        yield violation(
            f"{engine.shown} {version} takes {lacks} for {name}, not {value!r}",
            run.place("env", i, "value"),
            severity=Severity.ERROR if own else None,
            impact="The server exits when it reads the variable, with a ValueError.",
        )


def _unread(run: EngineRun, i: int, name: str, known: dict[str, str]) -> Violation:
    engine, version = run.running.engine, run.running.version
    told = engine.versions.elsewhere(name, version, engine.variables)
    own = [n for n in known if n.startswith(_PREFIXES[engine.name])]
    like = close(name, own)
    hint = f"; {told}" if told else f'; did you mean "{like}"?' if like else ""
    # A name that no version has, and that is like none, may be that of another program.
    sure = run.running.own and (told or like)
    return violation(
        f"{engine.shown} {version} does not read {name}{hint}",
        run.place("env", i, "name"),
        severity=None if sure else Severity.INFO,
        confidence=None if sure else "medium",
    )


def _used(run: EngineRun, name: str) -> bool:
    """Whether the container's own script, or its platform, reads the variable."""
    words = [*as_list(run.container.get("command")), *as_list(run.container.get("args"))]
    return name == MORE_FLAGS or any(isinstance(w, str) and name in w for w in words)
