"""Policies of the user's that can never say anything: no rule that counts, or a misspelled kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from stackgen.checks.policy.engine import Module, reference
from stackgen.record import record
from stackgen.spelling import nearest

_NAMED = 3  # rules that a message names
_COMPARISONS = ("BoolExpr", "AssignExpr")


@record
class Idle:
    """A place in a policy file that has no effect, and why. line, column: 1-based."""

    file: str
    line: int
    column: int
    message: str


def without_rules(modules: Iterable[Module], counts: Collection[str]) -> Iterator[Idle]:
    """The modules that nothing asks: without a rule that counts, and used by no other module.

    counts: the packages that have a rule that counts.
    """
    known = list(modules)
    used = {name for module in known for name in module.uses}
    for module in known:
        mine = f"data.{module.package}"
        if module.package in counts or any(f"{u}.".startswith(f"{mine}.") for u in used):
            continue
        names = ", ".join(module.rules[:_NAMED]) or "none at all"
        names += ", ..." if module.rules[_NAMED:] else ""
        yield Idle(
            module.file, 1, 1,
            f"package {module.package} has no rule deny, violation or warn ({names}), and no other "
            "policy uses it: it applies to nothing",
        )  # fmt: skip


def misspelled_kinds(file: str, tree: Any, kinds: Collection[str]) -> Iterator[Idle]:
    """The texts that `input.kind` is compared with and that are almost the name of a kind.

    tree: the syntax tree of the file. kinds: every kind there is. A name that resembles none of
    them may be a kind of an API that is not known here.
    """
    for text in _compared(tree):
        value, span = str(text["value"]), text["span"]
        meant = nearest(value, kinds) if value not in kinds else None
        if meant is not None:
            message = f'there is no kind "{value}"; did you mean "{meant}"?'
            # regorus counts from behind the quotation mark.
            yield Idle(file, span["line"], span["col"] - 1, message)


def _compared(node: Any) -> Iterator[Mapping[str, Any]]:
    """The texts in comparisons with the kind of a document, anywhere below `node`."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(reversed(here))
        elif isinstance(here, dict):
            for form in _COMPARISONS:
                if form in here:
                    sides = (here[form].get("lhs"), here[form].get("rhs"))
                    yield from _texts(*sides)
                    yield from _texts(*reversed(sides))
            if "Membership" in here:
                yield from _texts(here["Membership"]["value"], here["Membership"]["collection"])
            waiting.extend(reversed(list(here.values())))


def _texts(subject: Any, other: Any) -> Iterator[Mapping[str, Any]]:
    """The texts of `other`, one or a set or list of them, if `subject` is a document's kind."""
    if not isinstance(subject, dict) or not isinstance(other, dict) or not _is_kind(subject):
        return
    items = [other]
    for form in ("Set", "Array"):
        items = other[form].get("items", []) if form in other else items
    yield from (item["String"] for item in items if isinstance(item, dict) and "String" in item)


def _is_kind(node: dict[str, Any]) -> bool:
    parts = reference(node)
    return parts == ["input", "kind"] or parts[-2:] == ["contents", "kind"]
