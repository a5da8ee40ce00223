"""Where an input uses what differs: by whole words, by kinds, by fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Literal

from stackgen.facts.shape import as_dict
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex
from stackgen.releases.model import Change, Uses, listed
from stackgen.releases.narrow import MANY

KIND = "EndpointPickerConfig"
_FLAG = "--config-text="


def settings(resource: Resource, path: Path) -> Iterator[tuple[str, Path, bool]]:
    """The settings of the configuration whose kind is at `path`, each with its place in the object.

    A field is named by its path without positions, `plugins.type`; a text of a field with the text,
    `plugins.type=queue-scorer`; a parameter with the type of its plugin, `queue-scorer.threshold`.
    The last of the three says whether the place is a key. One in a text has the place of the text.
    """
    value = resource.get(*path)
    if value == KIND and path[-1] == "kind":
        base = path[:-1]
        for name, at in _named(as_dict(resource.get(*base)), "", ()):
            yield name, (*base, *at), "=" not in name
    elif isinstance(value, str):
        for document in parse(value.removeprefix(_FLAG), KIND):
            data = as_dict(document.data)
            if data.get("kind") == KIND and not any(p.fatal for p in document.problems):
                yield from ((name, path, False) for name, _ in _named(data, "", ()))


def _named(value: Any, name: str, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _named(item, name, (*path, i))
    elif isinstance(value, dict):
        for key, inner in value.items():
            here, at = (f"{name}.{key}" if name else str(key)), (*path, key)
            yield here, at
            if here == "plugins.parameters":
                kind = value.get("type")
                yield from ((f"{kind}.{one}", (*at, one)) for one in as_dict(inner))
            else:
                yield from _named(inner, here, at)
    elif isinstance(value, str):
        yield f"{name}={value}", path


# yes: the input uses it. rendered: it does, and what is rendered for the new release no longer
# does. no: it does not. unknown: manifests cannot show it.
Concern = Literal["yes", "rendered", "no", "unknown"]

_WORD = regex(r"[A-Za-z0-9_./:-]+")
_PART = regex(r"[/:]")
_COLON = regex(r":(?=\d|v\d)")


@record
class Use:
    """A place in an object; path: of the value, or with `key` of the key itself."""

    resource: Resource
    path: Path
    key: bool = False


@record
class Index:
    """The words of an input, each with its places, and the words of each object by its position."""

    objects: tuple[Resource, ...]
    places: dict[str, list[tuple[int, Path, bool]]]

    def uses(self, change: Change) -> tuple[Use, ...]:
        """The places where the input uses what differs; the first of each object."""
        found: dict[int, Use] = {}
        for i, path, key in self._words(change.uses):
            found.setdefault(i, Use(self.objects[i], path, key))
        for _, i, path, key in self._settings(change.uses):
            found.setdefault(i, Use(self.objects[i], path, key))
        if change.uses.kinds and not change.uses.words:
            for i, resource in enumerate(self.objects):
                places = _present(resource.data, change.uses.paths)
                for place in islice(places, int(_of_kind(resource, change.uses.kinds))):
                    found[i] = Use(resource, place, key=True)
        return tuple(found[i] for i in sorted(found))

    def narrowed(self, change: Change) -> Change:
        """The difference, about the settings alone that the input has, if it has any."""
        used = {name for name, *_ in self._settings(change.uses)}
        pairs = [p for p in zip(change.names, change.uses.settings, strict=False) if p[1] in used]
        if not pairs:
            return change
        names, kept = zip(*pairs, strict=True)
        what = change.what.replace(listed(change.names), listed(names))
        return replace(change, what=what, names=names, uses=replace(change.uses, settings=kept))

    def _settings(self, uses: Uses) -> Iterator[tuple[str, int, Path, bool]]:
        for i, path, _ in self.places.get(KIND, ()) if uses.settings else ():
            for name, at, key in settings(self.objects[i], path):
                if name in uses.settings:
                    yield name, i, at, key

    def _words(self, uses: Uses) -> Iterator[tuple[int, Path, bool]]:
        beside = (
            {i for word in uses.beside for i, _, _ in self.places.get(word, ())}
            if uses.beside else None
        )  # fmt: skip
        for word in uses.words:
            for i, path, key in self._of_word(word):
                of_kind = not uses.kinds or _of_kind(self.objects[i], uses.kinds)
                if of_kind and (beside is None or i in beside):
                    yield i, path, key

    def _of_word(self, word: str) -> Iterable[tuple[int, Path, bool]]:
        """The places of a word; with a star at its end, of all that begin so."""
        if not word.endswith(MANY):
            return self.places.get(word, ())
        start = word.removesuffix(MANY)
        return [at for name, found in self.places.items() if name.startswith(start) for at in found]

    def concern(self, change: Change, uses: tuple[Use, ...]) -> Concern:
        """Whether a difference matters to the input."""
        if uses or change.uses.everywhere:
            return "yes"
        known = change.uses.words or change.uses.kinds or change.uses.settings
        return "no" if known else "unknown"


def index(objects: Iterable[Resource]) -> Index:
    """The words of all keys and texts of the objects; each is read once."""
    found = Index(tuple(objects), {})
    for i, resource in enumerate(found.objects):
        for word, path, key in _words_of(resource.data):
            found.places.setdefault(word, []).append((i, path, key))
    return found


def _words_of(data: Any) -> Iterator[tuple[str, Path, bool]]:
    waiting: list[tuple[Any, Path]] = [(data, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from ((word, (*path, key), True) for word in _split(str(key)))
                waiting.append((inner, (*path, key)))
        elif isinstance(value, list):
            waiting.extend((inner, (*path, i)) for i, inner in enumerate(value))
        elif isinstance(value, str):
            yield from ((word, path, False) for word in _split(value))


def _split(text: str) -> Iterator[str]:
    """The words of a text: each as it stands, and its parts between slashes and colons.

    A flag counts with and without its dashes.
    """
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".:")
        words = {word, _COLON.split(word)[0], *_PART.split(word)}
        words |= {one.lstrip("-") for one in words if one.startswith("-")}
        yield from (one for one in sorted(words) if one)


def _of_kind(resource: Resource, kinds: Iterable[str]) -> bool:
    group = resource.group or "core"
    names = (f"{group}/{resource.kind}", f"{group}/{resource.version}/{resource.kind}")
    return any(name in kinds for name in names)


def _present(data: Any, paths: tuple[Path, ...]) -> Iterator[Path]:
    """The first place in an object that one of the paths leads to; () without paths."""
    if not paths:
        yield ()
    for path in paths:
        yield from _found(data, path, ())


def _found(value: Any, path: Path, at: Path) -> Iterator[Path]:
    if not path:
        yield at
        return
    step, *rest = path
    if step == MANY and isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _found(inner, tuple(rest), (*at, i))
    elif step == MANY and isinstance(value, dict):
        for key, inner in value.items():
            yield from _found(inner, tuple(rest), (*at, key))
    elif isinstance(value, dict) and step in value:
        yield from _found(value[step], tuple(rest), (*at, step))
