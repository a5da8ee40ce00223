"""Two renders in, a review out: what differs, why, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.manifest import secret_values
from stackgen.manifest.resource import Bundle, Resource
from stackgen.plan.fit import GIB
from stackgen.plan.model import ModelPlan
from stackgen.review import causes, connectivity
from stackgen.review.fields import differences
from stackgen.review.match import Pair, match
from stackgen.review.model import (
    Action,
    Cause,
    Change,
    Consequence,
    Field,
    Item,
    Memory,
    Review,
    Side,
)
from stackgen.review.money import money, of_money
from stackgen.review.objects import Judge
from stackgen.review.removed import of_gone
from stackgen.review.risks import consequence
from stackgen.review.serving import Servers
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Rollout
from stackgen.rollout.removal import Removals, removals
from stackgen.rollout.words import away_texts, changed, held_text, said
from stackgen.schema.node import Node, tree
from stackgen.schema.store import SchemaCatalog
from stackgen.wording import counted


def rollouts_of(old: Side, new: Side) -> tuple[Rollout, ...]:
    """The rollout of each delivery that the change touches; none without a delivery engine."""
    from stackgen.net.profile import profile_of
    from stackgen.rollout.rollout import Known, known_of, rollouts

    compiled = new.compiled
    catalog = new.catalog.copy()
    if compiled is not None and compiled.bundle is not None and compiled.plan is not None:
        known = known_of(compiled.bundle, profile_of(compiled.plan), catalog)
    else:
        from stackgen.net.world import world_of

        bundle = Bundle(new.objects)
        known = Known(bundle, catalog, world_of(bundle, catalog=catalog), complete=False)
    found = [one.rollout for one in rollouts(known, old.objects)]
    return tuple(one for one in found if any(changed(m) for m in one.moments) or one.vanished)


def of_rollouts(found: tuple[Rollout, ...]) -> Iterator[Consequence]:
    """What stops, and what is away meanwhile."""
    for one in found:
        for blocked in one.blocked:
            yield consequence("rollout-stops", what=said(blocked) + held_text(blocked))
        for text in away_texts(one):
            yield consequence("rollout-away", what=text)


# What the change does to the memory of each model: fit and KV cache of both sides.
#
# Only stacks have a plan that says so; nothing is said of trees without a spec.

# What is shown of a model, with its unit; the order of the report.
WEIGHTS, CACHE, TOKENS = "weights (GiB)", "KV cache (GiB)", "KV tokens"
LENGTH, SEQUENCES = "max model len", "max concurrency"


def memory(old: Side, new: Side) -> tuple[Memory, ...]:
    """The figures of each model that differ, by model; a model may be on one side only."""
    before, after = dict(_models(old)), dict(_models(new))
    found = []
    for name in [*before, *(n for n in after if n not in before)]:
        sides = before.get(name), after.get(name)
        for figure in (WEIGHTS, CACHE, TOKENS, LENGTH, SEQUENCES):
            values = [None if side is None else side[figure] for side in sides]
            if values[0] != values[1]:
                there = (sides[0] is not None, sides[1] is not None)
                found.append(Memory(name, figure, values[0], values[1], there))
    return tuple(found)


def _models(side: Side) -> Iterator[tuple[str, dict[str, float | None]]]:
    plan = side.compiled.plan if side.compiled is not None else None
    for model in plan.servers if plan is not None else ():
        yield model.spec.name.value, _figures(model)


def _figures(model: ModelPlan) -> dict[str, float | None]:
    server = model.server
    hbm, length = server.hbm, server.max_model_len
    known = server.size.weight_bytes
    weights = None if known is None else known.value / GIB
    return {
        WEIGHTS: None if weights is None else round(weights, 1),
        CACHE: None if hbm is None else round(hbm.result.spare_gib, 1),
        TOKENS: None if hbm is None else hbm.kv_tokens.value,
        LENGTH: None if length is None else length.value,
        SEQUENCES: None if hbm is None or length is None else hbm.sequences.value,
    }


def review(
    old: Side, new: Side, env: str = "", *, update: bool = True, schemas: tuple[str, ...] = ()
) -> Review:
    """The differences of two renders.

    update: the new one replaces the old one in a cluster, so that changes have consequences there;
    without it two clusters are compared. schemas: folders of the user's own schemas.
    """
    newest = new if new.release else old
    known = SchemaCatalog(schemas, newest.catalog.variants(newest.release))
    found = [(pair, _fields(pair, known)) for pair in match(old, new)]
    found = [(p, f) for p, f in found if p.old is None or p.new is None or f or p.renamed]
    specs = causes.specs(old, new) if found else None
    before, after = Servers(old), Servers(new)
    goes = (
        removals(old.objects, new.objects, Kinds(new.catalog)) if update and found else Removals({})
    )
    judge = Judge(before, after, known, goes)
    for pair, fields in found if update else ():
        judge.prepare(pair, fields)
    changes = []
    for pair, fields in found:
        changes.append(Change(
            _action(pair), _layer(pair, old, new), pair.old, pair.new, fields,
            _causes(pair, fields, specs) if specs is not None else (),
            judge.judge(pair, fields) if update else (),
            _moved(pair, old, new),
        ))  # fmt: skip
    # What a stack buys for years is rendered nowhere, and costs less all the same.
    cost = money(before, after) if changes or _specs_differ(old, new) else None
    opened, why_not = connectivity.connections(old, new, [p for p, _ in found])
    general = [*connectivity.of_connections(opened)] if update else []
    general += of_money(cost) if cost is not None and update else []
    way = rollouts_of(old, new) if changes and update else ()
    general += [*of_gone(goes), *of_rollouts(way)]
    notes = [*old.notes, *new.notes, *([why_not] if why_not else [])]
    changes.sort(key=lambda c: c.layer)
    unexplained = 0
    if specs is not None and not all(cause for c in changes for cause in c.causes):
        rendered = _rendered(old)
        unexplained = sum(
            not cause for c in changes if _is_other(c, rendered) for cause in c.causes
        )
    if unexplained:
        notes.append(
            f"of {counted(unexplained, 'difference')} neither spec nor catalog is the cause: "
            f"{old.name} is not what its spec renders with this stackgen"
        )
    return Review(
        env, old.name, new.name, update, tuple(changes), cost, opened, tuple(general),
        tuple(notes), way, memory(old, new), files=tuple(_files(old, new)),
    )  # fmt: skip


def _files(old: Side, new: Side) -> Iterator[str]:
    """The files that differ and are no objects. A spec says itself what becomes of them."""
    if old.compiled is not None or new.compiled is not None:
        return
    before = {old.inner(file): text for file, text in old.others.items()}
    after = {new.inner(file): text for file, text in new.others.items()}
    yield from sorted(f for f in before.keys() | after.keys() if before.get(f) != after.get(f))


def _rendered(side: Side) -> dict[tuple[str, ...], str]:
    """What the spec of a side renders with this stackgen, by object; empty without a spec."""
    bundle = side.compiled.bundle if side.compiled is not None else None
    return {_identity(one): repr(one.data) for one in bundle.objects} if bundle is not None else {}


def _is_other(change: Change, rendered: dict[tuple[str, ...], str]) -> bool:
    """Whether the old object is not what the old spec renders: the spec cannot be the cause."""
    old = change.old
    there = rendered.get(_identity(change.resource if old is None else old))
    return there != (None if old is None else repr(old.data))


def _identity(one: Resource) -> tuple[str, ...]:
    return (one.group, one.kind, one.namespace, one.name)


def _specs_differ(old: Side, new: Side) -> bool:
    if old.compiled is None or new.compiled is None:
        return False
    return bool(old.compiled.loaded.data != new.compiled.loaded.data)


def _fields(pair: Pair, known: SchemaCatalog) -> tuple[Field, ...]:
    old, new = pair.old, pair.new
    # The text of equal data is the same, unlike `==`, which takes 1 for true.
    if old is None or new is None or repr(old.data) == repr(new.data):
        return ()
    fields = differences(old.data, new.data, new.kind, _schema(new, known))
    shown = secret_values.without_secrets(old.data), secret_values.without_secrets(new.data)
    return tuple(_without_secrets(field, *shown) for field in fields)


def _without_secrets(field: Field, old: Any, new: Any) -> Field:
    """The field with its values as they are in `old` and `new`, whose secrets are hidden."""
    before = None if field.old_at is None else secret_values.value_at(old, field.old_at)
    after = None if field.new_at is None else secret_values.value_at(new, field.new_at)
    label = field.label
    if label and isinstance(label[-1], Item):  # it may be called after the value
        for raw, shown in ((field.old, before), (field.new, after)):
            if shown != raw and label[-1] == raw:
                label = (*label[:-1], Item(shown))
    return replace(field, label=label, old=before, new=after)


def _schema(resource: Resource, known: SchemaCatalog) -> Node | None:
    found = known.find(resource.group, resource.version, resource.kind)
    return tree(found.path).root if found is not None else None


def _action(pair: Pair) -> Action:
    if pair.old is None:
        return "added"
    if pair.new is None:
        return "removed"
    return "renamed" if pair.renamed else "changed"


def _layer(pair: Pair, old: Side, new: Side) -> str:
    """The folder below the root that the object is in; of an object that goes, where it was."""
    resource, side = (pair.new, new) if pair.new is not None else (pair.old, old)
    assert resource is not None
    if resource.layer:
        return resource.layer
    folder, slash, _ = side.inner(resource.file).partition("/")
    return folder if slash else ""


def _moved(pair: Pair, old: Side, new: Side) -> str:
    """The old file, where the object stays and its file is another folder's."""
    if pair.old is None or pair.new is None or pair.renamed:
        return ""
    before, after = old.inner(pair.old.file), new.inner(pair.new.file)
    return before if before.rpartition("/")[0] != after.rpartition("/")[0] else ""


def _causes(
    pair: Pair, fields: tuple[Field, ...], specs: causes.Specs
) -> tuple[tuple[Cause, ...], ...]:
    if pair.old is None and pair.new is not None:
        return (causes.causes_of_object(pair.new, "new", specs),)
    if pair.new is None and pair.old is not None:
        return (causes.causes_of_object(pair.old, "old", specs),)
    return tuple(causes.causes_of_field(f, pair.old, pair.new, specs) for f in fields)
