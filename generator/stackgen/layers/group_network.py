"""Layer 5-network: what the hosts of one model say to each other, and what its workers need.

Workers bear no label of a server, so no other policy of the stack opens anything for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import Traced, When, computed, text
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render import groups
from stackgen.render.objects import Rendered
from stackgen.render.policies import dns, internet, metadata_server, policy


def group_network(plan: Plan) -> Iterator[Rendered]:
    """Two policies for each model on several hosts: for its leaders, and for its workers."""
    for model in plan.models:
        yield from _hosts(plan, model)


def _hosts(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    several = groups.several(model)
    labels = rendering_of(plan).labels
    leader = {"matchLabels": labels.leader(model)}
    workers = {"matchLabels": labels.worker(model)}
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
                *outside(plan),
            ],
        },
        "workers", f"{why}; every host downloads the model", several,
    )  # fmt: skip


def outside(plan: Plan) -> list[When]:
    """Rules for what servers read: models that are downloaded, and buckets.

    The same for all models, since one policy has the egress of all servers that are single Pods.
    """
    why = "buckets are read as the account of the servers"
    return [When(plan.reads, internet(plan)), When(plan.mounts, metadata_server(why))]


def any_several(plan: Plan) -> Traced[bool]:
    """Whether a model is served over several hosts."""
    each = [groups.several(model) for model in plan.models]
    return computed("any of them", "workers are there, which take no requests", any, each)
