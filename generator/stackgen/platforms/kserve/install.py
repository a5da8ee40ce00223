"""How KServe comes to the cluster: its namespaces, its CA, and the controller from a pinned source.

The overlay holds CRDs, controller, webhooks and presets together. Webhooks that are applied before
the controller answers refuse the presets, so they come in a second step.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne
from typing import Any

from stackgen.origin import Because, Traced, When, all_of, any_of, computed, is_value, text
from stackgen.plan.listeners import trusts_own_ca
from stackgen.plan.model import Plan
from stackgen.platforms.kserve import pki
from stackgen.render.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.render.argocd import application_spec
from stackgen.render.delivery import DEPLOYMENT, FLUX, Check, Condition, Step
from stackgen.render.helm import delete
from stackgen.render.objects import Rendered, Scope, namespace, obj, yaml_text
from stackgen.render.policies import api_server, dns, policy, tcp
from stackgen.render.sources import FOLDER as SOURCES
from stackgen.render.sources import GitSource

FOLDER = "2-platform/kserve"
PRESETS = "2-platform/kserve-presets"
# The overlay's NetworkPolicy lets everyone in to the controller; 5-network has a narrower one.
DROPPED = ("Namespace", "NetworkPolicy")
LATE_KINDS = ("ValidatingWebhookConfiguration", "LLMInferenceServiceConfig")
WEBHOOK = 9443  # the pod's port; source: kserve config/manager


def namespaces(plan: Plan) -> Iterator[Rendered]:
    """The controller's, and the gateway's, which may be the same."""
    release, mine, spec = plan.release, plan.managed, plan.stack.spec
    controller, gateway = release.serving("namespace"), spec.gateway.namespace
    apart = computed("are two", "", ne, controller, gateway)
    yield namespace(
        Scope(plan, SOURCES), controller, "runs the KServe controller",
        when=all_of(mine.kserve, apart),
    )  # fmt: skip
    yield namespace(
        Scope(plan, SOURCES), gateway, "runs the gateway and the KServe controller",
        when=any_of(mine.kserve, apart),
    )  # fmt: skip


def foreign_gateway(plan: Plan) -> Traced[bool]:
    """Whether the gateway's namespace is somebody else's, and so has no label of ours."""
    return computed(
        "is not ours", "",
        lambda controller, gateway, managed: controller == gateway and not managed,
        plan.release.serving("namespace"), plan.stack.spec.gateway.namespace,
        plan.managed.kserve,
    )  # fmt: skip


def sources(plan: Plan) -> list[GitSource]:
    """Where the controller comes from."""
    return [GitSource("kserve", "the KServe controller and its presets", plan.managed.kserve)]


def phases(plan: Plan) -> Iterator[Rendered]:
    """The CA, the CA where the gateway mounts it, the controller, webhooks and presets."""
    yield from pki.phase(plan)
    yield _bundle(plan)
    yield _flux(plan, FOLDER, "kserve-controller", (*DROPPED, *LATE_KINDS), "CRDs and controller")
    yield _argo(plan)
    # Webhooks and presets, once the controller answers.
    yield _flux(plan, PRESETS, "kserve-presets", DROPPED, "webhooks and presets as well")


def steps(plan: Plan) -> list[Step]:
    """The steps of `phases`, in order."""
    release, mine = plan.release, plan.managed
    controller, space = release.serving("controller"), release.serving("namespace")
    bundle = release.value("ca", "bundle")
    inner = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
    trust = "trust.cert-manager.io/v1alpha1"
    return [
        Step(pki.FOLDER),
        Step(
            FOLDER,
            (
                Check(*inner, "kserve-controller", FLUX),
                Check(*DEPLOYMENT, controller, space),
                Check(trust, "Bundle", bundle, "", mine.ca_bundle),
            ),
            (Condition(trust, "Bundle", "Synced", mine.ca_bundle),),
        ),
        Step(PRESETS, (Check(*inner, "kserve-presets", FLUX),)),
    ]


def policies(plan: Plan) -> Iterator[Rendered]:
    """What the controller may say, and to whom."""
    yield _controller_policy(plan)


def _bundle(plan: Plan) -> Rendered:
    release = plan.release
    key = release.value("ca", "bundle_key")
    spec = {
        "sources": [{"secret": {"name": release.value("ca", "secret"), "key": key}}],
        "target": {
            "configMap": {"key": key},
            "namespaceSelector": {
                "matchExpressions": [
                    {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "In",
                        "values": [
                            plan.stack.spec.gateway.namespace,
                            When(trusts_own_ca(plan.stack.spec), plan.stack.spec.serving.namespace),
                        ],
                    }
                ]
            },
        },
    }
    return obj(
        Scope(plan, FOLDER), "trust.cert-manager.io/v1alpha1", "Bundle",
        release.value("ca", "bundle"), {"spec": spec},
        when=all_of(plan.managed.ca_bundle, release.quirk("gateway-mounts-ca")),
        rule="platform/ca-bundle", why="the gateway verifies model servers against this CA",
    )  # fmt: skip


def _flux(plan: Plan, folder: str, name: str, dropped: tuple[str, ...], why: str) -> Rendered:
    release = plan.release
    late = release.quirk("webhooks-late")
    spec = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": "10m",
        "sourceRef": {"kind": "GitRepository", "name": "kserve"},
        "path": text("./{}", release.serving("overlay")),
        "prune": Because(
            False, "platform/kserve-prune", "both steps apply the same objects; CRDs must stay"
        ),
        "patches": When(late, Because(
            [delete(kind) for kind in dropped], "platform/kserve-steps", "applied in two steps",
        )),
        "healthChecks": [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": release.serving("controller"),
                "namespace": release.serving("namespace"),
            }
        ],
    }  # fmt: skip
    return obj(
        Scope(plan, folder, FLUX), "kustomize.toolkit.fluxcd.io/v1", "Kustomization", name,
        {"spec": spec},
        when=all_of(is_value(plan.stack.spec.delivery.engine, "flux"), plan.managed.kserve),
        rule="platform/kserve", why=why,
    )  # fmt: skip


def _argo(plan: Plan) -> Rendered:
    release = plan.release
    late = release.quirk("webhooks-late")
    patches = [*(delete(kind) for kind in DROPPED), *(_second_wave(kind) for kind in LATE_KINDS)]
    source: dict[str, Any] = {
        "repoURL": release.value("sources", "kserve", "url"),
        "targetRevision": release.value("sources", "kserve", "commit"),
        "path": release.serving("overlay"),
        "kustomize": {
            "patches": When(
                late,
                Because(
                    patches, "platform/kserve-steps", "webhooks and presets in the second wave"
                ),
            )
        },
    }
    return obj(
        Scope(plan, FOLDER, ARGO_NAMESPACE), "argoproj.io/v1alpha1", "Application",
        "kserve-controller",
        {"spec": application_spec(
            plan, release.serving("namespace"), source, prune=False
        )},
        when=all_of(is_value(plan.stack.spec.delivery.engine, "argocd"), plan.managed.kserve),
        rule="platform/kserve", why="CRDs and controller, then webhooks and presets",
    )  # fmt: skip


def _second_wave(kind: str) -> dict[str, Any]:
    wave = {"argocd.argoproj.io/sync-wave": "1"}
    tree = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "any", "annotations": wave}}
    why = "Kustomize needs a name; the target selects by kind"
    return {"target": {"kind": kind}, "patch": yaml_text(tree, "platform/wave", why)}


def _controller_policy(plan: Plan) -> Rendered:
    release = plan.release
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    callers = {
        "from": [
            {
                "namespaceSelector": system,
                "podSelector": {"matchLabels": {"k8s-app": "konnectivity-agent"}},
            },
            {"ipBlock": {"cidr": plan.stack.spec.cluster.controlPlaneCidr}},
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
