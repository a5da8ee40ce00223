"""What becomes of an object that is no longer rendered: the engine deletes it, or it stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackgen.facts.shape import as_dict, text
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.rollout import argocd, flux
from stackgen.rollout.deliveries import Delivery, deliveries
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Engine, Step

ENGINES: Mapping[Engine, str] = {"flux": "Flux", "argocd": "Argo CD"}
_OPTIONS = "argocd.argoproj.io/sync-options"
_FLUX = ("kustomize.toolkit.fluxcd.io/prune", "kustomize.toolkit.fluxcd.io/reconcile")


@record
class Removal:
    """What becomes of one object.

    stays: why the engine does not delete it; empty when it does. keeps: of a delivery object, the
    setting because of which its own objects stay when it is deleted. delivers: it is one.
    """

    stays: str = ""
    keeps: str = ""
    delivers: bool = False


@record
class Removals:
    """What becomes of the objects of a render, by id: two clusters may have an object of the same
    name. gone: deliveries whose folder is gone.
    """

    objects: Mapping[int, Removal]
    gone: tuple[Delivery, ...] = ()

    def of(self, resource: Resource) -> Removal | None:
        """What becomes of an object; None for those that no delivery applied."""
        return self.objects.get(id(resource))


def removals(old: Iterable[Resource], new: Iterable[Resource], kinds: Kinds) -> Removals:
    """What becomes of the objects that the deliveries of `old` applied and `new` does not have.

    An engine deletes only what it misses in a path that it can read. Where the path itself is gone,
    it reports an error, and the delivery objects stay in the cluster as they were.
    """
    before, after = tuple(old), tuple(new)
    past = deliveries(before, kinds)
    folders = {_folder(r).rpartition("/")[2] for r in after if r.kind}
    gone = tuple(one for one in past if one.folder and one.name not in folders)
    left = {one.folder for one in gone}
    staying = [r for r in before if _folder(r) in left]
    now = deliveries((*after, *staying), kinds)
    units = by_unit([step for one in now for step in one.steps], (*after, *staying))
    found: dict[int, Removal] = {}
    for delivery in past:
        root = _unreadable(delivery.folder, delivery) if delivery.folder in left else ""
        for resource in delivery.objects:
            stays = root or kept(resource, delivery.steps[0].engine)
            if _folder(resource) == delivery.folder:
                found[id(resource)] = _of_object(resource, stays, delivery)
        _of_steps(delivery, units, found)
    return Removals(found, gone)


def _of_object(resource: Resource, stays: str, delivery: Delivery) -> Removal:
    steps = [one for one in delivery.steps if one.resource is resource]
    keeps = steps[0].leaves if steps and all(one.leaves for one in steps) else ""
    return Removal(stays, keeps, resource.group in (flux.GROUP, argocd.GROUP) and bool(steps))


def _of_steps(
    delivery: Delivery, units: Mapping[str, list[Step]], found: dict[int, Removal]
) -> None:
    lost = vanished(delivery.steps, units)
    for step in delivery.steps:
        stays = lost.get(step.unit, "")
        if step.unit in units and step.applies:
            after = units[step.unit]
            if all(one.remote for one in after):
                stays = _unreadable(_folder(step.applies[0]), delivery)
            elif not any(one.prune for one in after):
                stays = f"{step.resource.kind} {step.unit} does not prune"
        for resource in step.applies:
            own = stays or kept(resource, step.engine, with_step=step.unit in lost)
            found[id(resource)] = _of_object(resource, own, delivery)


def by_unit(steps: Iterable[Step], objects: Iterable[Resource]) -> dict[str, list[Step]]:
    """The steps of each unit; none for an Application that applies nothing which is known."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.unit, []).append(step)
    for resource in objects:
        if (resource.group, resource.kind) == (argocd.GROUP, "Application"):
            found.setdefault(resource.name, [])
    return found


def vanished(old: Iterable[Step], units: Mapping[str, list[Step]]) -> dict[str, str]:
    """The units of `old` that are not among `units`: why their objects stay, or empty.

    Those that applied a unit come before it in `old`. What bootstrap applied prunes.
    """
    found: dict[str, str] = {}
    unit_of = {step.name: step.unit for step in old}
    for step in old:
        if step.unit in units:
            continue
        above = unit_of.get(step.parent, "")
        what = f"{step.resource.kind} {step.unit}"
        left = above in units and not any(one.prune for one in units[above])
        if found.get(above) or left or kept(step.resource, step.engine):
            found[step.unit] = f"{what} stays as well"
        else:
            found[step.unit] = f"{what} leaves its objects ({step.leaves})" if step.leaves else ""
    return found


def kept(resource: Resource, engine: Engine, *, with_step: bool = False) -> str:
    """The setting of an object that keeps the engine from deleting it; empty for none.

    with_step: the delivery object goes, and not only this one. Argo CD has a setting for each.
    """
    annotations = as_dict(resource.metadata.get("annotations"))
    if engine == "flux":
        for marks in (annotations, as_dict(resource.metadata.get("labels"))):
            for key in _FLUX:
                if str(marks.get(key, "")).lower() == "disabled":
                    return f"{key}: disabled"
        return ""
    if with_step and resource.kind == "CustomResourceDefinition":
        return "Argo CD deletes no CustomResourceDefinition with its Application"
    wanted = "Delete" if with_step else "Prune"
    options = [one.strip() for one in text(annotations.get(_OPTIONS)).split(",")]
    found = [one for one in options if one in (f"{wanted}=false", f"{wanted}=confirm")]
    return f"{_OPTIONS}: {found[0]}" if found else ""


def _unreadable(path: str, delivery: Delivery) -> str:
    engine = ENGINES[delivery.steps[0].engine]
    return f"{path} no longer exists, so {engine} reports an error and deletes nothing"


def _folder(resource: Resource) -> str:
    return resource.file.rpartition("/")[0]
