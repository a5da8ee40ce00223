"""Delivery: the objects with which Flux or Argo CD syncs the layers, each after what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.delivery import argocd, flux
from stackgen.layers.folders import Folders
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered


def objects(plan: Plan, folders: Folders) -> Iterator[Rendered]:
    """The delivery objects for the folders that the layers filled."""
    engine = plan.stack.spec.delivery.engine
    if engine.value == "flux":
        yield from flux.objects(plan, folders)
    elif engine.value == "argocd":
        yield from argocd.objects(plan, folders)
