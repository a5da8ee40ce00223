"""A number of GPUs that cannot be."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import is_gpu, pools, servers
from stackgen.facts.gpu_machines import counts, machine_type, machines, names
from stackgen.facts.shape import at
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.wording import counted

_MOST = 16  # of the schema


def check(context: SpecContext) -> Violations:
    """One finding for each such pool, and each such model."""
    for path, pool in context.items("cluster", "nodePools"):
        yield from _pool(context, path, pool)
    known = pools(context)
    for path, model in servers(context):
        where = known.get(str(model.get("nodePool")))
        if where is not None and isinstance(model.get("gpus"), int):
            yield from _model(context, path, model, where)


def _pool(context: SpecContext, path: Path, pool: dict[str, Any]) -> Violations:
    name, accelerator, gpus = (
        pool.get("name", "a node pool"),
        pool.get("accelerator"),
        pool.get("gpus"),
    )
    if not is_gpu(context, accelerator):
        if gpus is not None:
            what = "no accelerator"
            if accelerator is not None:
                what = f"its accelerator {accelerator} is not a GPU"
            yield violation(f"{name} sets gpus, but {what}", context.place(*path, "gpus", key=True))
        return
    assert isinstance(accelerator, str)
    offered = counts(accelerator, context.catalog)
    if isinstance(gpus, int) and not 1 <= gpus <= _MOST:
        return  # the schema says so
    if isinstance(gpus, int) and gpus not in offered:
        yield violation(
            f"no machine has {gpus} {accelerator}; there are machines with "
            f"{', '.join(map(str, offered))}",
            context.place(*path, "gpus"),
        )
        return
    machine = pool.get("machineType")
    count = gpus if isinstance(gpus, int) else None
    if isinstance(machine, str) and not machines(accelerator, count, machine, context.catalog):
        fitting = [
            row for row in context.catalog.machines_of(accelerator)
            if count is None or row.data["gpus"] == count
        ]  # fmt: skip
        of = f"{count} {accelerator}" if count is not None else accelerator
        yield violation(
            f"{name} has machineType {machine}, but {of} needs {names(fitting)}",
            context.place(*path, "machineType"),
            context.place(*path, "accelerator", note="the GPU"),
        )


def _model(
    context: SpecContext, path: Path, model: dict[str, Any], pool: dict[str, Any]
) -> Violations:
    name, gpus, accelerator = model.get("name", "a model"), model["gpus"], pool.get("accelerator")
    wants = f"{name} requests {counted(gpus, 'GPU')}"
    own = path[-1] == "prefill" and at(context.spec, *path[1:], "gpus") is not None
    here = "prefill.gpus" if own else "gpus"
    if not is_gpu(context, accelerator):
        yield violation(
            f"{wants} and runs on {pool['name']}, which has none",
            context.place(*path, "gpus"),
            context.place(*path, "nodePool", note="this pool"),
            remedy=f"Remove `{here}` of the model, or name a pool of GPUs in `nodePool`.",
        )
        return
    rows = machines(str(accelerator), _number(pool), pool.get("machineType"), context.catalog)
    most = max((row.data["gpus"] for row in rows), default=0)
    if rows and gpus > most:
        yield violation(
            f"{wants}; a node of {pool['name']} ({machine_type(rows[0])}) has {most}",
            context.place(*path, "gpus"),
            context.place(*path, "nodePool", note="this pool"),
            remedy=f"Set `{here}` of the model to at most {most}.",
        )


def _number(pool: dict[str, Any]) -> int | None:
    gpus = pool.get("gpus")
    return gpus if isinstance(gpus, int) else None
