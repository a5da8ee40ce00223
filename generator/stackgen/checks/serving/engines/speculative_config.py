"""A --speculative-config that the engine does not read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.escape import visible
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.spelling import close, did_you_mean

_FLAG = "speculative-config"
_DRAFTED = ("eagle", "eagle3", "dflash", "draft_model", "medusa", "mlp_speculator")


def check(context: Context) -> Violations:
    """One finding for each key, value and method that vLLM does not take."""
    catalog = context.catalog.copy()
    known = catalog.row("feature", f"{_FLAG}/vllm")
    for run in engine_runs(context):
        engine = run.running.engine.name
        if known is None or not engine.startswith("vllm"):
            continue
        row = catalog.row("feature", f"speculative/{engine}")
        text, dotted = run.line.text(_FLAG), _dotted(run)
        if text:
            yield from _judged(run, _read(text), run.flag(_FLAG), known.data, row)
        elif dotted:
            place = run.flag(next(name for name in run.line.flags if name.startswith(f"{_FLAG}.")))
            yield from _judged(run, dotted, place, known.data, row)


def _read(text: str) -> Any:
    """The value of the flag; an empty object if it is no JSON, which another rule reports."""
    try:
        return json.loads(text.strip("'"))
    except (ValueError, RecursionError):
        return {}


def _dotted(run: EngineRun) -> dict[str, Any]:
    """The keys that are given one by one, as `--speculative-config.method=ngram`."""
    return {
        name.removeprefix(f"{_FLAG}.").replace("-", "_"): flag.value
        for name, flag in run.line.flags.items()
        if name.startswith(f"{_FLAG}.") and flag.value is not None
    }


def _judged(
    run: EngineRun, told: Any, place: Place, known: Mapping[str, Any], row: Row | None
) -> Violations:
    """known: keys, methods and integers of all versions. row: the methods of the engine."""
    if not isinstance(told, dict):
        yield violation(f"--{_FLAG} is not an object", place)
        return
    method = told.get("method")
    for key, value in told.items():
        if key not in known["keys"]:
            yield violation(
                f"--{_FLAG} has the key {visible(key)}, which vLLM does not know"
                f"{_hint(key, known['keys'])}",
                place,
            )
        least = known["integers"].get(key)
        if least is not None and value is not None and not _is_integer(value, least):
            yield violation(
                f"--{_FLAG} has {key} {visible(json.dumps(value)[:60])}; it takes an integer from "
                f"{least}",
                place,
            )
    if told and method is None and not told.get("model"):
        yield violation(f"--{_FLAG} has no method and no model", place)
    if method in _DRAFTED and not told.get("model"):
        yield violation(f"--{_FLAG} has the method {method} and no model", place)
    tokens = "num_speculative_tokens"
    meant = any(key not in known["keys"] and close(key, [tokens]) for key in told)
    if method == "ngram" and told.get(tokens) is None and not meant:
        yield violation(f"--{_FLAG} has the method ngram and no num_speculative_tokens", place)
    if method == "ngram" and "async-scheduling" in run.line.flags:
        yield violation(
            "--async-scheduling and the method ngram exclude each other",
            place,
            run.flag("async-scheduling"),
        )
    if method is not None and row is not None:
        yield from _method(run, method, place, known["every_method"], row)


def _method(run: EngineRun, method: Any, place: Place, every: list[str], row: Row) -> Violations:
    """every: the methods of vLLM on GPUs, of all versions."""
    on_tpu, version = run.running.engine.name == "vllm-tpu", run.running.version
    methods, where = row.data["methods"], " on TPU" if on_tpu else ""
    allowed = list(methods) if on_tpu else every
    if method not in allowed:
        hint = did_you_mean(str(method), allowed)
        some = f"; it has {', '.join(methods)}" if on_tpu and not hint else ""
        yield violation(f"vLLM{where} has no method {visible(str(method))}{some}{hint}", place)
        return
    since = methods[method]["since"] if method in methods else ""
    if version and since and not run.running.engine.versions.since(version, since):
        sure = row.mark("methods") != "INFERRED"
        yield violation(
            f"vLLM {version}{where} has no method {method}; the first version is {since}",
            place,
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )


def _hint(word: str, known: list[str]) -> str:
    like = close(word, known)
    return f'; did you mean "{like}"?' if like else ""


def _is_integer(value: Any, least: int) -> bool:
    """As pydantic reads an integer: also from text, and from a float without a fraction."""
    try:
        return float(value) == int(float(value)) >= least
    except (TypeError, ValueError, OverflowError):
        return False
