"""How a layer makes an object: identity, labels, file name, provenance."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_out import dump
from stackgen.origin import Because, Origin, Traced, When, flatten
from stackgen.plan.model import Plan
from stackgen.record import record

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
PULL_SECRET_LABEL = "stackgen.dev/pull-secret"
POOL_LABEL = "stackgen.dev/node-pool"  # of the nodes of all slices of one pool of the spec


@record
class Absent:
    """A file that a condition left out."""

    file: str
    origin: Origin


Made = Resource | Absent


def obj(
    plan: Plan,
    folder: str,
    api_version: str | Traced[str],
    kind: str,
    name: str | Traced[str],
    body: dict[str, Any],
    *,
    rule: str,
    why: str,
    namespace: str | Traced[str] | None = None,
    labels: dict[Any, Any] | None = None,
    annotations: dict[Any, Any] | When | None = None,
    given: tuple[Traced[Any], ...] = (),
    when: Traced[Any] | None = None,
    notes: tuple[str, ...] = (),
) -> Made:
    """One object in the layer's `folder`.

    rule, why: the layer rule that explains every literal. given: values the object as a whole
    depends on. when: the condition under which it exists at all.
    """
    plain_name = name.value if isinstance(name, Traced) else name
    file = f"{folder}/{kind.lower()}-{plain_name}.yaml"
    if when is not None:
        if not when.value:
            return Absent(file, when.origin)
        given = (*given, when)
    metadata: dict[str, Any] = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    metadata["labels"] = Because(
        {MANAGED_BY: "stackgen", PART_OF: plan.stack.metadata.name, **(labels or {})},
        "labels", "say whose object it is, for pruning and for people",
    )  # fmt: skip
    if annotations:
        metadata["annotations"] = annotations
    tree = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
    flat = flatten(Because(tree, rule, why, given), Origin("rule", rule, why))
    return Resource(
        data=flat.data,
        file=file,
        layer=folder.split("/", maxsplit=1)[0],
        origins=flat.origins,
        absent=flat.absent,
        notes=notes,
        condition=when.origin if when is not None else None,
    )


def yaml_text(tree: Any, rule: str, why: str) -> Traced[str]:
    """`tree` as a block of YAML text (for ConfigMaps and patches), computed from all its leaves."""
    flat = flatten(tree, Origin("rule", rule, why))
    every = {id(o): o for o in (*flat.origins.values(), *flat.absent.values())}
    inputs = tuple(every.values())
    return Traced(dump(flat.data), Origin("computed", rule, why, inputs))


def namespace(
    plan: Plan,
    folder: str,
    name: str | Traced[str],
    why: str,
    *,
    labels: dict[str, Any] | None = None,
    pull_secret: bool = True,
    given: tuple[Traced[Any], ...] = (),
    when: Traced[Any] | None = None,
) -> Made:
    """A Namespace with Pod Security labels; `pull_secret` asks for the registry Secret."""
    psa = "pod-security.kubernetes.io"
    more: dict[str, Any] = {
        f"{psa}/enforce": "baseline",
        f"{psa}/warn": "restricted",
        f"{psa}/audit": "restricted",
        **(labels or {}),
    }
    if pull_secret:
        more[PULL_SECRET_LABEL] = When(is_set(plan.stack.spec.serving.imagePullSecret), "true")
    return obj(
        plan, folder, "v1", "Namespace", name, {},
        rule="namespace", why=why, labels=more, given=given, when=when,
        annotations=keep_on_prune(plan),
    )  # fmt: skip


def keep_on_prune(plan: Plan) -> dict[str, Any]:
    """Annotations that keep the GitOps engine from deleting the object with its file."""
    engine = plan.stack.spec.delivery.engine
    if engine.value == "flux":
        return {"kustomize.toolkit.fluxcd.io/prune": engine.map("prune", "keep", _disabled)}
    if engine.value == "argocd":
        key = "argocd.argoproj.io/sync-options"
        return {key: engine.map("prune", "keep", lambda _: "Prune=false,Delete=false")}
    return {}


def _disabled(_: object) -> str:
    return "disabled"


def is_value(traced: Traced[Any], wanted: str) -> Traced[bool]:
    """Whether a choice of the spec is `wanted`."""
    return traced.map(f"is {wanted}", "a choice of the spec", lambda v: v == wanted)


def is_set(traced: Traced[Any]) -> Traced[bool]:
    """Whether the spec gives the value."""
    return traced.map("is given", "optional in the spec", lambda v: v is not None)


def either(*conditions: Traced[Any]) -> Traced[bool]:
    """Whether any holds. When several do, it depends on what all of those depend on."""
    true = [c.origin for c in conditions if c.value]
    if not true:
        return Traced(False, Origin("computed", "or", "", tuple(c.origin for c in conditions)))
    leaves = [{leaf.path: leaf for leaf in origin.leaves() if leaf.path} for origin in true]
    common = [leaf for path, leaf in leaves[0].items() if all(path in more for more in leaves[1:])]
    return Traced(True, Origin("computed", "or", "", tuple(common)))


def both(first: Traced[Any], second: Traced[Any]) -> Traced[bool]:
    """Whether both hold."""
    value = bool(first.value) and bool(second.value)
    return Traced(value, Origin("computed", "and", "", (first.origin, second.origin)))
