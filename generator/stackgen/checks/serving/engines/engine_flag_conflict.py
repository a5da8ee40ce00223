"""Options of an engine that contradict each other."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, program_runs
from stackgen.findings.model import Severity, Violations, violation

_BATCH, _CHUNKED = "max-num-batched-tokens", "enable-chunked-prefill"
_V1 = "0.8.0"  # with the new engine, which splits prompts
_LONG = 32768
# What follows where an option has no effect.
_UNUSED = {
    "tool-call-parser": "Requests with tools and tool_choice auto, the default, return status 400."
}


def check(context: Context) -> Violations:
    """One finding for each broken condition of a version that is known."""
    for run in (*engine_runs(context), *program_runs(context)):
        version, engine = run.running.version, run.running.engine
        names = engine.versions.at(version, engine.options) if version else {}
        for name, relation, other, first in engine.rules if version else ():
            if name in names and engine.versions.since(version, first):
                yield from _broken(run, names, name, relation, other)
        if version and engine.name.startswith("vllm"):
            chunked = engine.name != "vllm" or engine.versions.since(version, _V1)
            yield from _short_batch(run, names, chunked=chunked)
        elif version and engine.name == "sglang":
            yield from _shares(run)


def _shares(run: EngineRun) -> Violations:
    """SGLang divides its ranks evenly among hosts, and those of one layer among replicas."""
    tensor = _first(run, "tensor-parallel-size", "tp-size", "tp")
    data = _first(run, "data-parallel-size", "dp-size", "dp")
    stages = _first(run, "pipeline-parallel-size", "pp-size", "pp")
    nodes = _first(run, "nnodes")
    if tensor is None or data is None or stages is None or nodes is None:
        return
    (t, tensor_flag), (d, data_flag), (n, nodes_flag) = tensor, data, nodes
    ranks = t * stages[0]
    attention = "enable-dp-attention" in run.line.flags
    if nodes_flag and ranks % n:
        yield violation(
            f"--nnodes is {n}, and the {ranks} ranks cannot be divided evenly", run.flag(nodes_flag)
        )
    if attention and data_flag and (t % d or d == 1):
        where = [run.flag(x) for x in (data_flag, tensor_flag) if x]
        said = f"does not divide the tensor parallel size {t}" if t % d else "must be at least 2"
        yield violation(f"with --enable-dp-attention, --{data_flag} {d} {said}", *where)
    if data_flag and d > 1 and n > 1 and not attention and run.line.complete:
        yield violation(
            f"--{data_flag} is {d} on {n} hosts, which needs --enable-dp-attention",
            run.flag(data_flag),
        )


def _first(run: EngineRun, *names: str) -> tuple[int, str] | None:
    """The number of the option that is given, with its name; 1 without one. None: not known."""
    for name in names:
        if name in run.line.flags:
            value = run.line.number(name, least=1)
            return None if value is None else (value, name)
    return (1, "")


def _broken(
    run: EngineRun, names: dict[str, str], name: str, relation: str, other: str
) -> Violations:
    given = run.line.flags.get(name)
    if given is None:
        return
    message = ""
    if relation == "needs" and other not in run.line.flags and _whole(run, names):
        message = f"--{name} needs --{other}"
    elif relation == "unused-without" and other not in run.line.flags and _whole(run, names):
        yield violation(
            f"--{name} has no effect without --{other}",
            run.flag(name),
            severity=Severity.WARNING,
            impact=_UNUSED.get(name, ""),
        )
    elif relation == "excludes" and run.line.text(other) not in (None, "0"):
        message = f"--{name} and --{other} exclude each other"
    elif relation in ("at-least", "at-most", "more-than"):
        left, right = _number(given.value), _limit(run, other)
        if left is not None and right is not None:
            wrong = left > right if relation == "at-most" else left < right
            wrong = wrong or (relation == "more-than" and left == right)
            sign = "more" if relation == "at-most" else "less"
            sign = "not more" if relation == "more-than" else sign
            what = f"--{other} {right:g}" if other in run.line.flags else f"{right:g}"
            message = f"--{name} is {left:g}, {sign} than {what}" if wrong else ""
    if message:
        places = [run.flag(name)]
        if other in run.line.flags:
            places.append(run.flag(other))
        yield violation(message, *places)


def _short_batch(run: EngineRun, names: dict[str, str], *, chunked: bool) -> Violations:
    """A batch that is shorter than the context, where a prompt is not split into several batches.

    chunked: whether the version splits prompts unless it is told not to.
    """
    flags = run.line.flags
    batch, context = flags.get(_BATCH), flags.get("max-model-len")
    if batch is None or context is None or not _whole(run, names):
        return
    tokens, length = _number(batch.value), _number(context.value)
    off, on = flags.get(f"no-{_CHUNKED}"), flags.get(_CHUNKED)
    if on is not None:
        split = str(on.value or "true").lower() not in ("false", "0")
    else:
        split = chunked and off is None
    # Earlier versions split the prompts of long contexts by themselves.
    if split or not tokens or not length or tokens >= length or (on is off and length > _LONG):
        return
    yield violation(
        f"--{_BATCH} is {tokens:g}, less than --max-model-len {length:g}, and chunked prefill is "
        "off",
        run.flag(_BATCH),
        run.flag("max-model-len"),
    )


def _whole(run: EngineRun, names: dict[str, str]) -> bool:
    """Whether no option is hidden: neither in a word of its own nor in one after a switch."""
    hidden = any(
        flag.value is None and flag.separate and names.get(name) in ("switch", "flag")
        for name, flag in run.line.flags.items()
    )
    return run.line.complete and not hidden


def _limit(run: EngineRun, other: str) -> float | None:
    """The value of another option, or the number that stands in its place."""
    flag = run.line.flags.get(other)
    return _number(flag.value if flag is not None else other)


def _number(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None
