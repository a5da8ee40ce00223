"""LoRA adapters of another model, or with a higher rank than the server allows."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.view import services
from stackgen.facts.lora_modules import modules
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.record import record

_RANK, _USUAL = "max-lora-rank", 16


@record
class _Adapter:
    """An adapter of a server. base: the model; "" if it is not known. limit: where it is said."""

    uri: str
    base: str
    most: int | None
    place: Place
    limit: Place | None


def check(context: Context) -> Violations:
    """Judged where the catalog knows the adapter."""
    catalog = context.catalog.copy()
    for one in (*_of_services(context), *_of_engines(context)):
        row = catalog.row("companion", one.uri.removeprefix("hf://").partition(":")[0])
        if row is None or row.data["kind"] != "adapter":
            continue
        yield from _judged(one, row)


def _judged(one: _Adapter, row: Row) -> Violations:
    if one.base and one.base not in row.data["base"]:
        yield violation(
            f"{row.key} is an adapter of {', '.join(row.data['base'])}, not of {one.base}",
            one.place,
        )
    rank = row.data.get("rank")
    if rank is not None and one.most is not None and rank > one.most:
        places = [one.place] if one.limit is None else [one.limit, one.place]
        yield violation(f"{row.key} has rank {rank}; --{_RANK} is {one.most}", *places)


def _of_engines(context: Context) -> Iterator[_Adapter]:
    for run in engine_runs(context):
        base = _model(run)
        limit = run.flag(_RANK) if _RANK in run.line.flags else None
        for module in modules(run.line):
            place = Place(run.resource, module.path)
            yield _Adapter(module.where, base, run.line.number(_RANK, _USUAL), place, limit)


def _model(run: EngineRun) -> str:
    flag = run.line.model or run.line.flags.get("model")
    value = (flag.value or "") if flag is not None else ""
    return "" if value.startswith("/") else value


def _of_services(context: Context) -> Iterator[_Adapter]:
    for service in services(context):
        model = as_dict(service.spec.get("model"))
        lora, uri = as_dict(model.get("lora")), text(model.get("uri"))
        base = uri.removeprefix("hf://").partition(":")[0] if uri.startswith("hf://") else ""
        given = lora.get("maxRank")
        most = _USUAL if given is None else whole(given)
        limit = None if given is None else service.place("spec", "model", "lora", "maxRank")
        for i, adapter in maps(lora.get("adapters")):
            place = service.place("spec", "model", "lora", "adapters", i, "uri")
            yield _Adapter(text(adapter.get("uri")), base, most, place, limit)
