"""Which items of two lists belong together."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from stackgen.manifest.merge_keys import merge_key
from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.review.alike import canonical, likeness, tokens
from stackgen.schema.node import Node

# Items that share less than this are one removed and one added.
ALIKE = 0.3
COMPARED = 10_000  # pairs of items beyond which position decides

# What the key of a list item is when it is left out.
_DEFAULTS = {"protocol": "TCP"}


@record
class Matched:
    """pairs: a name for people, the index in the old list and in the new one; None where the item
    is not. reordered: items of both lists stand in another order, and that means something.
    """

    pairs: tuple[tuple[str, int | None, int | None], ...]
    reordered: bool = False


def pairs(old: list[Any], new: list[Any], field: str, kind: str, node: Node | None) -> Matched:
    """The items of two lists of the field `field` of an object of `kind`, side by side."""
    kept = _keeps_order(field, kind, node)
    keys = node.keys if node is not None and node.list_type == "map" else ()
    named = _by_keys(old, new, keys) if keys else None
    if named is None and (key := merge_key(old or new, new if old else [])) is not None:
        named = [[_text(item[key]) for item in items] for items in (old, new)]
    if named is None and field in ("args", "command"):
        named = _by_flags(old, new)
        if named is not None:
            kept = False
    if named is not None:
        if field == "containers":
            named = _with_renamed(old, new, named)
        return _matched(named[0], named[1], kept)
    plain = all(not isinstance(item, (dict, list)) for item in (*old, *new))
    if plain and not kept:
        return _as_sets(old, new)
    # Ties could be settled either way: the way back has to be the mirror of the way there.
    turned = canonical(old) > canonical(new)
    one, other = (new, old) if turned else (old, new)
    found = _in_sequence(one, other) if plain else _by_likeness(one, other, kept)
    return _turned(found) if turned else found


def _with_renamed(old: list[Any], new: list[Any], named: list[list[str]]) -> list[list[str]]:
    """The names, with one for a container that goes while one of the same image comes."""
    gone = [i for i, name in enumerate(named[0]) if name not in named[1]]
    come = [j for j, name in enumerate(named[1]) if name not in named[0]]
    if len(gone) != 1 or len(come) != 1:
        return named
    image = old[gone[0]].get("image")
    if not image or new[come[0]].get("image") != image:
        return named
    name = min(named[0][gone[0]], named[1][come[0]])
    first, second = list(named[0]), list(named[1])
    first[gone[0]] = second[come[0]] = name
    return [first, second]


def _turned(found: Matched) -> Matched:
    """The same pairs from the other side."""
    swapped = [(None, j, i) for _, i, j in found.pairs]
    gone = sorted(i for _, i, j in swapped if j is None and i is not None)
    stays = sorted((j, i) for _, i, j in swapped if j is not None)
    rest = [(str(j), i, j) for j, i in stays]
    return Matched((*((str(i), i, None) for i in gone), *rest), found.reordered)


@lru_cache(maxsize=1)
def _table() -> dict[str, set[str]]:
    return {name: set(fields) for name, fields in shipped(__file__, "lists.yaml").items()}


def _keeps_order(field: str, kind: str, node: Node | None) -> bool:
    table = _table()
    if field in table["ordered"]:
        return True
    if field in table["unordered"] or f"{field}@{kind}" in table["unordered"]:
        return False
    return node is None or node.list_type not in ("map", "set")


def _by_keys(old: list[Any], new: list[Any], keys: tuple[str, ...]) -> list[list[str]] | None:
    """The names of the items by the schema's keys; None when these do not tell them apart."""
    found = []
    for items in (old, new):
        names = []
        for item in items:
            if not isinstance(item, dict):
                return None
            parts = [item.get(key, _DEFAULTS.get(key)) for key in keys]
            names.append("/".join(_text(part) for part in parts if part is not None))
        if len(set(names)) < len(names):
            return None
        found.append(names)
    return found


def _by_flags(old: list[Any], new: list[Any]) -> list[list[str]] | None:
    """`--flag=value` arguments by flag; None when a list holds anything else, or a flag twice."""
    found = []
    for items in (old, new):
        if not all(isinstance(item, str) and item.startswith("--") for item in items):
            return None
        names = [item.partition("=")[0] for item in items]
        if len(set(names)) < len(names):
            return None
        found.append(names)
    return found


def _matched(old: list[str], new: list[str], kept: bool) -> Matched:
    there = {name: i for i, name in enumerate(old)}
    now = set(new)
    found: list[tuple[str, int | None, int | None]] = [
        (name, i, None) for name, i in there.items() if name not in now
    ]
    found += [(name, there.get(name), j) for j, name in enumerate(new)]
    before, after = [n for n in old if n in now], [n for n in new if n in there]
    return Matched(tuple(found), kept and before != after)


def _as_sets(old: list[Any], new: list[Any]) -> Matched:
    left: dict[str, list[int]] = {}
    for i, item in enumerate(old):
        left.setdefault(canonical(item), []).append(i)
    found: list[tuple[str, int | None, int | None]] = []
    for j, item in enumerate(new):
        if left.get(canonical(item)):
            left[canonical(item)].pop()
        else:
            found.append((_text(item), None, j))
    gone = sorted(i for places in left.values() for i in places)
    return Matched((*((_text(old[i]), i, None) for i in gone), *found))


def _in_sequence(old: list[Any], new: list[Any]) -> Matched:
    """Values of which the order counts: side by side along their longest common part."""
    before, after = [canonical(item) for item in old], [canonical(item) for item in new]
    if sorted(before) == sorted(after):
        return Matched((), before != after)
    found: list[tuple[str, int | None, int | None]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        both = min(i2 - i1, j2 - j1)
        found += [(str(j1 + k), i1 + k, j1 + k) for k in range(both)]
        found += [(str(i), i, None) for i in range(i1 + both, i2)]
        found += [(str(j), None, j) for j in range(j1 + both, j2)]
    return Matched(tuple(found))


def _by_likeness(old: list[Any], new: list[Any], kept: bool) -> Matched:
    """Equal items first, then those that are most alike; the rest is removed and added."""
    texts = [[canonical(item) for item in items] for items in (old, new)]
    waiting: dict[str, list[int]] = {}
    for i, text in enumerate(texts[0]):
        waiting.setdefault(text, []).append(i)
    partner: dict[int, int] = {}
    for j, text in enumerate(texts[1]):
        if waiting.get(text):
            partner[j] = waiting[text].pop(0)
    rest_old = sorted(i for places in waiting.values() for i in places)
    rest_new = [j for j in range(len(new)) if j not in partner]
    if len(rest_old) * len(rest_new) <= COMPARED:
        bags = {("old", i): tokens(old[i]) for i in rest_old}
        bags |= {("new", j): tokens(new[j]) for j in rest_new}
        scored = sorted(
            (-likeness(bags["old", i], bags["new", j]), j, i) for i in rest_old for j in rest_new
        )
        for score, j, i in scored:
            if -score >= ALIKE and j not in partner and i in rest_old:
                partner[j] = i
                rest_old.remove(i)
    else:
        for j, i in zip(rest_new, list(rest_old), strict=False):
            partner[j] = i
            rest_old.remove(i)
    found: list[tuple[str, int | None, int | None]] = [(str(i), i, None) for i in rest_old]
    found += [(str(j), partner.get(j), j) for j in range(len(new))]
    order = [partner[j] for j in sorted(partner)]
    return Matched(tuple(found), kept and order != sorted(order))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)
