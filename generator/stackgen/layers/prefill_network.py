"""Layer 5-network: what prefill and decode servers of a model say to each other and to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.group_network import outside
from stackgen.origin import Traced, When, all_of, any_of, text
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.prefill import has_prefill, routed_to_prefill
from stackgen.platforms.registry import rendering_of
from stackgen.render.gateway_class import health_checks
from stackgen.render.objects import Rendered
from stackgen.render.policies import api_server, dns, policy, tcp

_WHY = "the KV cache moves on ports chosen at run time"


def prefill_network(plan: Plan, collectors: dict[str, Any] | When) -> Iterator[Rendered]:
    """Two policies for each model with prefill servers. collectors: who reads their metrics."""
    for model in plan.models:
        if model.prefill is not None:
            yield _decode(plan, model, model.prefill)
            yield _prefill(plan, model, model.prefill, collectors)


def any_prefill(plan: Plan) -> Traced[bool]:
    """Whether a model has prefill servers of its own."""
    return any_of(*(has_prefill(model.spec) for model in plan.models))


def no_prefill(plan: Plan) -> When:
    """Expressions of a selector that leave out prefill servers that no route reaches."""
    roles = {"key": "llm-d.ai/role", "operator": "NotIn", "values": ["prefill"]}
    closed = routed_to_prefill(plan).map("closed", "no route reaches them", lambda on: not on)
    return When(all_of(any_prefill(plan), closed), [roles])


def _pods(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    return {"matchLabels": rendering_of(plan).labels.server(model)}


def _decode(plan: Plan, decode: ModelPlan, prefill: ModelPlan) -> Rendered:
    asks = plan.release.optional("prefill", "token")
    others = [{"podSelector": _pods(plan, prefill)}]
    reads = api_server(plan, "the routing sidecar watches the Pods of its InferencePool")
    return policy(
        plan, text("allow-decode-of-{}", decode.spec.name),
        {
            "podSelector": _pods(plan, decode),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": others}],
            "egress": [{"to": others}, *([] if asks is None else [When(asks, reads)])],
        },
        "prefill", _WHY,
    )  # fmt: skip


def _prefill(plan: Plan, decode: ModelPlan, prefill: ModelPlan, collectors: Any) -> Rendered:
    port, labels = tcp(prefill.port), rendering_of(plan).labels
    others = [{"podSelector": _pods(plan, decode)}]
    picker = {"podSelector": {"matchLabels": labels.picker(plan, decode)}}
    return policy(
        plan, text("allow-prefill-of-{}", decode.spec.name),
        {
            "podSelector": _pods(plan, prefill),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": others},
                {"from": [picker], "ports": [port]},
                health_checks(plan, port),
                collectors,
            ],
            "egress": [{"to": others}, dns(plan), *outside(plan)],
        },
        "prefill", _WHY,
    )  # fmt: skip
