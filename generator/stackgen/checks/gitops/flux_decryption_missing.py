"""A Secret that SOPS has encrypted, which a Kustomization of Flux applies without decryption."""

from __future__ import annotations

from stackgen.checks.composed import is_step_changed
from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders


def check(context: Context) -> Violations:
    """One finding for each Kustomization, at itself."""
    if not any(map(_is_encrypted, context.bundle.of_kind("Secret", ""))):
        return
    folders = Folders(context.bundle.resources)
    folders.settle(flux.paths(folders))
    for step in context.bundle.of_kind(flux.KIND, flux.GROUP):
        if step.get("spec", "decryption") is not None or is_step_changed(context, step):
            continue
        applied = folders.below(text(step.get("spec", "path"))) or ()
        secrets = [one for one in applied if _is_encrypted(one)]
        if secrets:
            yield violation(
                f"Kustomization {step.name} has no decryption, and applies Secret "
                f"{secrets[0].name}, which SOPS has encrypted",
                Place(step, ("spec",), key=True),
                Place(secrets[0], ("metadata", "name"), note="the Secret"),
            )


def _is_encrypted(one: Resource) -> bool:
    if (one.kind, one.group) != ("Secret", "") or one.document is None:
        return False
    written = at(one.document.data, *one.base)
    return "mac" in as_dict(as_dict(written).get("sops"))
