"""A --speculative-config that the engine does not read."""

from __future__ import annotations

import json
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.findings.model import Violations, violation
from stackgen.spelling import close

_FLAG = "speculative-config"
_DRAFTED = ("eagle", "eagle3", "dflash", "draft_model", "medusa", "mlp_speculator")


def check(context: Context) -> Violations:
    """One finding for each key that vLLM does not know, and for a method that it does not have."""
    catalog = context.catalog.copy()
    keys = catalog.row("feature", f"{_FLAG}/vllm")
    for run in engine_runs(context):
        text = run.line.text(_FLAG)
        if not text or not run.running.engine.name.startswith("vllm"):
            continue
        try:
            told = json.loads(text.strip("'"))
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict):
            on_tpu = run.running.engine.name == "vllm-tpu"
            row = catalog.row("feature", "speculative/vllm-tpu") if on_tpu else None
            yield from _judged(run, told, keys.data["keys"] if keys is not None else [], row)


def _judged(run: EngineRun, told: dict[str, Any], known: list[str], row: Row | None) -> Violations:
    place, method = run.flag(_FLAG), told.get("method")
    for key in told:
        if known and key not in known:
            like = close(key, known)
            hint = f'; did you mean "{like}"?' if like else ""
            yield violation(f"--{_FLAG} has the key {key}, which vLLM does not know{hint}", place)
    if method in _DRAFTED and not told.get("model"):
        yield violation(f"--{_FLAG} has the method {method} and no model", place)
    if method == "ngram" and "async-scheduling" in run.line.flags:
        yield violation(
            "--async-scheduling and the method ngram exclude each other",
            place,
            run.flag("async-scheduling"),
        )
    if row is None or not isinstance(method, str):
        return
    methods, version = row.data["methods"], run.running.version
    facts = methods.get(method)
    if facts is None:
        some = ", ".join(methods)
        yield violation(f"vLLM on TPU has no method {method}; it has {some}", place)
    elif version and not run.running.engine.versions.since(version, facts["since"]):
        yield violation(
            f"vLLM {version} on TPU has no method {method}; the first version is {facts['since']}",
            place,
        )
