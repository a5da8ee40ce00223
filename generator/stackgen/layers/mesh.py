"""Sidecars: the plugin that redirects traffic into them, strict mTLS, and the ports left out.

A serving platform may give its servers TLS of their own. A sidecar that expected the mesh's TLS on
those ports would turn the gateway away, so the platform says which ports are not redirected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Because, Traced, When, all_of, is_set, text
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.objects import (
    NAMESPACES,
    Rendered,
    Scope,
    by_engine,
    keep_on_prune,
    namespace,
    obj,
)

SERVING = "4-serving"
PSA = "pod-security.kubernetes.io"


def cni_namespace(plan: Plan) -> Iterator[Rendered]:
    """The plugin's own namespace, and leave to run as critically as it has to."""
    sidecars = all_of(plan.stack.spec.mesh.sidecars, plan.managed.istio)
    name = plan.release.value("istio", "cni", "namespace")
    yield namespace(
        Scope(plan, NAMESPACES), name, "runs the plugin that redirects traffic into sidecars",
        labels={f"{PSA}/{mode}": "privileged" for mode in ("enforce", "warn", "audit")},
        when=sidecars,
    )  # fmt: skip
    scope = {
        "scopeName": "PriorityClass",
        "operator": "In",
        "values": ["system-node-critical"],
    }
    yield obj(
        Scope(plan, NAMESPACES, name), "v1", "ResourceQuota", "node-critical-pods",
        {"spec": {"hard": {"pods": "10000"}, "scopeSelector": {"matchExpressions": [scope]}}},
        when=sidecars, rule="mesh/critical-pods",
        why="GKE admits Pods of this priority only where a quota speaks of it",
    )  # fmt: skip


def webhooks(plan: Plan, folder: str) -> Iterator[Rendered]:
    """An annotation on istiod's webhooks, which are there once Istio is Ready, so in a later step.

    The objects are the operator's: only the annotation is applied, and nothing is pruned.
    """
    wanted = all_of(plan.managed.istio, plan.release.quirk("webhook-loop"))
    annotations = {"sailoperator.io/ignore": "true", **keep_on_prune(plan), **_merged(plan)}
    validator = text("istio-validator-{}", plan.release.value("istio", "namespace"))
    for kind, name in (
        ("MutatingWebhookConfiguration", "istio-sidecar-injector"),
        ("ValidatingWebhookConfiguration", validator),
    ):
        yield obj(
            Scope(plan, folder), "admissionregistration.k8s.io/v1", kind, name, {},
            annotations=annotations, when=wanted, rule="mesh/webhook-loop", ours=False,
            why="the operator would install the webhook again after each change that istiod makes",
        )  # fmt: skip


def _merged(plan: Plan) -> dict[str, Any]:
    return by_engine(plan, "merge", "the rest of the object is the operator's", {
        "flux": ("kustomize.toolkit.fluxcd.io/ssa", "Merge"),
    })  # fmt: skip


def cni(plan: Plan, folder: str, here: Traced[bool]) -> Rendered:
    """The plugin: without it every Pod would need an init container with network privileges."""
    pull = plan.stack.spec.serving.imagePullSecret
    values = {
        "global": When(is_set(pull), {"imagePullSecrets": [pull]}),
        "cni": {
            "cniBinDir": plan.release.value("istio", "cni", "bin_dir"),
            "excludeNamespaces": [
                plan.release.value("istio", "namespace"),
                plan.release.value("istio", "cni", "namespace"),
                "kube-system",
            ],
        },
    }
    return obj(
        Scope(plan, folder), "sailoperator.io/v1", "IstioCNI", "default",
        {"spec": {
            "namespace": plan.release.value("istio", "cni", "namespace"),
            "version": plan.release.value("istio", "version"),
            "values": values,
        }},
        when=all_of(here, plan.stack.spec.mesh.sidecars, plan.release.quirk("istio-cni-on-gke")),
        rule="mesh/cni",
        why="redirects the traffic of meshed Pods; Pod Security forbids istio-init",
    )  # fmt: skip


def istio_values(plan: Plan) -> dict[str, Any]:
    """What sidecars add to the values of Istio, each part only while there are sidecars."""
    on = plan.stack.spec.mesh.sidecars
    release = plan.release
    groups = {"key": "leaderworkerset.sigs.k8s.io/name", "operator": "Exists"}
    return {
        "env": When(all_of(on, release.quirk("native-sidecars")), Because(
            "true", "mesh/native-sidecars",
            "the proxy starts before the model's download, and ends with a Job",
        )),
        "pilot": When(on, {"enabled": True}),
        "proxy": rendering_of(plan).sidecar(plan),
        "injector": When(on, Because(
            {"neverInjectSelector": [{"matchExpressions": [groups]}]}, "mesh/groups-left-out",
            "hosts of one slice talk on ports chosen at run time, without mTLS",
        )),
    }  # fmt: skip


def serving_policies(plan: Plan) -> Iterator[Rendered]:
    """Strict mTLS in the serving namespace. It allows no client by itself."""
    space, on = plan.stack.spec.serving.namespace, plan.stack.spec.mesh.sidecars
    api = "security.istio.io/v1"
    yield obj(
        Scope(plan, SERVING, space), api, "PeerAuthentication", "default",
        {"spec": {"mtls": {"mode": "STRICT"}}}, when=on, rule="mesh/strict-mtls",
        why="what a sidecar takes in comes with an identity of the mesh",
    )  # fmt: skip
    yield obj(
        Scope(plan, SERVING, space), api, "AuthorizationPolicy", "allow-nothing", {"spec": {}},
        when=on, rule="mesh/allow-nothing",
        why="all that is needed comes in on the ports left out; the rest is refused",
    )  # fmt: skip
