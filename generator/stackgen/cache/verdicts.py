"""What checks found in single objects, by the content of the object.

An object that is the same has the same verdict: in each environment of a run, and in the next run.
A verdict is kept under the object's hash, on a shelf for each family and each basis, which is all
that the verdict depends on beside the object. A message that would show a secret is not kept.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Mapping
from typing import Any

from stackgen.cache import store
from stackgen.cache.seen import digest

Verdict = list[Any]  # of plain data, as JSON has it; empty for an object without a problem
MOST = 30_000  # verdicts on a shelf that is kept


def content(data: Any) -> str:
    """The hash of plain data, with its types and the order of its keys; empty for other data."""
    try:
        # The second version writes equal data as equal bytes; later ones depend on references.
        return digest((marshal.dumps(data, 2),))[:16].hex()
    except ValueError:
        return ""


def content_of_text(text: str) -> str:
    """The hash of an object that is given as ASCII JSON, for those who read that alone."""
    return digest((text.encode("ascii"),))[:16].hex()


class Shelf:
    """The verdicts of one family on one basis. kept: those of earlier runs."""

    def __init__(self, kept: Mapping[str, Verdict]) -> None:
        self._kept = kept
        self._used: dict[str, Verdict] = {}
        self.new: dict[str, Verdict] = {}

    def get(self, key: str) -> Verdict | None:
        """The verdict on the object with the hash `key`; None when there is none."""
        found = self._used.get(key)
        if found is None and (found := self._kept.get(key)) is not None:
            self._used[key] = found
        return found

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep the verdict on the object with the hash `key`; an empty hash is none."""
        if key:
            self._used[key] = self.new[key] = verdict

    def all(self) -> dict[str, Verdict]:
        """Every verdict, those that this run used first."""
        return self._used | {key: x for key, x in self._kept.items() if key not in self._used}


class Verdicts:
    """The shelves of a run. where: the folder of the cache; empty to keep nothing after the run.

    program: a hash of the program, whose verdicts these are.
    """

    def __init__(self, where: str = "", program: str = "") -> None:
        self._where = where
        self._program = program
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, family: str, *basis: Any) -> Shelf:
        """The shelf for a family. basis: plain data, all that its verdicts depend on."""
        parts = (self._program.encode(), family.encode(), marshal.dumps(basis, 2))
        return self._shelf(digest(parts).hex())

    def _shelf(self, key: str) -> Shelf:
        if key not in self._shelves:
            raw = store.get(self._where, key) if self._where else None
            self._shelves[key] = Shelf(_read(raw) if raw is not None else {})
        return self._shelves[key]

    @property
    def place(self) -> tuple[str, str]:
        """The folder and the program."""
        return (self._where, self._program)

    def new(self) -> dict[str, dict[str, Verdict]]:
        """The verdicts that this process found, by their shelf."""
        return {key: shelf.new for key, shelf in self._shelves.items() if shelf.new}

    def add(self, new: Mapping[str, Mapping[str, Verdict]]) -> None:
        """Take the new verdicts of another process."""
        for key, found in new.items():
            shelf = self._shelf(key)
            for content_hash, verdict in found.items():
                shelf.put(content_hash, verdict)

    def save(self, shows: Callable[[str], bool]) -> None:
        """Keep new verdicts for later runs. shows: whether a text may be shown as it is."""
        for key, shelf in self._shelves.items():
            if self._where and shelf.new:
                store.put(self._where, key, _body(shelf, shows))


_RUN: list[Verdicts] = []


def begin(where: str, program: str) -> None:
    """Keep the verdicts of this process in the folder `where`."""
    _RUN[:] = [Verdicts(where, program)]


def place() -> tuple[str, str] | None:
    """Where this process keeps its verdicts, as given to `begin`."""
    return _RUN[0].place if _RUN else None


def of_run() -> Verdicts:
    """The verdicts that this process keeps; new ones, kept nowhere, when it keeps none."""
    return _RUN[0] if _RUN else Verdicts()


def end(shows: Callable[[str], bool]) -> None:
    """Save the verdicts of this process."""
    for verdicts in _RUN:
        verdicts.save(shows)


def _body(shelf: Shelf, shows: Callable[[str], bool]) -> bytes:
    """A shelf as it is kept: half of it where it is too large."""
    found = [
        (key, verdict)
        for key, verdict in shelf.all().items()
        if key not in shelf.new or all(map(shows, _texts(verdict)))
    ][:MOST]
    while True:
        body = json.dumps(dict(found), separators=(",", ":")).encode()
        if len(store.packed(body)) <= store.LARGEST // 2:
            return body
        found = found[: len(found) // 2]


def _read(raw: bytes) -> dict[str, Verdict]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts(verdict: Any) -> list[str]:
    if isinstance(verdict, str):
        return [verdict]
    if isinstance(verdict, dict):
        return [*map(str, verdict), *(text for x in verdict.values() for text in _texts(x))]
    return [text for x in verdict for text in _texts(x)] if isinstance(verdict, list) else []
