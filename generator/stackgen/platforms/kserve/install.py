"""How KServe comes to the cluster: namespaces, and the controller as the release ships it."""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne

from stackgen.origin import Traced, all_of, any_of, computed
from stackgen.plan.model import Plan
from stackgen.platforms.kserve import charts, overlay
from stackgen.render.delivery import Step
from stackgen.render.gateway_class import rendered
from stackgen.render.objects import NAMESPACES, Rendered, Scope, gateway_apart, namespace
from stackgen.render.policies import api_server, api_server_peers, dns, policy, tcp
from stackgen.render.sources import Source

WEBHOOK = 9443  # the Pod's port; source: kserve config/manager


def by_overlay(plan: Plan) -> bool:
    """Whether the release is a Kustomize overlay, with a certificate authority; else charts."""
    return plan.release.has("overlay")


def namespaces(plan: Plan) -> Iterator[Rendered]:
    """The controller's, and the gateway's, which may be the same."""
    release, mine, spec = plan.release, plan.managed, plan.stack.spec
    controller, gateway = release.serving("namespace"), spec.gateway.namespace
    apart = computed("are two", "", ne, controller, gateway)
    yield namespace(
        Scope(plan, NAMESPACES), controller, "runs the KServe controller",
        when=all_of(mine.serving, apart),
    )  # fmt: skip
    yield namespace(
        Scope(plan, NAMESPACES), gateway, "runs the gateway and the KServe controller",
        when=all_of(any_of(mine.serving, all_of(apart, rendered(plan))), gateway_apart(plan)),
    )  # fmt: skip


def foreign_gateway(plan: Plan) -> Traced[bool]:
    """Whether the gateway's namespace belongs to others, and so has no label of ours."""
    return computed(
        "is not ours", "",
        lambda controller, gateway, managed: controller == gateway and not managed,
        plan.release.serving("namespace"), plan.stack.spec.gateway.namespace,
        plan.managed.serving,
    )  # fmt: skip


def sources(plan: Plan) -> list[Source]:
    """Where the controller, and what it needs, come from."""
    return overlay.sources(plan) if by_overlay(plan) else charts.sources(plan)


def phases(plan: Plan) -> Iterator[Rendered]:
    """The controller and its presets, and what they need."""
    yield from overlay.phases(plan) if by_overlay(plan) else charts.phases(plan)


def steps(plan: Plan) -> list[Step]:
    """The steps of `phases`."""
    return overlay.steps(plan) if by_overlay(plan) else charts.steps(plan)


def policies(plan: Plan) -> Iterator[Rendered]:
    """What the controller may say, and to whom."""
    yield _controller_policy(plan)


def _controller_policy(plan: Plan) -> Rendered:
    release = plan.release
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    callers = {
        "from": [
            {
                "namespaceSelector": system,
                "podSelector": {"matchLabels": {"k8s-app": "konnectivity-agent"}},
            },
            *api_server_peers(plan),
        ],
        "ports": [tcp(WEBHOOK)],
    }
    spec = {
        "podSelector": {"matchLabels": {"control-plane": release.serving("controller")}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [callers],
        "egress": [dns(plan), api_server(plan, "watches the objects it is responsible for")],
    }
    return policy(
        plan, "allow-kserve-controller", spec, "kserve-controller",
        "the API server calls its webhooks, on GKE through konnectivity-agent",
        namespace=release.serving("namespace"),
    )  # fmt: skip
