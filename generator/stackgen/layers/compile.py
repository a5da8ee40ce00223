"""From the plan to the bundle: every layer, the spec's patches, and Kustomize's index files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from stackgen.layers import (
    cluster,
    declared,
    delivery,
    gateway,
    group_network,
    network,
    observe,
    platform,
    serving,
    smoke,
)
from stackgen.layers.folders import folders_of
from stackgen.layers.index import INDEX, index_files
from stackgen.layers.patches import Missed, apply_patches
from stackgen.layers.values_file import values_file
from stackgen.manifest.resource import Bundle, Resource
from stackgen.origin import Origin
from stackgen.plan.model import Plan
from stackgen.render.objects import Omitted, Rendered

# In the order of the folders. What is applied after what is said in delivery/steps.py.
LAYERS: tuple[Callable[[Plan], Iterator[Rendered]], ...] = (
    cluster.layer,
    platform.layer,
    gateway.layer,
    serving.layer,
    network.layer,
    group_network.layer,
    declared.layer,
    observe.layer,
    smoke.layer,
)


def compile_plan(plan: Plan) -> tuple[Bundle, list[Missed]]:
    """The bundle of the plan, and what in the patches of the spec changes nothing."""
    resources: list[Resource] = []
    absent: dict[str, Origin] = {}

    def keep(made: Rendered) -> None:
        if isinstance(made, Omitted):
            absent[made.file] = made.origin
        else:
            resources.append(made)

    for layer in LAYERS:
        for made in layer(plan):
            keep(made)
    for made in delivery.layer(plan, folders_of(resources, absent)):
        keep(made)
    folders = folders_of(resources, absent)
    others = _made_by_others(plan)
    patched, missed = apply_patches([*resources, *others], plan.stack.spec.patches)
    resources, others = patched[: len(resources)], patched[len(resources) :]
    resources.extend(index_files(resources, absent, folders))
    absent |= {f"{f}/{INDEX}": found.origin for f, found in folders.items() if not found.value}
    keep(values_file(plan))
    return Bundle(tuple(resources), absent, tuple(others)), missed


def _made_by_others(plan: Plan) -> list[Resource]:
    """Cluster and node pools that are planned and not rendered."""
    if plan.stack.spec.cluster.managed.value:
        return []
    made = cluster.machines(plan)
    return [replace(r, file="") for r in made if isinstance(r, Resource)]
