"""A hook that runs before the sync, and needs an object that the sync makes."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.facts.object_references import references
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_ARGO = "argocd.argoproj.io/hook"
_HELM = "helm.sh/hook"
_BEFORE = {_ARGO: "PreSync", _HELM: "pre-install"}


def check(context: Context) -> Violations:
    """One finding for each object that a hook needs."""
    known = provided(context)
    for hook in context.bundle.objects:
        kind = _before(hook)
        if not kind or known.incomplete(hook):
            continue
        for template in pod_templates(hook):
            needed = dict.fromkeys(_needed(template.spec))
            told: set[tuple[str, str]] = set()
            for what, name, path in needed:
                made = _made(context, hook, what, name)
                if made is not None and (what, name) not in told:
                    told.add((what, name))
                    yield violation(
                        f"the {kind} hook needs {what} {name}, which the sync makes after it",
                        Place(hook, (*template.spec_path, *path)),
                        Place(made, ("metadata", "name"), note=f"the {what}"),
                    )


def _before(one: Resource) -> str:
    """The hook that runs before the objects of the sync or of the release are there."""
    annotations = as_dict(one.metadata.get("annotations"))
    for key, wanted in _BEFORE.items():
        if wanted in [part.strip() for part in text(annotations.get(key)).split(",")]:
            return wanted
    return ""


def _needed(spec: dict[str, object]) -> Iterator[tuple[str, str, Path]]:
    for to in references(spec):
        yield to.kind, to.name, to.path
    account = text(spec.get("serviceAccountName"))
    if account:
        yield "ServiceAccount", account, ("serviceAccountName",)
    for i, volume in maps(spec.get("volumes")):
        claim = text(as_dict(volume.get("persistentVolumeClaim")).get("claimName"))
        if claim:
            path: Path = ("volumes", i, "persistentVolumeClaim", "claimName")
            yield "PersistentVolumeClaim", claim, path


def _made(context: Context, hook: Resource, kind: str, name: str) -> Resource | None:
    """The object of the same sync; None if a hook makes it, or if it may be there before."""
    found = list(context.bundle.named(kind, hook.namespace, name))
    scripted = any((x.kind, x.name) == (kind, name) for x in context.bundle.outside)
    if scripted or any(_before(x) for x in found):
        return None
    here = [
        x
        for x in found
        if os.path.dirname(x.file) == os.path.dirname(hook.file) or in_one_set(context, hook, x)
    ]
    return here[0] if here and len(here) == len(found) else None
