"""Phases kserve and kserve-presets: the controller from its pinned source.

The overlay holds CRDs, controller, webhooks and presets together. Webhooks that are applied before
the controller answers refuse the presets, so they come in a second step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.layers.argocd import application_spec
from stackgen.layers.objects import Rendered, Scope, obj, yaml_text
from stackgen.layers.platform.helm import delete
from stackgen.layers.platform.sources import FLUX
from stackgen.layers.smoke import trusts_own_ca
from stackgen.origin import Because, When, all_of, is_value, text
from stackgen.plan.model import Plan

FOLDER = "2-platform/kserve"
PRESETS = "2-platform/kserve-presets"
# The overlay's NetworkPolicy lets everyone in to the controller; 5-network has a narrower one.
DROPPED = ("Namespace", "NetworkPolicy")
LATE_KINDS = ("ValidatingWebhookConfiguration", "LLMInferenceServiceConfig")


def phase(plan: Plan) -> Iterator[Rendered]:
    """The CA where the gateway mounts it, then the controller."""
    yield _bundle(plan)
    yield _flux(plan, FOLDER, "kserve-controller", (*DROPPED, *LATE_KINDS), "CRDs and controller")
    yield _argo(plan)


def presets_phase(plan: Plan) -> Iterator[Rendered]:
    """Webhooks and presets, once the controller answers."""
    yield _flux(plan, PRESETS, "kserve-presets", DROPPED, "webhooks and presets as well")


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
                            When(trusts_own_ca(plan), plan.stack.spec.serving.namespace),
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
        "path": text("./{}", release.value("kserve", "overlay")),
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
                "name": release.value("kserve", "controller"),
                "namespace": release.value("kserve", "namespace"),
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
        "path": release.value("kserve", "overlay"),
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
            plan, release.value("kserve", "namespace"), source, prune=False
        )},
        when=all_of(is_value(plan.stack.spec.delivery.engine, "argocd"), plan.managed.kserve),
        rule="platform/kserve", why="CRDs and controller, then webhooks and presets",
    )  # fmt: skip


def _second_wave(kind: str) -> dict[str, Any]:
    wave = {"argocd.argoproj.io/sync-wave": "1"}
    tree = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "any", "annotations": wave}}
    why = "Kustomize needs a name; the target selects by kind"
    return {"target": {"kind": kind}, "patch": yaml_text(tree, "platform/wave", why)}
