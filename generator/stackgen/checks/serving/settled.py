"""Namespaces of which the input shows all objects, as far as anyone can tell."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen.checks.composed import in_one_set, together
from stackgen.checks.context import Context
from stackgen.checks.serving.deliveries import delivered
from stackgen.facts.object_references import plain_name, table
from stackgen.facts.shape import at, maps, text
from stackgen.manifest.resource import Resource
from stackgen.record import record

_INSTALLS = {"HelmInstall", "Command", "Project"}


@record
class Settled:
    """made_by: the Namespace objects, by name, of namespaces that no chart, operator, script or
    remote base fills. delivered: the files that Flux or Argo CD apply, if all of it is here.
    """

    made_by: dict[str, tuple[Resource, ...]]
    delivered: frozenset[str]
    _context: Context

    def sure(self, namespace: str, by: Resource) -> bool:
        """Whether what applies `by` also creates the namespace, and the input shows all of it."""
        return any(self._with(one, by) for one in self.made_by.get(namespace, ()))

    def whole(self, namespace: str, by: Resource) -> bool:
        """Whether deliveries of which the input has all folders apply both."""
        makers = self.made_by.get(namespace, ())
        return by.file in self.delivered and any(one.file in self.delivered for one in makers)

    def _with(self, namespace: Resource, by: Resource) -> bool:
        if self.whole(namespace.name, by):
            return True
        world = together(self._context, by)
        here = os.path.dirname(namespace.file)
        return world is not None and not world.brings and here in world.folders


def applied_together(context: Context, one: Resource, other: Resource) -> bool:
    """Whether one delivery of the input, or one kustomization, applies both objects."""
    if {one.file, other.file} <= settled(context).delivered:
        return True
    return together(context, one) is not None and in_one_set(context, one, other)


def settled(context: Context) -> Settled:
    """The namespaces of a context, found once for a run."""
    return context.once(_settled)


def _settled(context: Context) -> Settled:
    known = context.once(delivered)
    made: dict[str, list[Resource]] = {}
    if known.unseen is None or any(_generates(one) for one in context.bundle.objects):
        return Settled({}, frozenset(), context)
    if any(one.kind in _INSTALLS and not _space(one) for one in context.bundle.outside):
        return Settled({}, frozenset(), context)
    filled = known.unseen | frozenset(_filled(context))
    for one in context.bundle.objects:
        if (one.kind, one.group) == ("Namespace", "") and plain_name(one.name):
            made.setdefault(one.name, []).append(one)
    found = {name: tuple(by) for name, by in made.items() if name not in filled}
    found.pop("default", None)
    return Settled(found, known.files if known.whole else frozenset(), context)


def _space(outside: Resource) -> str:
    return outside.namespace or text(outside.get("spec", "namespace"))


def _generates(one: Resource) -> bool:
    """Whether a policy of Kyverno makes objects, in any namespace."""
    if one.group not in ("kyverno.io", "policies.kyverno.io"):
        return False
    rules = maps(one.get("spec", "rules"))
    return one.kind == "GeneratingPolicy" or any(at(rule, "generate") for _, rule in rules)


def _filled(context: Context) -> Iterator[str]:
    """Namespaces in which something makes objects that no file shows."""
    quiet = frozenset(table()["quiet"])
    for one in context.bundle.objects:
        if one.group not in quiet:
            yield one.namespace
    for one in context.bundle.outside:
        yield _space(one)
    for index in context.bundle.resources:
        if index.index:
            for _, chart in maps(index.get("helmCharts")):
                yield text(chart.get("namespace")) or text(index.get("namespace"))
    for one in context.bundle.objects:
        world = together(context, one)
        if world is not None and world.brings:
            yield one.name if one.kind == "Namespace" else one.namespace
