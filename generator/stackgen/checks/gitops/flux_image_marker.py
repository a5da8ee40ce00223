"""A marker of Flux's image automation with a policy that is not there, or of another image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.shape import as_dict, maps, plain, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

GROUP = "image.toolkit.fluxcd.io"
_WORD = "$imagepolicy"
# An operation of a JSON patch, in YAML, that sets the name of an object.
_NAME = regex(r"path:\s*[\"']?/metadata/name[\"']?\s+value:\s*[\"']?([a-z0-9][a-z0-9.-]*)")
_MARKER = regex(r"#\s*\{\s*\"\$imagepolicy\"\s*:\s*\"([^\":]+):([^\":]+)(?::(name|tag|digest))?\"")


def check(context: Context) -> Violations:
    """One finding for each marked value, if the input has policies."""
    policies = {(p.namespace, p.name): p for p in context.bundle.of_kind("ImagePolicy", GROUP)}
    if not policies:
        return
    images = {
        (r.namespace, r.name): text(r.get("spec", "image"))
        for r in context.bundle.of_kind("ImageRepository", GROUP)
    }
    renamed = set(_renamed(context))
    for one in context.bundle.resources:
        for path, value, space, name, part in marked(one):
            policy = policies.get((space, name))
            if not plain(space + name):
                continue
            if policy is None and name in renamed:
                continue
            if policy is None:
                known = [f"{s}:{n}" for s, n in policies]
                yield violation(
                    f"there is no ImagePolicy {visible(f'{space}:{name}')}"
                    f"{did_you_mean(f'{space}:{name}', known)}",
                    Place(one, path),
                )
                continue
            ref: Any = policy.get("spec", "imageRepositoryRef")
            at = (text(ref.get("namespace")) or space, text(ref.get("name")))
            scanned = images.get(at, "") if isinstance(ref, dict) else ""
            written = _repository(value)
            if part == "" and scanned and written and written != _repository(scanned):
                yield violation(
                    f"policy {visible(name)} is of {visible(scanned)}, and the image is "
                    f"{visible(written)}",
                    Place(one, path),
                )


def _renamed(context: Context) -> Iterator[str]:
    """The names that patches of kustomizations give to policies."""
    for index in context.bundle.resources:
        for _, patch in maps(index.get("patches") if index.index else None):
            target = as_dict(patch.get("target"))
            if target.get("kind") in (None, "ImagePolicy"):
                yield from (found[1] for found in _NAME.finditer(text(patch.get("patch"))))


def marked(one: Resource) -> Iterator[tuple[Path, str, str, str, str]]:
    """The values of an object on lines with a marker: path, value, and what the marker says."""
    document = one.document
    if document is None or _WORD not in document.source.text:
        return
    lines = document.source.text.split("\n")
    for path, value in texts(one.data):
        mark = document.mark((*one.base, *path))
        line = lines[mark.line - 1] if mark is not None and mark.line <= len(lines) else ""
        found = _MARKER.search(line)
        if found is not None:
            yield path, value, found[1], found[2], found[3] or ""


def _repository(image: str) -> str:
    try:
        return image_reference(image).name if plain(image) else ""
    except ImageReferenceError:
        return ""
