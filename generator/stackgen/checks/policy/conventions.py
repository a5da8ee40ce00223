"""Policies by conftest's conventions: which rules count, what their results mean.

Rules called `deny`, `violation` or `warn`, or one of these with `_name`, in any package; each
result is a text, or an object with `msg` (and what else the author likes); `exception` names rules,
without their prefix, that are waived for a document.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from stackgen.checks.policy.engine import Engine, Module, PolicyError, reference
from stackgen.record import record
from stackgen.regex import regex
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


_RULE = regex(r"(deny|violation|warn)(_[a-zA-Z0-9]+)*\Z")


@record
class Result:
    """One thing a policy says. document: index of the document, -1 for the set as a whole.

    failed: it is not the policy's word but says that the policy could not be evaluated. file, line,
    column: where the policies have something that has no effect; else empty.
    """

    document: int
    package: str
    rule: str
    message: str
    details: dict[str, Any]
    failed: bool = False
    file: str = ""
    line: int = 0
    column: int = 0


def evaluate_job(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a job, as plain data: see `custom.run` for its keys."""
    try:
        engine = Engine((file, text) for file, text in job["policies"])
        engine.give_data(job["data"])
        modules = engine.modules()
        rules = _rules(modules)
    except PolicyError as error:
        return [asdict(_failure(-1, "", "", str(error)))]
    wants_file = any("conftest.file" in text for _, text in job["policies"])
    documents: list[Any] = job["documents"]
    results = [
        Result(-1, "", "", idle.message, {}, file=idle.file, line=idle.line, column=idle.column)
        for idle in _idle(modules, rules, job["kinds"])
    ]
    if job["combine"]:
        results.extend(_on(engine, rules, -1, documents))
    else:
        for index, document in enumerate(documents):
            if wants_file:
                engine.give_data(job["data"] | _file_of(document["path"]))
            results.extend(_on(engine, rules, index, document["contents"]))
    return [asdict(result) for result in results]


def _file_of(path: str) -> dict[str, Any]:
    name, folder = os.path.basename(path), os.path.dirname(path)
    return {"conftest": {"file": {"name": name, "dir": folder or "."}}}


def _idle(
    modules: Iterable[Module], rules: Iterable[tuple[str, list[str], bool]], kinds: Iterable[str]
) -> Iterator[Idle]:
    """What of the policies has no effect. kinds: every kind there is; none, if not known."""
    yield from without_rules(modules, {package for package, _, _ in rules})
    known = frozenset(kinds)
    for module in modules if known else ():
        yield from misspelled_kinds(module.file, module.tree, known)


def _rules(modules: Iterable[Module]) -> list[tuple[str, list[str], bool]]:
    """Packages with the rules that count, in order, and whether there are exceptions."""
    packages: dict[str, dict[str, None]] = {}
    for module in modules:
        packages.setdefault(module.package, {}).update(dict.fromkeys(module.rules))
    found = []
    for package, names in packages.items():
        rules = [name for name in names if _RULE.match(name)]
        if rules:
            found.append((package, rules, "exception" in names))
    return found


def _on(
    engine: Engine, packages: Iterable[tuple[str, list[str], bool]], index: int, document: Any
) -> Iterator[Result]:
    try:
        engine.give_input(document)
    except PolicyError as error:
        yield _failure(index, "", "", str(error))
        return
    for package, rules, has_exceptions in packages:
        try:
            waived = _waived(engine, package) if has_exceptions else set()
        except PolicyError as error:
            yield _failure(index, package, "exception", str(error))
            waived = set()
        for rule in rules:
            if _short(rule) not in waived:
                yield from _of_rule(engine, package, rule, index)


def _waived(engine: Engine, package: str) -> set[str]:
    """The rules that a document is excepted from. Raises PolicyError when they are not told."""
    value = engine.value(f"data.{package}.exception")
    lists = [] if value is None else value if isinstance(value, list) else [value]
    for names in lists:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise PolicyError("a result of exception is not a list of the names of rules")
    return {name for names in lists for name in names}


def _short(rule: str) -> str:
    for prefix in ("violation_", "deny_", "warn_"):
        rule = rule.removeprefix(prefix)
    return rule


def _of_rule(engine: Engine, package: str, rule: str, index: int) -> Iterator[Result]:
    try:
        value = engine.value(f"data.{package}.{rule}")
    except PolicyError as error:
        yield _failure(index, package, rule, str(error))
        return
    if value is None:
        return
    if not isinstance(value, list):
        yield _failure(index, package, rule, f"{rule} is not a set: write `{rule} contains ...`")
        return
    for item in value:
        if isinstance(item, str):
            yield Result(index, package, rule, item, {})
        elif isinstance(item, dict) and isinstance(item.get("msg"), str):
            details = {key: value for key, value in item.items() if key != "msg"}
            yield Result(index, package, rule, item["msg"], details)
        else:
            yield _failure(index, package, rule, f"a result of {rule} has no `msg`")


def _failure(index: int, package: str, rule: str, message: str) -> Result:
    return Result(index, package, rule, message, {}, failed=True)
