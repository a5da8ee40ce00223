"""Layer 5-network: the connections that the spec declares under `network.allow`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.group_network import any_several
from stackgen.layers.prefill_network import any_prefill
from stackgen.origin import Traced, all_of, computed
from stackgen.plan.model import Plan
from stackgen.plan.traces import connections
from stackgen.platforms.registry import rendering_of
from stackgen.regex import regex
from stackgen.render.gateway_class import gateway_pods
from stackgen.render.objects import Rendered
from stackgen.render.policies import policy
from stackgen.spec.model import Allow

RANGE = regex(r"^[0-9.]+/[0-9]+$")
WHY = "declared in the spec"


def declared(plan: Plan) -> Iterator[Rendered]:
    """A policy for each end that is the stack's own; other ends are other people's to open.

    Workers download what their leader downloads, so what models may reach they may reach too.
    """
    for number, allow in enumerate(plan.stack.spec.network.allow, start=1):
        yield from _policies(plan, f"declared-{number}", allow)
    for name, allow, wanted in connections(plan):
        yield from _policies(plan, f"traces-{name}", allow, wanted)


def _policies(
    plan: Plan, name: str, allow: Allow, wanted: Traced[bool] | None = None
) -> Iterator[Rendered]:
    for own, other, direction, field in (
        (allow.from_, allow.to, "egress", "to"),
        (allow.to, allow.from_, "ingress", "from"),
    ):
        ours = _ours(plan).get(own.value)
        if ours is None:
            continue
        yield _policy(
            plan, name, allow, own, other, direction, field, ours["podSelector"], "", wanted
        )
        for suffix, labels, there in _more(plan) if own.value == "models" else ():
            if direction == "egress":
                yield _policy(
                    plan, name, allow, own, other, direction, field, {"matchLabels": labels},
                    suffix, there if wanted is None else all_of(there, wanted),
                )  # fmt: skip


def _more(plan: Plan) -> Iterator[tuple[str, dict[str, str], Traced[bool]]]:
    """Pods of models besides those that answer requests, and whether there are any."""
    labels = rendering_of(plan).labels
    yield "-workers", labels.workers, any_several(plan)
    if labels.prefill is not None:
        yield "-prefill", labels.prefill, any_prefill(plan)


def _policy(
    plan: Plan, name: str, allow: Allow, own: Traced[str], other: Traced[str], direction: str,
    field: str, pods: dict[str, Any], suffix: str = "", when: Traced[bool] | None = None,
) -> Rendered:  # fmt: skip
    ports = [{"protocol": allow.protocol, "port": port} for port in allow.ports]

    def policy_spec(_own: str, _reason: str) -> dict[str, Any]:
        return {
            "podSelector": pods,
            "policyTypes": [direction.capitalize()],
            direction: [{field: [_peer(plan, other)], "ports": ports}],
        }

    spec = computed("network/declared", allow.reason.value, policy_spec, own, allow.reason)
    gateway = own.value == "gateway"
    return policy(
        plan, f"allow-{name}-{direction}{suffix}", spec, "declared", WHY,
        when=when, namespace=plan.stack.spec.gateway.namespace if gateway else None,
    )  # fmt: skip


def _ours(plan: Plan) -> dict[str, dict[str, Any]]:
    """The stack's own Pods by their words in the spec, as peers."""
    serving, labels = plan.stack.spec.serving.namespace, rendering_of(plan).labels
    space = {"matchLabels": {"kubernetes.io/metadata.name": serving}}
    pickers = {"matchLabels": labels.pickers(plan)}
    return {
        "models": {"namespaceSelector": space, "podSelector": {"matchLabels": labels.servers}},
        "schedulers": {"namespaceSelector": space, "podSelector": pickers},
        "gateway": gateway_pods(plan),
    }


def _peer(plan: Plan, end: Traced[str]) -> Any:
    ours = _ours(plan)
    return end.map("peer", WHY, lambda word: ours[word] if word in ours else _stranger(word))


def _stranger(text: str) -> dict[str, Any]:
    if RANGE.match(text):
        return {"ipBlock": {"cidr": text}}
    space, _, labels = text.partition("/")
    peer: dict[str, Any] = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}}
    }
    if labels != "*":
        pairs = (label.split("=", 1) for label in labels.split(","))
        peer["podSelector"] = {"matchLabels": dict(pairs)}
    return peer
