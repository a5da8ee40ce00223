"""An annotation or a label that is spelled almost like one that a controller reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.spelling import close

_WORDS = {"annotations": "annotation", "labels": "label"}


def check(context: Context) -> Violations:
    """One finding for each key, of objects and of Pod templates."""
    for one in context.bundle.objects:
        for base, metadata in _metadata(one):
            for field, word in _WORDS.items():
                for key in as_dict(metadata.get(field)):
                    meant = _meant(_table()[field], str(key))
                    if meant:
                        shown = visible(str(key))
                        yield violation(
                            f'nothing reads the {word} {shown}; did you mean "{meant}"?',
                            Place(one, (*base, field, key), key=True),
                        )


def _metadata(one: Resource) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield ("metadata",), one.metadata
    for template in pod_templates(one):
        if template.path:
            yield (*template.path, "metadata"), as_dict(template.data.get("metadata"))


def _meant(known: Mapping[str, Any], key: str) -> str:
    """The key that is meant; "" for one that is known, or unlike all that are."""
    prefix, slash, name = key.partition("/")
    if not slash or name in known.get(prefix, ()):
        return ""
    if prefix in known:
        meant = close(name, known[prefix])
        return f"{prefix}/{meant}" if meant else ""
    others = [one for one, names in known.items() if name in names]
    meant = close(prefix, others) if others else None
    return f"{meant}/{name}" if meant else ""


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "annotation_misspelled.yaml")
    return found
