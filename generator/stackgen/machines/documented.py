"""What commands in documentation make: a user runs them before the manifests are applied.

Only what `kubectl create` makes of values that no repository has: what else documentation says may
be one of several ways.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from stackgen.errors import UsageError
from stackgen.machines.made import made_by
from stackgen.manifest import shell
from stackgen.manifest.document import Source
from stackgen.manifest.excluded import Excluded, finder
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.reading import read_text, walk
from stackgen.regex import regex

_SUFFIX = ".md"
_MOST_FILES = 60
_MOST_BYTES = 300_000  # of a file
_KINDS = frozenset({"ConfigMap", "Namespace", "PersistentVolumeClaim", "Secret", "ServiceAccount"})
_ANY = "$NAMESPACE"  # a namespace that is not known
_FENCE = regex(r"(?ms)^[ \t]*```[ \t]*(?:bash|sh|shell|console|zsh)?[ \t]*\n(.*?)^[ \t]*```")
_PROMPT = regex(r"(?m)^([ \t]*)\$ ")


def documented(paths: Sequence[str], excluded: Excluded) -> tuple[Resource, ...]:
    """The objects of a few kinds that blocks of commands in Markdown files make.

    paths: of files and folders that were read.
    """
    found: list[Resource] = []
    for source in islice(_texts(paths, excluded), _MOST_FILES):
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


def _texts(paths: Sequence[str], excluded: Excluded) -> Iterator[Source]:
    """The commands of each file, each in its line."""
    left_out = finder(excluded)
    for top in (os.path.normpath(path) for path in paths if os.path.isdir(path)):
        for here, folders, names in walk(top):
            folders[:] = sorted(
                one
                for one in folders
                if not one.startswith(".") and not left_out(os.path.join(here, one), True, top)
            )
            for name in sorted(names):
                file = os.path.normpath(os.path.join(here, name))
                if not name.endswith(_SUFFIX) or left_out(file, False, top):
                    continue
                try:
                    text = read_text(file) if os.path.getsize(file) <= _MOST_BYTES else ""
                except (UsageError, OSError):
                    continue
                if "kubectl" in text:
                    yield Source(file, _commands(text))


def _commands(text: str) -> str:
    """The text with nothing but its blocks of commands."""
    lines = [""] * (text.count("\n") + 1)
    for block in _FENCE.finditer(text):
        first = text.count("\n", 0, block.start(1))
        commands = _PROMPT.sub(r"\1", block[1]).split("\n")
        lines[first : first + len(commands) - 1] = commands[:-1]
    return "\n".join(lines)
