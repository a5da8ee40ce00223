"""Layer 5-network: what the hosts of one model say to each other, and what its workers need.

Workers bear no label of a server, so no other policy of the stack opens anything for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers import groups
from stackgen.layers.network import dns, internet, policy
from stackgen.layers.objects import Rendered
from stackgen.origin import Because, Traced, When, computed, text
from stackgen.plan.model import ModelPlan, Plan

_COMPONENT = "app.kubernetes.io/component"
LEADER = "llminferenceservice-workload-leader"
WORKER = "llminferenceservice-workload-worker"
ALL_WORKERS = {"app.kubernetes.io/part-of": "llminferenceservice", _COMPONENT: WORKER}


def layer(plan: Plan) -> Iterator[Rendered]:
    """Two policies for each model on several hosts: for its leaders, and for its workers."""
    for model in plan.models:
        yield from _hosts(plan, model)


def _hosts(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    several = groups.several(model)
    leader, workers = _pods(model, LEADER), _pods(model, WORKER)
    why = "the hosts of a slice find each other on ports chosen at run time"
    yield policy(
        plan, text("allow-leader-of-{}", model.spec.name),
        {
            "podSelector": leader,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": workers}]}],
            "egress": [{"to": [{"podSelector": workers}]}],
        },
        "leader", why, several,
    )  # fmt: skip
    both = [{"podSelector": leader}, {"podSelector": workers}]
    yield policy(
        plan, text("allow-workers-of-{}", model.spec.name),
        {
            "podSelector": workers,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": both}],
            "egress": [
                {"to": both},
                dns(plan),
                When(_downloaded(model), internet(plan)),
            ],
        },
        "workers", f"{why}; every host downloads the model", several,
    )  # fmt: skip


def _pods(model: ModelPlan, component: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": model.spec.name, _COMPONENT: component}
    why = "as the KServe controller labels them"
    return {"matchLabels": Because(labels, "network/group", why)}


def _downloaded(model: ModelPlan) -> Traced[bool]:
    why = "only a volume (pvc://) is not downloaded"
    return model.spec.model.map("is downloaded", why, lambda uri: not uri.startswith("pvc://"))


def any_several(plan: Plan) -> Traced[bool]:
    """Whether a model is served over several hosts."""
    each = [groups.several(model) for model in plan.models]
    return computed("any of them", "workers are there, which answer nobody", any, each)
