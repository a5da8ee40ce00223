"""The plan of a page: the cluster, the path of a request, models, node pools and cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.net.prove import Proof
from stackgen.plan.estimate import Estimate
from stackgen.plan.listeners import base_url
from stackgen.plan.memory import HbmFit
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.throughput.figures import Performance
from stackgen.report import plan_traffic
from stackgen.report.page_findings import Anchors
from stackgen.report.plan_facts import (
    Planned,
    cost_reasons,
    cost_rows,
    gib,
    model_cells,
    model_reasons,
    platform_reasons,
    platform_rows,
    pool_cells,
    pool_reasons,
)

_SCALE = 1000  # units of the width of a bar
# By the roles of its ends, what each part of a request's path asks.
_WAYS = {
    "gateway": (("client",), ("gateway",)),
    "picker": (("gateway", "proxy"), ("scheduler",)),
    "model": (("gateway", "proxy"), ("model",)),
}


def cells(planned: Planned, proofs: Sequence[Proof], here: str, anchors: Anchors) -> dict[str, Any]:
    """What the template shows of a plan."""
    plan, estimate = planned.plan, planned.estimate
    traffic = dict(plan_traffic.by_model(planned))
    pools = [
        {"name": one.pool.spec.name.value, **pool_cells(one, estimate.cpu)}
        for one in estimate.pools
    ]
    return {
        "facts": list(_facts(plan)),
        "models": [
            {
                **_model(plan, one, proofs, here, anchors),
                **_traffic(traffic.get(one.spec.name.value)),
            }
            for one in plan.servers
        ],
        "pool_heads": list(pools[0]) if pools else [],
        "pools": [list(one.values()) for one in pools],
        "platform": platform_rows(estimate.cpu) if estimate.cpu is not None else [],
        "cost": cost_rows(planned),
        "cost_reasons": list(_cost_reasons(plan, estimate)),
    }


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    spec = plan.stack.spec
    yield "Cluster", plan.cluster_name.value
    yield "Project", spec.cluster.project.value
    yield "Location", spec.cluster.location.value
    yield "Release", f"{plan.release.row.key}, as of {plan.release.row.as_of}"
    yield "Platform", plan.release.platform
    yield "Gateway", f"{spec.gateway.namespace.value}/{spec.gateway.name.value}"
    yield "Exposure", spec.gateway.exposure.value
    yield "Delivery", spec.delivery.engine.value


def _model(
    plan: Plan, model: ModelPlan, proofs: Sequence[Proof], here: str, anchors: Anchors
) -> dict[str, Any]:
    name = str(model.spec.name.value)
    hbm = model.server.hbm
    return {
        "id": anchors.of(here, "model", name),
        "name": name,
        "uri": model.spec.model.value,
        "cells": list(model_cells(model).items()),
        "reasons": model_reasons(model, plan.catalog),
        "bar": _bar(hbm) if hbm is not None else None,
        "path": list(_path(plan, model, proofs)),
    }


def _traffic(found: Performance | str | None) -> dict[str, Any]:
    """The figures of a model under its traffic, or why they are not known."""
    if found is None or isinstance(found, str):
        return {"traffic": f"unknown: {found}" if found else "", "load": []}
    told = {"traffic": plan_traffic.asked(found), "load": list(plan_traffic.rows(found))}
    return {**told, "load_reasons": list(plan_traffic.reasons(found))}


def _bar(hbm: HbmFit) -> dict[str, Any]:
    """The memory of a server as parts of a bar, also where more is needed than there is."""
    fit = hbm.result
    sizes = {
        "weights": ("weights", fit.weights_gib),
        "reserve": (
            "reserve of the engine and others",
            fit.reserve_gib + sum(size for _, size in hbm.given.beside),
        )
        if hbm.given.beside
        else ("reserve of the engine", fit.reserve_gib),
        "cache": ("KV cache", max(fit.spare_gib, 0.0)),
    }
    whole = max(fit.budget_gib, sum(size for _, size in sizes.values())) or 1.0
    parts, x = [], 0
    for kind, (text, size) in sizes.items():
        width = round(size / whole * _SCALE)
        parts.append({"kind": kind, "x": x, "width": width, "text": f"{text} {gib(size)} GiB"})
        x += width
    usable = f"of {gib(fit.budget_gib)} GiB that the engine may use"
    label = ", ".join(str(part["text"]) for part in parts)
    return {"parts": parts, "label": f"{label}, {usable}", "fits": fit.fits}


def _path(plan: Plan, model: ModelPlan, proofs: Sequence[Proof]) -> Iterator[dict[str, Any]]:
    """From a client to the devices: title, lines of text, and the connection before it."""
    spec, pool = plan.stack.spec, model.pool
    name = str(model.spec.name.value)
    routed = spec.gateway.objects.value != "none"
    inside = f"{name}.{spec.serving.namespace.value}"
    yield _hop("Client", base_url(spec, model.spec) if routed else inside)
    listeners = ", ".join(
        f"{one.protocol.value} {one.port.value}"
        + (f" {one.hostname.value}" if one.hostname.value else "")
        for one in spec.gateway.listeners
    )
    gateway = f"{spec.gateway.namespace.value}/{spec.gateway.name.value}"
    if routed:
        yield _hop("Gateway", gateway, listeners) | _way(proofs, "gateway", "")
    picker = _way(proofs, "picker", name)
    if picker:
        yield _hop("Endpoint picker", "chooses the model server") | picker
    cells = model_cells(model)
    servers = f"{cells['replicas']} x {name}"
    yield _hop("Model server", servers, f"tensor parallel size {cells['TP']}") | _way(
        proofs, "model", name
    )
    yield _hop(f"Node pool {pool.spec.name.value}", pool.machine_type.value, cells["devices"])


def _hop(title: str, *texts: str) -> dict[str, Any]:
    return {"title": title, "texts": [text for text in texts if text], "way": "", "open": True}


def _way(proofs: Sequence[Proof], part: str, owner: str) -> dict[str, Any]:
    """The ports of a part of the path, and whether they are open; empty where there is none."""
    sources, ends = _WAYS[part]
    found = [
        one for one in proofs
        if one.flow.kind == "needed" and one.flow.source.role in sources
        and one.flow.destination.role in ends and owner in ("", one.flow.destination.owner)
    ]  # fmt: skip
    if not found:
        return {}
    ports = ", ".join(dict.fromkeys(str(one.flow.ports) for one in found))
    return {"way": ports, "open": all(one.holds for one in found)}


def _cost_reasons(plan: Plan, estimate: Estimate) -> Iterator[str]:
    for pool, cost in zip(plan.pools, estimate.costs.pools, strict=True):
        yield from (f"{pool.spec.name.value}: {text}" for text in pool_reasons(pool, cost))
    yield from cost_reasons(estimate.costs)
    if estimate.cpu is not None:
        yield from (f"requests of {text}" for text in platform_reasons(estimate.cpu))
