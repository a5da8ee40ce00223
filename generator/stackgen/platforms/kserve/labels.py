"""Labels of the Pods of an LLMInferenceService, as the controller sets them, for selectors."""

from __future__ import annotations

from functools import partial
from typing import Any

from stackgen.origin import Because, Traced, computed
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.kserve.names import (
    COMPONENT,
    KSERVE_COMPONENT,
    NAME,
    PART_OF,
    PART_OF_VALUE,
    ROLE,
    SCHEDULER_COMPONENT,
    WORKLOAD_COMPONENT,
    Names,
)
from stackgen.platforms.model import Labels
from stackgen.render.endpoint_picker import PICKER, pool_name
from stackgen.render.gateway_class import in_cluster

SERVERS = {PART_OF: PART_OF_VALUE, KSERVE_COMPONENT: "workload"}
_WORKER = f"{WORKLOAD_COMPONENT}-worker"
_LEADER = f"{WORKLOAD_COMPONENT}-leader"
_SCHEDULER = {PART_OF: PART_OF_VALUE, COMPONENT: SCHEDULER_COMPONENT}


def _server(model: ModelPlan) -> dict[str, Any]:
    role = {ROLE: model.role} if model.role else {}
    return {NAME: model.service, KSERVE_COMPONENT: "workload", **role}


def _of_group(component: str, model: ModelPlan) -> Because:
    why = "as the KServe controller labels them"
    return Because({NAME: model.spec.name, COMPONENT: component}, "network/group", why)


def _pickers(plan: Plan) -> dict[str, Any]:
    """KServe's, or the stack's own behind GKE's load balancers."""
    on, why = in_cluster(plan), "KServe's or the stack's"
    mine = {key: (_SCHEDULER[key], PICKER[key]) for key in _SCHEDULER}
    return {
        key: on.map("endpoint pickers", why, partial(_one_of, names)) for key, names in mine.items()
    }


def _one_of(names: tuple[str, str], on: bool) -> str:
    return names[0] if on else names[1]


def _picker(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    return {NAME: model.spec.name, COMPONENT: _pickers(plan)[COMPONENT]}


def _pool(plan: Plan, model: ModelPlan) -> Traced[str]:
    """The controller's, or the stack's own behind GKE's load balancers."""
    return computed(
        "pool", "KServe's or the stack's", lambda on, name, own: Names(name).pool if on else own,
        in_cluster(plan), model.spec.name, pool_name(model),
    )  # fmt: skip


LABELS = Labels(
    servers=SERVERS,
    workers={PART_OF: PART_OF_VALUE, COMPONENT: _WORKER},
    server=_server,
    leader=partial(_of_group, _LEADER),
    worker=partial(_of_group, _WORKER),
    pickers=_pickers,
    picker=_picker,
    pool=_pool,
)
