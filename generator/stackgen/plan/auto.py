"""`topology: auto`: the cheapest slice on one host that fits every model, and holds its SLO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.quantity import in_gib
from stackgen.origin import Traced, known, picked
from stackgen.plan.engine_features import addresses
from stackgen.plan.model import Release, Server
from stackgen.plan.nodes import node
from stackgen.plan.server import Configs, host_memory, load_gib, server_of
from stackgen.plan.slices import slice_of
from stackgen.record import record
from stackgen.spec.node_pools import NodePool
from stackgen.spec.serving import Model
from stackgen.spec.traffic import percentiles, says_load

if TYPE_CHECKING:
    from stackgen.plan.throughput.choice import Held

AUTO = "auto"
EXPECTED_SHARE = 4  # sequences are assumed to have a quarter of the longest, on average


@record
class Choice:
    """The topology chosen. unfit: why none fits, one text a model; then it is the largest."""

    topology: Traced[str]
    unfit: tuple[str, ...] = ()


def choose(
    pool: NodePool, models: Sequence[Model], release: Release, catalog: Catalog, configs: Configs
) -> Choice | None:
    """The choice for `pool`, on which `models` run; None when no slice is on one host."""
    accelerator = known(pool.accelerator)
    assert accelerator is not None
    rows = [r for r in catalog.topologies(accelerator.value) if r.data["hosts"] == 1]
    if pool.machineType.value is not None:
        rows = [r for r in rows if r.data["machine"] == pool.machineType.value]
    rows.sort(key=lambda r: r.data["chips"])
    wanted = [m.name.value for m in models]
    inputs: tuple[Traced[Any], ...] = (
        pool.topology,
        accelerator,
        pool.machineType,
        *inputs_of(models),
    )
    if not rows:
        return None
    fitting: list[Row] = []
    for row in rows:
        reasons = [
            r for m in models for r in shortfalls(m, row, accelerator, release, catalog, configs)
        ]
        if not reasons:
            fitting.append(row)
    if fitting:
        # Read only where there is an `auto`: most builds have none.
        from stackgen.plan.throughput.choice import held

        def server_on(model: Model, row: Row) -> Server:
            return _server(model, row, accelerator, release, catalog, configs)

        # Runs decide, and are not rendered: they do not count as used.
        best = held(fitting, models, server_on, catalog.copy())
        if best is not None:
            counts = [count for _, count in best.needed]
            name, why = "cheapest topology that holds the traffic", _why(best)
            return Choice(picked(name, why, best.shape.value("topology"), *inputs, counts))
        names = ", ".join(wanted) if wanted else "no model"
        why = f"a chip costs the same in every shape, and these are the fewest that fit {names}"
        name = "cheapest topology that fits"
        return Choice(picked(name, why, fitting[0].value("topology"), *inputs))
    why = "no topology of the generation fits; this is the largest"
    return Choice(picked("largest", why, rows[-1].value("topology"), *inputs), tuple(reasons))


def _why(best: Held) -> str:
    """Which replicas hold the traffic, or that none do."""
    names = ", ".join(name for name, _ in best.needed)
    if best.chips is None:
        return f"no topology holds the SLO of {names} with any replicas; this is the largest"
    counts = ", ".join(f"{name}: {count.value:g}" for name, count in best.needed)
    return f"the fewest chips that hold the traffic and the SLO, with replicas {counts}"


def inputs_of(models: Sequence[Model]) -> list[Traced[Any]]:
    """What of the models decides where they fit."""
    found: list[Traced[Any]] = []
    for model in models:
        size = model.dimensions
        found += [
            model.model, model.nodePool, model.maxModelLen, model.concurrency, model.config,
            size.params, size.layers, size.attentionHeads, size.kvHeads, size.headDim,
            size.maxContext, size.bytesPerParameter, model.resources.memory,
            model.gpus, model.image, *model.args, *addresses(model), model.maxLoras,
            *(adapter.rank for adapter in model.adapters), model.kvOffload.memory,
            model.speculative.method, model.speculative.tokens, model.speculative.params,
        ]  # fmt: skip
        if says_load(model.traffic):
            traffic = model.traffic
            scaled = model.autoscaling
            found += [
                model.replicas, scaled.min, scaled.max, scaled.metric, scaled.target,
                traffic.requestsPerSecond, traffic.users, traffic.inputTokens,
                traffic.outputTokens, traffic.prefixShare,
                *(x for limits in (model.slo.ttft, model.slo.tpot) for x in percentiles(limits)),
            ]  # fmt: skip
    return found


def shortfalls(
    model: Model, shape: Row, accelerator: Traced[str], release: Release, catalog: Catalog,
    configs: Configs,
) -> list[str]:  # fmt: skip
    """What keeps `model` from a host of the topology row `shape`; nothing when it fits."""
    name = model.name.value
    topology = shape.value("topology")
    server = _server(model, shape, accelerator, release, catalog, configs)
    if server.hbm is None:
        return [f"{name}: its size is not known ({', '.join(server.size.missing)})"]
    where = f"{accelerator.value} {topology.value}"
    hbm = server.hbm
    if not hbm.result.fits:
        need = hbm.result.weights_gib + hbm.result.reserve_gib
        need += sum(gib for _, gib in hbm.given.beside)
        return [
            f"{name}: {need:.1f} GiB do not fit the {round(hbm.budget.value, 2)} GiB of {where}"
        ]
    tokens = hbm.kv_tokens.value
    if server.size.max_context is not None and model.maxModelLen.value is None:
        length = server.size.max_context.value
    else:
        length = hbm.given.max_model_len
    if tokens < length:
        return [f"{name}: the cache of {where} holds {tokens} of {length} tokens"]
    asked = server.concurrency.value if server.concurrency is not None else 0
    if tokens < expected_tokens(asked, length):
        return [f"{name}: the cache of {where} is too small for {asked} sequences at a time"]
    machine = node(shape.value("machine"), catalog)
    memory = in_gib(host_memory(model, load_gib(model, server), server.devices, catalog).value)
    if machine is not None and memory > machine[1].value:
        return [f"{name}: {memory:g} GiB of memory; the host of {where} has {machine[1].value}"]
    return []


def _server(
    model: Model, shape: Row, accelerator: Traced[str], release: Release, catalog: Catalog,
    configs: Configs,
) -> Server:  # fmt: skip
    """The server of `model` on a host of the topology row `shape`."""
    generation = catalog.accelerator(accelerator.value)
    assert generation is not None
    made = slice_of(accelerator, shape.value("topology"), shape.value("machine"), generation, shape)
    return server_of(model, made, release, catalog, configs)


def expected_tokens(concurrency: int, length: int) -> int:
    """Tokens that `concurrency` sequences hold at a time, on average a part of the longest."""
    return concurrency * length // EXPECTED_SHARE
