"""An object without a namespace that a Kustomization of Flux applies."""

from __future__ import annotations

from stackgen.checks.composed import is_completed, is_step_changed, together
from stackgen.checks.context import Context
from stackgen.facts.shape import text
from stackgen.findings.model import Place, Violations, violation
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders
from stackgen.schema.store import namespaced


def check(context: Context) -> Violations:
    """One finding for each object that no kustomization, patch or targetNamespace places."""
    steps = list(context.bundle.of_kind(flux.KIND, flux.GROUP))
    if not steps:
        return
    folders = Folders(context.bundle.resources)
    folders.settle(flux.paths(folders))
    told: set[int] = set()
    for step in steps:
        if step.get("spec", "targetNamespace") or step.get("spec", "patches"):
            continue
        if is_step_changed(context, step):
            continue
        for one in folders.below(text(step.get("spec", "path"))) or ():
            world = together(context, one)
            placed = one.namespace or (world is not None and world.placed)
            if placed or id(one) in told or is_completed(context, one):
                continue
            if namespaced(one.group, one.kind) and one.group != flux.GROUP:
                told.add(id(one))
                yield violation(
                    f"{one.kind} {one.name} has no namespace, and Kustomization {step.name} no "
                    "targetNamespace",
                    Place(one, ("metadata",), key=True),
                    Place(step, ("spec",), key=True, note="applies it"),
                )
