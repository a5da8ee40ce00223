"""The patterns to start from: folders of `patterns/`, each a whole stack."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen import paths
from stackgen.errors import UsageError
from stackgen.reading import read_bytes, read_text, walk
from stackgen.spelling import did_you_mean

# What the reference architecture calls them.
_NUMBERS = {"1": "single", "2": "multi-model", "3": "replicas", "4": "multi-host"}
_SPEC = "stack.yaml"


def names() -> tuple[str, ...]:
    """The patterns there are, sorted."""
    folder = paths.patterns()
    return tuple(n for n in sorted(os.listdir(folder)) if os.path.isfile(paths.patterns(n, _SPEC)))


def named(word: str) -> str:
    """The pattern that `word` names, by its name or number. Raises UsageError for others."""
    known = names()
    name = _NUMBERS.get(word, word)
    if name not in known:
        hint = did_you_mean(word, known) or f"; there is {', '.join(known)}"
        raise UsageError(f"no pattern is called {word!r}{hint}")
    return name


def summary(name: str) -> str:
    """What a pattern is, in a sentence: the first line of its spec."""
    first, _, _ = read_text(paths.patterns(name, _SPEC)).partition("\n")
    return first.lstrip("# ").strip()


def files(name: str) -> Iterator[tuple[str, bytes]]:
    """The files of a pattern: path, with slashes, and content."""
    top = paths.patterns(name)
    for folder, _, found in walk(top):
        for file in found:
            path = os.path.join(folder, file)
            yield os.path.relpath(path, top).replace(os.sep, "/"), read_bytes(path)
