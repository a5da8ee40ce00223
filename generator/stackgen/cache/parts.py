"""Parts of an answer, such as the environments of a build, each with what it alone looks at.

When the same command line is asked about changed inputs, a part that looks at none of the changes
is the same. A part depends on its own looks, on those of no part, and on a basis. A part is kept
under the key of the question, whose answer it is a part of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from stackgen.cache import seen, store
from stackgen.cache.seen import digest

if TYPE_CHECKING:
    from stackgen.cache.seen import Look


class _Run:
    """where: the folder of the cache; empty to keep nothing. new: what `keep` was given."""

    def __init__(self, where: str = "", key: str = "") -> None:
        self.where = where
        self.key = digest((b"parts", key.encode())).hex()
        self.new: tuple[str, Mapping[str, str], Callable[[str], str]] | None = None


_RUN = [_Run()]


def begin(where: str, key: str) -> None:
    """Keep the parts of this run. key: of the question."""
    _RUN[0] = _Run(where, key)


def are_kept() -> bool:
    """Whether this run keeps parts."""
    return bool(_RUN[0].where)


def known(basis: str) -> dict[str, str]:
    """The parts that an earlier run kept, by name, as far as nothing changed for them."""
    run = _RUN[0]
    raw = store.get(run.where, run.key) if run.where else None
    try:
        data = json.loads(raw) if raw is not None else {}
        if data.get("basis") != basis:
            return {}
        return {
            name: part["body"]
            for name, part in (data["parts"] if _is_same(data["shared"]) else {}).items()
            if _is_same(part["looks"])
        }
    except (ValueError, KeyError, TypeError, AttributeError):  # of another shape
        return {}


def keep(basis: str, bodies: Mapping[str, str], owner: Callable[[str], str]) -> None:
    """Keep parts at the end of the run. owner: the part that alone looks at a path, or ""."""
    _RUN[0].new = (basis, bodies, owner)


def end() -> None:
    """Save the parts, when all that the run looked at is known."""
    run, looks = _RUN[0], seen.looked()
    if not run.where or run.new is None or looks is None:
        return
    basis, bodies, owner = run.new
    grouped: dict[str, list[list[str]]] = {name: [] for name in ("", *bodies)}
    for (how, path), state in looks.items():
        grouped.get(owner(path), []).append([how, path, _short(state)])
    data = {
        "basis": basis,
        "shared": grouped[""],
        "parts": {name: {"looks": grouped[name], "body": bodies[name]} for name in bodies},
    }
    store.put(run.where, run.key, json.dumps(data, separators=(",", ":")).encode())


def _is_same(looks: Iterable[Any]) -> bool:
    """Whether each look finds what it found. What is found is noted as a look of this run."""
    for how, path, state in looks:
        if how not in ("file", "folder", "name"):
            return False
        look: Look = (how, path)
        found = seen.state(look)
        seen.add({look: found})
        if _short(found) != state:
            return False
    return True


def _short(state: bytes) -> str:
    return digest((state,))[:16].hex()
