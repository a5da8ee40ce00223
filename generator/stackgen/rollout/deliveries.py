"""The deliveries among manifests: the steps of one cluster, and the objects that they bring.

A folder of delivery objects is applied as a whole, to one cluster. A repository has several: the
management cluster's and the workload cluster's, or those of each environment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.rollout import argocd, flux
from stackgen.rollout.applied import Folders
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Step


@record
class Delivery:
    """Steps and objects. folder: of the delivery objects. objects: what the steps apply, and what
    is in the folder itself, which bootstrap applies.
    """

    folder: str
    steps: tuple[Step, ...]
    objects: tuple[Resource, ...]

    @property
    def name(self) -> str:
        """The last part of the folder, the same in every checkout."""
        return self.folder.rpartition("/")[2]


def deliveries(resources: Iterable[Resource], kinds: Kinds) -> list[Delivery]:
    """Every delivery, in the order of its first object."""
    folders = Folders(resources)
    folders.settle(path for one in (flux, argocd) for path in one.paths(folders))
    steps = [*flux.steps(folders, kinds), *argocd.steps(folders, kinds)]
    applied = {id(r) for step in steps for r in step.applies}
    roots: dict[str, list[Step]] = {}
    nested: dict[int, list[Step]] = {}
    for step in steps:
        if id(step.resource) in applied:
            nested.setdefault(id(step.resource), []).append(step)
        else:
            roots.setdefault(step.resource.file.rpartition("/")[0], []).append(step)
    inside: dict[str, list[Resource]] = {}
    for resource in folders.objects:
        inside.setdefault(resource.file.rpartition("/")[0], []).append(resource)
    return [_delivery(folder, own, nested, inside.get(folder, ())) for folder, own in roots.items()]


def _delivery(
    folder: str, own: list[Step], nested: dict[int, list[Step]], inside: Iterable[Resource]
) -> Delivery:
    found = {step.name: step for step in own}
    left = list(own)
    while left:
        step = left.pop(0)
        for resource in step.applies:
            for inner in nested.get(id(resource), ()):
                if inner.name not in found:
                    found[inner.name] = replace(inner, parent=step.name)
                    left.append(found[inner.name])
    objects = {id(r): r for r in (*inside, *(r for s in found.values() for r in s.applies))}
    return Delivery(folder, tuple(found.values()), tuple(objects.values()))
