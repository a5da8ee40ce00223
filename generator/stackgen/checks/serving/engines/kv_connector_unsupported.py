"""A connector for the KV cache, or a role, that the engine refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.view import services
from stackgen.escape import visible
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import close, did_you_mean

_TRANSFER, _SIZE = "kv-transfer-config", "kv-offloading-size"
_EVERY = "kv-transfer-config/vllm"


def check(context: Context) -> Violations:
    """One finding for each server and mistake.

    On a TPU, the connector may be given by flag, by size, or by a field of the service.
    """
    catalog = context.catalog.copy()
    row, every = catalog.row("feature", "kv-offload/vllm-tpu"), catalog.row("feature", _EVERY)
    fields = {
        id(service.resource): service.place("spec", "kvCacheOffloading", key=True)
        for service in services(context)
        if isinstance(service.spec.get("kvCacheOffloading"), dict)
    }
    for run in engine_runs(context):
        if every is not None and run.running.engine.name.startswith("vllm"):
            yield from _configured(run, every.data)
        if row is None or run.running.engine.name != "vllm-tpu":
            continue
        known: list[str] = row.data["connectors"]
        for name, place in _named(run, fields):
            if name not in known:
                yield violation(
                    f"vLLM on TPU has no connector {name}; it has {', '.join(known)}", place
                )


def _configured(run: EngineRun, known: Mapping[str, Any]) -> Violations:
    """The role of a server, and on a GPU the name of its connector."""
    told = _read(run.line.text(_TRANSFER))
    name, role = told.get("kv_connector"), told.get("kv_role")
    if not isinstance(name, str):
        return
    if role is None or (isinstance(role, str) and role not in known["roles"]):
        has = "no kv_role" if role is None else f"kv_role {visible(role)}"
        yield violation(
            f"--{_TRANSFER} has {has}; vLLM takes {', '.join(known['roles'])}", run.flag(_TRANSFER)
        )
    version, removed = run.running.version, known["removed"].get(name)
    if run.running.engine.name != "vllm" or told.get("kv_connector_module_path"):
        return
    if removed and version and run.running.engine.versions.since(version, removed["since"]):
        yield violation(
            f"vLLM {version} has no connector {name}; it has {removed['now']}", run.flag(_TRANSFER)
        )
    elif not removed and name not in known["connectors"] and close(name, known["connectors"]):
        hint = did_you_mean(name, known["connectors"])
        yield violation(f"vLLM has no connector {visible(name)}{hint}", run.flag(_TRANSFER))


def _read(text: str | None) -> dict[str, Any]:
    """The value of the flag; an empty object if it is no JSON."""
    try:
        return as_dict(json.loads(text.strip("'"))) if text else {}
    except (ValueError, RecursionError):
        return {}


def _named(run: EngineRun, fields: dict[int, Place]) -> list[tuple[str, Place]]:
    """The connectors of a server, each with its place."""
    found = []
    name = _read(run.line.text(_TRANSFER)).get("kv_connector")
    if isinstance(name, str):
        found.append((name, run.flag(_TRANSFER)))
    if run.line.text(_SIZE) not in (None, "", "0"):
        found.append(("OffloadingConnector", run.flag(_SIZE)))
    # The preset makes a flag of the field; a server with its own command gets none.
    if id(run.resource) in fields and not run.container.get("command"):
        found.append(("OffloadingConnector", fields[id(run.resource)]))
    return found
