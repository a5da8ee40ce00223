"""Which objects of two renders are the same one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.review.alike import canonical, likeness, tokens
from stackgen.review.model import Side

# An object that goes and one that comes are one, renamed, when they share this much.
RENAMED = 0.75
TELLING = 6  # leaves, apiVersion and kind among them
COMPARED = 10_000  # pairs of one kind beyond which only equal contents count

Identity = tuple[str, str, str, str]


@record
class Pair:
    """The same object on both sides; None where it is not. renamed: under another identity."""

    old: Resource | None
    new: Resource | None
    renamed: bool = False


def identity(resource: Resource) -> Identity:
    """What makes an object the same one. No namespace means `default`."""
    return (resource.group, resource.kind, resource.namespace or "default", resource.name)


def match(old: Side, new: Side) -> list[Pair]:
    """Every object of both sides once: those of the new side in order, then what is gone."""
    waiting: dict[tuple[Identity, str], list[Resource]] = defaultdict(list)
    for resource in old.objects:
        waiting[_key(resource, old)].append(resource)
    pairs: list[Pair] = []
    left: list[tuple[int, Resource]] = []
    for resource in new.objects:
        found = waiting.get(_key(resource, new))
        if found:
            # Of several that claim to be the same object, those in the same file belong together.
            file = new.inner(resource.file)
            at = next((i for i, o in enumerate(found) if old.inner(o.file) == file), 0)
            pairs.append(Pair(found.pop(at), resource))
        else:
            left.append((len(pairs), resource))
            pairs.append(Pair(None, resource))
    gone = [resource for rest in waiting.values() for resource in rest]
    kept = set()
    for at, before in _renamed(gone, left):
        pairs[at] = Pair(before, pairs[at].new, renamed=True)
        kept.add(id(before))
    return [*pairs, *(Pair(resource, None) for resource in gone if id(resource) not in kept)]


def _key(resource: Resource, side: Side) -> tuple[Identity, str]:
    """An object without a name (generateName, a file of values) is the one in its file."""
    return identity(resource), "" if resource.name else side.inner(resource.file)


def _renamed(
    gone: Iterable[Resource], come: Iterable[tuple[int, Resource]]
) -> list[tuple[int, Resource]]:
    by_kind: dict[tuple[str, str], tuple[list[Resource], list[tuple[int, Resource]]]]
    by_kind = defaultdict(lambda: ([], []))
    for resource in gone:
        by_kind[resource.group, resource.kind][0].append(resource)
    for at, resource in come:
        by_kind[resource.group, resource.kind][1].append((at, resource))
    found = []
    for old, new in by_kind.values():
        if not old or not new:
            continue
        if len(old) * len(new) > COMPARED:
            found += _equal(old, new)
        else:
            found += _most_alike(old, new)
    return found


def _equal(old: list[Resource], new: list[tuple[int, Resource]]) -> list[tuple[int, Resource]]:
    waiting = defaultdict(list)
    for resource in old:
        waiting[canonical(_content(resource))].append(resource)
    return [
        (at, waiting[text].pop(0))
        for at, resource in new
        if waiting.get(text := canonical(_content(resource)))
    ]


def _most_alike(old: list[Resource], new: list[tuple[int, Resource]]) -> list[tuple[int, Resource]]:
    bags_old = [tokens(_content(r), _mark(r.name)) for r in old]
    bags_new = [tokens(_content(r), _mark(r.name)) for _, r in new]
    scored = sorted(
        (
            (-likeness(a, b), old[i].name != new[j][1].name, j, i)
            for i, a in enumerate(bags_old)
            for j, b in enumerate(bags_new)
        )
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for score, _, j, i in scored:
        if -score < RENAMED or j in found or i in taken:
            continue
        # What says little (a ServiceAccount) is the same only when its name is alike as well.
        if min(bags_new[j].total(), bags_old[i].total()) >= TELLING or _alike(
            old[i].name, new[j][1].name
        ):
            found[j] = i
            taken.add(i)
    return [(new[j][0], old[i]) for j, i in sorted(found.items())]


def _mark(name: str) -> str:
    """The name, when it is long enough not to stand in other words by chance."""
    return name if len(name) > 3 else ""


def _alike(one: str, other: str) -> bool:
    from difflib import SequenceMatcher

    return one == other or SequenceMatcher(None, one, other).ratio() >= RENAMED


def _content(resource: Resource) -> dict[str, object]:
    """Everything but the identity and what generators stamp on every object they make."""
    data = {k: v for k, v in resource.data.items() if k != "metadata"}
    own = ("name", "namespace", "labels")
    data["metadata"] = {k: v for k, v in resource.metadata.items() if k not in own}
    return data
