"""A plan as JSON. `version` changes when a field changes its meaning or goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.escape import json_text
from stackgen.plan.capacity import CpuTotal, PoolCapacity
from stackgen.plan.cost import Costs, PoolCost, per_day, per_month
from stackgen.plan.model import ModelPlan
from stackgen.report import plan_fallback, plan_features, plan_prefill, plan_scaling, plan_traffic
from stackgen.report.plan_diff import changed, facts
from stackgen.report.plan_facts import Planned

VERSION = 1


def render(
    plans: Sequence[Planned], pairs: Sequence[tuple[Planned, Planned]], texts: Sequence[str]
) -> str:
    """`{"version", "environments": [...]}`; with pairs also `whatIf` with its differences."""
    content: dict[str, Any] = {
        "version": VERSION,
        "currency": "USD",
        "environments": [_environment(one) for one in plans],
    }
    if pairs:
        content["whatIf"] = {
            "changes": list(texts),
            "environments": [_environment(after) for _, after in pairs],
            "differences": [
                {"env": before.plan.env, "figure": name, "now": old, "whatIf": new}
                for before, after in pairs
                for name, old, new in changed(facts(before), facts(after))
            ],
        }
    return json_text(content) + "\n"


def _environment(planned: Planned) -> dict[str, Any]:
    plan, estimate = planned.plan, planned.estimate
    split = plan_prefill.contents(planned)
    return {
        "env": plan.env,
        "release": plan.stack.spec.release.value,
        "models": [
            {
                **_model(m),
                "traffic": plan_traffic.content(found),
                "role": m.role or None,
                "prefill": split.get(m.spec.name.value),
            }
            for m, found in zip(plan.servers, estimate.traffic, strict=True)
        ],
        "pools": [
            {**_pool(capacity, cost), "fallback": plan_fallback.content(capacity.pool, entries)}
            for capacity, cost, entries in zip(
                estimate.pools, estimate.costs.pools, estimate.costs.fallback, strict=True
            )
        ],
        "platform": _platform(estimate.cpu),
        "cost": _cost(estimate.costs),
        "findings": [
            {"severity": level, "rule": rule, "message": message}
            for level, rule, message in planned.notes
        ],
        "suppressed": planned.suppressed,
    }


def _model(model: ModelPlan) -> dict[str, Any]:
    server, shape = model.server, model.pool.slice
    hbm, length = server.hbm, server.max_model_len
    fit = None
    if hbm is not None:
        fit = {
            "weightsGiB": round(hbm.result.weights_gib, 2),
            "budgetGiB": round(hbm.result.budget_gib, 2),
            "reserveGiB": round(hbm.result.reserve_gib, 2),
            "spareGiB": round(hbm.result.spare_gib, 2),
            "kvBytesPerToken": hbm.result.kv_bytes_per_token,
            "kvReplication": hbm.result.replication,
            "kvTokens": hbm.result.kv_tokens,
            "fullSequences": round(hbm.result.sequences, 1),
            "weightsFit": hbm.result.fits,
            "contextFits": hbm.result.full_context_fits,
            "engineKnown": hbm.engine.known,
            "certain": server.size.certain,
        }
    return {
        "name": model.spec.name.value,
        "model": model.spec.model.value,
        "pool": model.pool.spec.name.value,
        "accelerator": server.devices.accelerator.value,
        "topology": shape.topology.value if shape is not None else None,
        "gpus": server.devices.count.value if shape is None else None,
        "replicas": model.most.value,
        "autoscaling": plan_scaling.content(model),
        **plan_features.content(model),
        "chips": shape.chips.value if shape is not None else server.devices.count.value,
        "hosts": shape.hosts.value if shape is not None else 1,
        "tensorParallel": server.spread.tensor.value,
        "pipelineParallel": server.spread.pipeline.value,
        "devices": server.spread.devices.value,
        "maxModelLen": length.value if length is not None else None,
        "concurrency": server.concurrency.value if server.concurrency is not None else None,
        "fit": fit,
        "missing": list(server.size.missing),
        "host": {
            "cpu": model.cpu.value,
            "memory": model.memory.value,
            "ephemeralStorage": model.ephemeral_storage.value,
        },
        "startupSeconds": model.startup.budget,
        "startup": {
            "expectedSeconds": round(model.startup.expected.value),
            "reserveSeconds": round(model.startup.reserve),
            "published": [
                {"row": f"{row.file}#{row.key}", "source": row.source, "asOf": row.as_of}
                for row in model.startup.published
            ],
        },
    }


def _pool(capacity: PoolCapacity, cost: PoolCost) -> dict[str, Any]:
    pool = capacity.pool
    return {
        "name": pool.spec.name.value,
        "machineType": pool.machine_type.value,
        "gpus": pool.gpus.per_node.value if pool.gpus is not None else None,
        "zone": pool.zone.value,
        "purchase": pool.spec.purchase.value,
        "nodes": {"min": capacity.nodes_min.value, "max": capacity.nodes_max.value},
        "nodePools": [member.name.value for member in pool.members],
        "allocatablePerNode": {
            "cpu": capacity.node_cpu.value if capacity.node_cpu is not None else None,
            "memoryGiB": capacity.node_memory.value if capacity.node_memory is not None else None,
        },
        "requestedPerNode": (
            {"cpu": capacity.cpu, "memoryGiB": capacity.memory} if capacity.per_node else None
        ),
        "price": _price(cost),
        "cost": {
            "min": _amounts(cost.low.value if cost.low is not None else None),
            "max": _amounts(cost.high.value if cost.high is not None else None),
        },
    }


def _price(cost: PoolCost) -> dict[str, Any]:
    if cost.node is None or cost.row is None:
        assert cost.unknown is not None
        return {"perNodeHour": None, "why": cost.unknown.words()}
    return {
        "perNodeHour": cost.node.value,
        "row": f"{cost.row.file}#{cost.row.key}",
        "source": cost.row.source,
        "asOf": cost.row.as_of,
    }


def _platform(total: CpuTotal | None) -> dict[str, Any] | None:
    if total is None:
        return None
    return {
        "requested": {"cpu": total.cpu.value, "memoryGiB": total.memory.value},
        "allocatableMin": {"cpu": total.cpu_min.value, "memoryGiB": total.memory_min.value},
        "allocatableMax": {"cpu": total.cpu_max.value, "memoryGiB": total.memory_max.value},
        "parts": [
            {
                "name": part.name, "pods": part.pods, "cpu": round(part.cpu, 3),
                "memoryGiB": round(part.memory, 3), "verified": part.sure,
            }
            for part in total.parts
        ],
    }  # fmt: skip


def _cost(costs: Costs) -> dict[str, Any]:
    return {
        "clusterFeePerHour": costs.fee.value if costs.fee is not None else None,
        "besideMachines": [
            {
                "name": extra.name,
                "min": _amounts(None if extra.low is None else extra.low.value),
                "max": _amounts(None if extra.high is None else extra.high.value),
                "note": extra.note,
                "rows": [f"{row.file}#{row.key}" for row in extra.rows],
            }
            for extra in costs.extras
        ],
        "min": _amounts(costs.low.value),
        "max": _amounts(costs.high.value),
        "complete": costs.complete,
    }


def _amounts(hour: float | None) -> dict[str, float] | None:
    if hour is None:
        return None
    return {
        "hour": round(hour, 4),
        "day": round(per_day(hour), 2),
        "month": round(per_month(hour), 2),
    }
