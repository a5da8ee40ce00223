"""Labels of the Pods of models, in the words of llm-d's guides, for selectors."""

from __future__ import annotations

from functools import partial
from typing import Any

from stackgen.origin import Because, Traced, tree_or
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.prefill import PREFILL
from stackgen.platforms.model import Labels
from stackgen.render.endpoint_picker import PICKER, picker_labels, pool_name

MODEL, ROLE = "llm-d.ai/model", "llm-d.ai/role"
# The role of a server in the guides. Without prefill servers it also reads the prompts.
SERVERS = {ROLE: "decode"}
PREFILL_SERVERS = {ROLE: "prefill"}
WORKERS = {ROLE: "worker"}


def server(model: ModelPlan) -> Traced[Any]:
    """The labels that select the Pods of a model that answer requests."""
    return tree_or(model.spec.selector, server_pods(model))


def server_pods(model: ModelPlan) -> dict[str, Any]:
    """The labels of these Pods, by which policies select them. Those of a selector come on top."""
    role = PREFILL_SERVERS if model.role == PREFILL else SERVERS
    return {MODEL: model.service, **role}


def members(model: ModelPlan) -> Traced[Any] | dict[str, Any]:
    """The labels that select the Pods of the pool of a model: the servers of both roles.

    Servers of prefill and decode have one host each, so that no further Pods have the label.
    """
    return {MODEL: model.service} if model.role else server(model)


def worker(model: ModelPlan) -> dict[str, Any]:
    """Of the further Pods of a model's groups. No pool selects them."""
    return {MODEL: model.service, **WORKERS}


def _of_group(model: ModelPlan, *, leader: bool) -> Because:
    tree: Any = server(model) if leader else worker(model)
    return Because(tree, "network/group", "as the stack labels the Pods of a group")


def _pickers(plan: Plan) -> dict[str, Any]:
    return dict(PICKER)


def _picker(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    return picker_labels(model)


def _pool(plan: Plan, model: ModelPlan) -> Traced[str]:
    return pool_name(model)


LABELS = Labels(
    servers=SERVERS,
    workers=WORKERS,
    server=server,
    leader=partial(_of_group, leader=True),
    worker=partial(_of_group, leader=False),
    pickers=_pickers,
    picker=_picker,
    pool=_pool,
    prefill=PREFILL_SERVERS,
)
