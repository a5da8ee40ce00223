"""What commands in documentation make: a user runs them before the manifests are applied.

Only what `kubectl create` makes of values that no repository has: what else documentation says may
be one of several ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from stackgen.machines.made import made_by
from stackgen.manifest import shell
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse

_MOST_FILES = 60
_MOST = 300_000  # characters of commands in a file
_KINDS = frozenset({"ConfigMap", "Namespace", "PersistentVolumeClaim", "Secret", "ServiceAccount"})
_ANY = "$NAMESPACE"  # a namespace that is not known


def documented(commands: Iterable[Source]) -> tuple[Resource, ...]:
    """The objects of a few kinds that the commands of Markdown files make."""
    found: list[Resource] = []
    read = (one for one in commands if "kubectl" in one.text and len(one.text) <= _MOST)
    for source in islice(read, _MOST_FILES):
        found += (_loose(one) for one in made_by([source]) if one.kind in _KINDS)
        for document in parse(shell.manifests(source.text), source.name):
            data = document.data
            if isinstance(data, dict) and data.get("kind") in _KINDS:
                found.append(_loose(Resource(data, source.name, document=document)))
    return tuple(found)


def _loose(made: Resource) -> Resource:
    """The object as far as it is certain: other entries, and another namespace, may be meant."""
    data: dict[str, Any] = {key: made.get(key) for key in ("apiVersion", "kind")}
    space = {} if made.kind == "Namespace" else {"namespace": _ANY}
    return replace(made, data={**data, "metadata": {**space, **made.metadata}})
