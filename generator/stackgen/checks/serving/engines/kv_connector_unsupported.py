"""A connector for the KV cache that the engine for TPUs refuses."""

from __future__ import annotations

import json

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation

_TRANSFER, _SIZE = "kv-transfer-config", "kv-offloading-size"


def check(context: Context) -> Violations:
    """One finding for each server on a TPU: by flag, by size, or by a field of the service."""
    row = context.catalog.copy().row("feature", "kv-offload/vllm-tpu")
    fields = {
        id(service.resource): service.place("spec", "kvCacheOffloading", key=True)
        for service in services(context)
        if isinstance(service.spec.get("kvCacheOffloading"), dict)
    }
    for run in engine_runs(context):
        if row is None or run.running.engine.name != "vllm-tpu":
            continue
        known: list[str] = row.data["connectors"]
        for name, place in _named(run, fields):
            if name not in known:
                yield violation(
                    f"vLLM on TPU has no connector {name}; it has {', '.join(known)}", place
                )


def _named(run: EngineRun, fields: dict[int, Place]) -> list[tuple[str, Place]]:
    """The connectors of a server, each with its place."""
    found = []
    text = run.line.text(_TRANSFER)
    try:
        name = as_dict(json.loads(text.strip("'"))).get("kv_connector") if text else None
    except (ValueError, RecursionError):
        name = None
    if isinstance(name, str):
        found.append((name, run.flag(_TRANSFER)))
    if run.line.text(_SIZE) not in (None, "", "0"):
        found.append(("OffloadingConnector", run.flag(_SIZE)))
    # The preset makes a flag of the field; a server with its own command gets none.
    if id(run.resource) in fields and not run.container.get("command"):
        found.append(("OffloadingConnector", fields[id(run.resource)]))
    return found
