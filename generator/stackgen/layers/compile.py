"""From the plan to the bundle: every layer, the spec's patches, and Kustomize's index files."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from stackgen import layers as package
from stackgen.layers import cluster, delivery
from stackgen.layers.folders import folders_of
from stackgen.layers.index import INDEX, index_files
from stackgen.layers.patches import Missed, apply_patches, apply_templates
from stackgen.layers.values_file import values_file
from stackgen.manifest.resource import Bundle, Resource
from stackgen.origin import Origin
from stackgen.plan.model import Plan
from stackgen.render.objects import Omitted, Rendered


@cache
def layers() -> tuple[Callable[[Plan], Iterator[Rendered]], ...]:
    """The function `layer` of every module here that has one, in the order of their folders.

    What is applied after what is said in delivery/steps.py.
    """
    names = [one.name for one in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    found = [module for module in modules if hasattr(module, "layer")]
    return tuple(module.layer for module in sorted(found, key=lambda module: module.FOLDER))


def compile_plan(plan: Plan) -> tuple[Bundle, list[Missed]]:
    """The bundle of the plan, and what in the patches of the spec changes nothing."""
    resources: list[Resource] = []
    absent: dict[str, Origin] = {}
    left_out: list[Omitted] = []

    def keep(made: Rendered) -> None:
        if isinstance(made, Omitted):
            absent[made.file] = made.origin
            left_out.append(made)
        else:
            resources.append(made)

    for layer in layers():
        for made in layer(plan):
            keep(made)
    for made in delivery.objects(plan, tuple(resources), tuple(left_out)):
        keep(made)
    folders = folders_of(resources, absent)
    others = _made_by_others(plan)
    lost = apply_templates(resources, plan)
    patched, missed = apply_patches([*resources, *others], plan.stack.spec.patches)
    resources, others = patched[: len(resources)], patched[len(resources) :]
    resources.extend(index_files(resources, absent, folders))
    absent |= {f"{f}/{INDEX}": found.origin for f, found in folders.items() if not found.value}
    if "values_file" in plan.release.row.data:
        keep(values_file(plan))
    return Bundle(tuple(resources), absent, tuple(others)), [*lost, *missed]


def _made_by_others(plan: Plan) -> list[Resource]:
    """Cluster and node pools that are planned and not rendered."""
    if plan.stack.spec.cluster.managed.value:
        return []
    made = cluster.machines(plan)
    return [replace(r, file="") for r in made if isinstance(r, Resource)]
