"""What the input provides, and how certain it is that nothing else does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from stackgen.checks.composed import is_composed
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.object_references import made_from, table
from stackgen.findings.model import Severity
from stackgen.manifest.resource import Resource
from stackgen.plan.model import Plan

# Kinds that are applied together with what names them. Secrets and Gateways often are not.
_TOGETHER = frozenset(
    {
        "ConfigMap", "InferencePool", "PersistentVolumeClaim", "Role", "Service", "ServiceAccount",
        "Deployment", "StatefulSet", "LeaderWorkerSet",
    }
)  # fmt: skip


class Provided:
    """Objects of the input, and those that controllers make of them.

    whole: the input is said to be everything. opaque: it brings objects that it does not show.
    """

    def __init__(self, context: Context) -> None:
        self.whole = context.complete
        self._rendered = context.plan is not None
        self._context = context
        self._there: set[tuple[str, str, str]] = set()
        self._kinds: set[tuple[str, str, str]] = set()
        self._declared: set[str] = set()
        self._places: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._names: dict[tuple[str, str], set[str]] = {}
        for thing in chain(context).things:
            self._add(thing.kind, thing.namespace, thing.name)
        for resource in context.bundle.objects:
            place = (folder(resource), resource.name)
            self._places.setdefault(place, []).append((resource.kind, resource.namespace))
            for here in ("*", folder(resource)):
                self._kinds.add((resource.kind, resource.namespace, here))
            for kind, space, name in made_from(resource):
                self._add(kind, space, name)
            # Every cluster has the namespace `default`, so to write it down creates nothing.
            if resource.kind == "Namespace" and resource.name != "default":
                self._declared.add(resource.name)
        for name, space in _named_by(context.plan):
            self._add("Secret", space, name)
        self.opaque = any(r.kind in table()["opaque"] for r in context.bundle.objects)

    def _add(self, kind: str, namespace: str, name: str) -> None:
        self._there.add((kind, namespace, name))
        self._names.setdefault((kind, namespace), set()).add(name)

    def has(self, kind: str, namespace: str, name: str) -> bool:
        """Whether the object is there, made by a controller, or part of every cluster."""
        if {(kind, namespace, name), (kind, "*", name)} & self._there:
            return True
        return any(fnmatchcase(name, known) for known in table()["always"].get(kind, ()))

    def names(self, kind: str, namespace: str) -> set[str]:
        """The names of the objects of a kind that a namespace has here."""
        return self._names.get((kind, namespace), set())

    def composed(self, resource: Resource) -> bool:
        """Whether Kustomize makes other objects of the folder of `resource` than its files show."""
        return is_composed(self._context, resource)

    def elsewhere(self, kind: str, namespace: str, name: str, by: Resource) -> str:
        """Where the folder of `by` has the name instead: as a related kind, or in a namespace."""
        if self.composed(by):
            return ""
        sibling = table()["siblings"].get(kind)
        for other, space in self._places.get((folder(by), name), ()):
            if other == sibling:
                return f"there is a {other} {name}"
            if other == kind and namespace and space and space != namespace:
                return f"it is in namespace {space}"
        return ""

    def severity(self, kind: str, namespace: str, by: Resource) -> Severity | None:
        """How severe it is that what `by` names is missing; None when it may be elsewhere.

        The object belongs to the input if the input has others of its kind in the namespace: in
        the folder of `by`, or anywhere if the input also creates the namespace. Several folders are
        often several sets that are applied one without the other. A script may create what is
        missing, so it is an error only in a rendered stack.
        """
        if self.whole:
            return Severity.ERROR
        if self.composed(by) or (self.opaque and kind not in table()["delivery"]):
            return None
        created = namespace in self._declared
        if (kind, namespace, "*" if created else folder(by)) not in self._kinds:
            return None
        certain = self._rendered and created and kind in _TOGETHER
        return Severity.ERROR if certain else Severity.WARNING


def folder(resource: Resource) -> str:
    """The folder of the file in which an object is written."""
    written = resource.written
    return os.path.dirname(written.file if written is not None else resource.file)


def _named_by(plan: Plan | None) -> Iterator[tuple[str, str]]:
    """The Secrets that a spec names, with their namespaces: it also says who brings them."""
    if plan is not None:
        serving = plan.stack.spec.serving
        if serving.huggingFaceToken.secret.value is not None:
            yield serving.huggingFaceToken.secret.value, serving.namespace.value
        if serving.imagePullSecret.value is not None:
            yield serving.imagePullSecret.value, "*"


def provided(context: Context) -> Provided:
    """What the input of a context provides, made once for a run."""
    return context.once(Provided)
