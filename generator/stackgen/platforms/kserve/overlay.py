"""KServe from a Kustomize overlay at a pinned commit, with a certificate authority of the stack.

The overlay holds CRDs, controller, webhooks and presets together. Webhooks that are applied before
the controller answers refuse the presets, so webhooks and presets come second, from an object of
their own: a controller that does not answer must not keep its own fix from being applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackgen.origin import Because, Traced, When, all_of, is_value, text
from stackgen.plan.listeners import trusts_own_ca
from stackgen.plan.model import Plan
from stackgen.platforms.kserve import pki
from stackgen.render.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.render.argocd import application_spec
from stackgen.render.delivery import DEPLOYMENT, FLUX, Check, Step
from stackgen.render.helm import delete
from stackgen.render.objects import Rendered, Scope, obj, yaml_text
from stackgen.render.sources import Source

FOLDER = "2-platform/kserve"
GATEWAY = "3-gateway"
# The overlay's NetworkPolicy lets every Pod reach the controller; 5-network has a narrower one.
DROPPED = ("Namespace", "NetworkPolicy")
CONTROLLER, PRESETS = "kserve-controller", "kserve-presets"  # Flux's objects
LATE_KINDS = ("ValidatingWebhookConfiguration", "LLMInferenceServiceConfig")


def sources(plan: Plan) -> list[Source]:
    """Where the controller comes from, and what hands out the CA."""
    mine = plan.managed
    return [
        Source("kserve", "the KServe controller and its presets", mine.serving),
        Source("trust_manager", "trust-manager", mine.ca_bundle, chart=True),
    ]


def phases(plan: Plan) -> Iterator[Rendered]:
    """The CA, the CA where the gateway mounts it, the controller, webhooks and presets."""
    yield from pki.phase(plan)
    yield _bundle(plan)
    drop = [delete(kind) for kind in (*DROPPED, *LATE_KINDS)]
    yield _flux(plan, CONTROLLER, drop, {}, "CRDs and controller")
    yield _argo(plan)
    # Each object has one owner: Flux skips what the Kustomization before this one applies.
    late = [delete(kind) for kind in DROPPED]
    late += [_skipped(".*", "Ignore"), *(_skipped(kind, None) for kind in LATE_KINDS)]
    first = {"dependsOn": [{"name": CONTROLLER}]}
    yield _flux(plan, PRESETS, late, first, "webhooks and presets, once the controller answers")


def steps(plan: Plan) -> list[Step]:
    """The steps of `phases`. Neither needs the other: the controller waits for its certificate."""
    release = plan.release
    controller, space = release.serving("controller"), release.serving("namespace")
    inner = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
    return [
        Step(
            pki.FOLDER, ("namespaces", "sources", "operands"),
            needed_by=("3-gateway", "4-serving"),
        ),
        Step(
            # The controller looks once, at start, for the APIs that it serves. Its Pods are under
            # the policies of the gateway's namespace, which may be theirs too.
            FOLDER,
            ("namespaces", "sources", "gateway-api", "secrets", "operands", "5-network"),
            (
                Check(*inner, CONTROLLER, FLUX),
                Check(*DEPLOYMENT, controller, space),
                Check(*inner, PRESETS, FLUX),
            ),
            needed_by=("4-serving",),
        ),
    ]  # fmt: skip


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
        Scope(plan, GATEWAY), "trust.cert-manager.io/v1alpha1", "Bundle",
        release.value("ca", "bundle"), {"spec": spec},
        when=all_of(plan.managed.ca_bundle, release.quirk("gateway-mounts-ca")),
        rule="platform/ca-bundle", why="the gateway verifies model servers against this CA",
    )  # fmt: skip


def _flux(plan: Plan, name: str, patches: list[Any], first: dict[str, Any], why: str) -> Rendered:
    """A Kustomization over the overlay. first: what it waits for, if anything."""
    release = plan.release
    spec = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": "10m",
        **first,
        "sourceRef": {"kind": "GitRepository", "name": "kserve"},
        "path": text("./{}", release.serving("overlay")),
        "prune": Because(
            False, "platform/kserve-prune", "with the CRDs all their objects would go"
        ),
        "patches": When(release.quirk("webhooks-late"), Because(
            patches, "platform/kserve-steps", "webhooks and presets come second",
        )),
        "images": _images(plan, _flux_image),
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
        Scope(plan, FOLDER, FLUX), "kustomize.toolkit.fluxcd.io/v1", "Kustomization", name,
        {"spec": spec},
        when=all_of(is_value(plan.stack.spec.delivery.engine, "flux"), plan.managed.serving),
        rule="platform/kserve", why=why, notes=_moving(plan),
    )  # fmt: skip


def _skipped(kind: str, value: str | None) -> dict[str, Any]:
    """A Kustomize patch: whether Flux leaves objects of `kind`, a regular expression, alone."""
    annotations = {"kustomize.toolkit.fluxcd.io/ssa": value}
    return _annotated(kind, annotations, "platform/kserve-owner")


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
            ),
            "images": _images(plan, _argo_image),
        },
    }
    return obj(
        Scope(plan, FOLDER, ARGO_NAMESPACE), "argoproj.io/v1alpha1", "Application",
        "kserve-controller",
        {"spec": application_spec(
            plan, release.serving("namespace"), source, prune=False
        )},
        when=all_of(is_value(plan.stack.spec.delivery.engine, "argocd"), plan.managed.serving),
        rule="platform/kserve", why="CRDs and controller, then webhooks and presets",
        notes=_moving(plan),
    )  # fmt: skip


def _images(plan: Plan, form: Callable[[Any], Any]) -> Traced[list[Any]]:
    """The overlay's images, by digest where one is known, in the form of the engine."""
    images: Traced[list[Any]] = plan.release.serving("images")
    return images.map(
        "platform/kserve-images", "a commit of the overlay names its images by tags",
        lambda every: [form(image) for image in every],
    )  # fmt: skip


def _flux_image(image: Any) -> dict[str, str]:
    if "digest" in image:
        return {"name": image["name"], "digest": image["digest"]}
    return {"name": image["name"], "newTag": image["tag"]}


def _argo_image(image: Any) -> str:
    known = "digest" in image
    return f"{image['name']}@{image['digest']}" if known else f"{image['name']}:{image['tag']}"


def _moving(plan: Plan) -> tuple[str, ...]:
    """A comment about the images of which no digest is known."""
    images = plan.release.row.data["kserve"]["images"]
    names = [f"  {image['name']}:{image['tag']}" for image in images if "digest" not in image]
    if not names:
        return ()
    return ("No digest is known of these images. Their tags move, whatever the commit:", *names)


def _second_wave(kind: str) -> dict[str, Any]:
    return _annotated(kind, {"argocd.argoproj.io/sync-wave": "1"}, "platform/wave")


def _annotated(kind: str, annotations: dict[str, str | None], rule: str) -> dict[str, Any]:
    tree = {"apiVersion": "v1", "kind": "Any", "metadata": {
        "name": "any", "annotations": annotations,
    }}  # fmt: skip
    why = "Kustomize needs a kind and a name; the target selects"
    return {"target": {"kind": kind}, "patch": yaml_text(tree, rule, why)}
