"""How a layer makes an object: identity, labels, file name, provenance."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from operator import ne
from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_out import dump
from stackgen.origin import (
    Because,
    Origin,
    Traced,
    When,
    computed,
    flatten,
    is_set,
    literal,
    picked,
)  # fmt: skip
from stackgen.plan.model import Plan
from stackgen.record import record

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
PULL_SECRET_LABEL = "stackgen.dev/pull-secret"
_LONGEST = 255 - len(".yaml")  # bytes of the name of a file
NAMESPACES = "2-platform/namespaces"  # the folder of every Namespace of the workload cluster
COMPUTE_CLASS = "cloud.google.com/compute-class"  # label and taint of the nodes of a ComputeClass
POOL_LABEL = "stackgen.dev/node-pool"  # of the nodes of all slices of one pool of the spec


@record
class Omitted:
    """A file that a condition left out, and the kind of its object."""

    file: str
    origin: Origin
    group: str
    kind: str


Rendered = Resource | Omitted


@record
class Scope:
    """What objects of a layer have in common: the folder of `out/`, the namespace, a condition.

    namespace: None for objects of the cluster. when: the condition under which any is there.
    labels: more labels of each, from the spec; None for none. annotations: the same, by kind.
    """

    plan: Plan
    folder: str
    namespace: str | Traced[str] | None = None
    when: Traced[Any] | None = None
    labels: Traced[Any] | None = None
    annotations: Traced[Any] | None = None


def file_name(kind: str, name: str) -> str:
    """The file of an object: `<kind>-<name>.yaml`, within what file systems take (255 bytes).

    A longer name is cut, and told apart from others by the first digits of its SHA-256.
    """
    stem = f"{kind.lower()}-{name}"
    if len(stem.encode("utf-8")) > _LONGEST:
        digest = hashlib.sha256(stem.encode("utf-8")).hexdigest()[:10]
        stem = f"{stem.encode('utf-8')[: _LONGEST - 11].decode('utf-8', 'ignore')}-{digest}"
    return f"{stem}.yaml"


def obj(
    scope: Scope,
    api_version: str | Traced[str],
    kind: str,
    name: str | Traced[str],
    body: dict[str, Any],
    *,
    rule: str,
    why: str,
    labels: dict[Any, Any] | None = None,
    annotations: dict[Any, Any] | When | None = None,
    when: Traced[Any] | None = None,
    notes: tuple[str, ...] = (),
    ours: bool = True,
) -> Rendered:
    """One object of a layer.

    rule, why: the layer rule that explains every literal. when: a condition of its own, instead of
    the scope's; each leaf depends on it. notes: comment lines. ours: whether it takes our labels;
    an object that another program makes keeps that program's.
    """
    when = when if when is not None else scope.when
    plain_name = name.value if isinstance(name, Traced) else name
    file = f"{scope.folder}/{file_name(kind, plain_name)}"
    if when is not None and not when.value:
        api = api_version.value if isinstance(api_version, Traced) else api_version
        return Omitted(file, when.origin, api.rpartition("/")[0], kind)
    metadata: dict[str, Any] = {"name": name}
    if scope.namespace is not None:
        metadata["namespace"] = scope.namespace
    if ours:
        given = scope.labels.value if scope.labels is not None else None
        own = {MANAGED_BY: "stackgen", PART_OF: scope.plan.stack.metadata.name, **(labels or {})}
        metadata["labels"] = Because(
            {**(given or {}), **own}, "labels", "say whose object it is, for pruning and for people"
        )
    of_kind = (scope.annotations.value or {}).get(kind) if scope.annotations is not None else None
    if of_kind is not None:
        annotations = {**of_kind.value, **_each(annotations)}
    if annotations:
        metadata["annotations"] = annotations
    tree = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
    whole = Because(tree, rule, why)
    flat = flatten(whole if when is None else When(when, whole), Origin("rule", rule, why))
    return Resource(
        data=flat.data,
        file=file,
        layer=scope.folder.split("/", maxsplit=1)[0],
        origins=flat.origins,
        absent=flat.absent,
        notes=notes,
        condition=when.origin if when is not None else None,
    )


def _each(tree: dict[Any, Any] | When | None) -> dict[Any, Any]:
    """A condition of a whole mapping as one of each value."""
    if not isinstance(tree, When):
        return tree or {}
    reason = tree.tree if isinstance(tree.tree, Because) else None
    values = tree.tree if reason is None else reason.tree
    return {
        key: When(tree.condition, value if reason is None else replace(reason, tree=value))
        for key, value in values.items()
    }


def yaml_text(tree: Any, rule: str, why: str) -> Traced[str]:
    """`tree` as a block of YAML text (for ConfigMaps and patches), computed from all its leaves."""
    flat = flatten(tree, Origin("rule", rule, why))
    every = {id(o): o for o in (*flat.origins.values(), *flat.absent.values())}
    inputs = tuple(every.values())
    return Traced(dump(flat.data), Origin("computed", rule, why, inputs))


def namespace(
    scope: Scope,
    name: str | Traced[str],
    why: str,
    *,
    labels: dict[str, Any] | None = None,
    pull_secret: bool = True,
    when: Traced[Any] | None = None,
) -> Rendered:
    """A Namespace with Pod Security labels; `pull_secret` asks for the registry Secret."""
    psa = "pod-security.kubernetes.io"
    more: dict[str, Any] = {
        f"{psa}/enforce": "baseline",
        f"{psa}/warn": "restricted",
        f"{psa}/audit": "restricted",
        **(labels or {}),
    }
    if pull_secret:
        pull = scope.plan.stack.spec.serving.imagePullSecret
        more[PULL_SECRET_LABEL] = When(is_set(pull), "true")
    return obj(
        scope, "v1", "Namespace", name, {}, rule="namespace", why=why, labels=more, when=when,
        annotations=keep_on_prune(scope.plan),
    )  # fmt: skip


def gateway_apart(plan: Plan) -> Traced[bool]:
    """Whether the gateway has a namespace of its own: that of the models is theirs."""
    spec = plan.stack.spec
    if spec.network.defaultDeny.value:
        return literal(True, "namespaces", "policies deny all in both")
    return computed("are two", "", ne, spec.gateway.namespace, spec.serving.namespace)


KEPT = {
    "flux": ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    "argocd": ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"),
}


def keep_on_prune(plan: Plan) -> dict[str, Any]:
    """Annotations that keep the GitOps engine from deleting the object with its file."""
    return by_engine(plan, "prune", "keep", KEPT)


def by_engine(
    plan: Plan, name: str, why: str, annotations: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    """The annotation, key and value, for the GitOps engine in use; none for an engine without."""
    engine = plan.stack.spec.delivery.engine
    if engine.value not in annotations:
        return {}
    key, value = annotations[engine.value]
    return {key: picked(name, why, literal(value, name, why), engine)}


def replaced(plan: Plan) -> dict[str, Any]:
    """How the engine is told that a Job cannot be changed, only replaced."""
    force = ("kustomize.toolkit.fluxcd.io/force", "enabled")
    replace = ("argocd.argoproj.io/sync-options", "Replace=true,Force=true")
    why = "a Job cannot be changed, only replaced"
    return by_engine(plan, "replaced", why, {"flux": force, "none": force, "argocd": replace})
