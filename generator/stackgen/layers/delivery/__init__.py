"""Delivery: the objects with which Flux or Argo CD syncs the layers, each after what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from stackgen.layers.delivery import argocd, flux
from stackgen.layers.delivery.guards import guards
from stackgen.layers.folders import folders_of
from stackgen.manifest.resource import Resource
from stackgen.plan.model import Plan
from stackgen.render.objects import Omitted, Rendered


def objects(
    plan: Plan, resources: Sequence[Resource], left_out: Sequence[Omitted]
) -> Iterator[Rendered]:
    """The delivery objects for what the layers rendered, and for what they left out."""
    folders = folders_of(resources, {one.file: one.origin for one in left_out})
    engine = plan.stack.spec.delivery.engine
    if engine.value == "flux":
        yield from flux.objects(plan, folders, partial(guards, plan, resources, left_out))
    elif engine.value == "argocd":
        yield from argocd.objects(plan, folders)
