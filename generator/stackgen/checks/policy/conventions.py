"""Policies by conftest's conventions: which rules count, what their results mean.

Rules called `deny`, `violation` or `warn`, or one of these with `_name`, in any package; each
result is a text, or an object with `msg` (and what else the author likes); `exception` names rules,
without their prefix, that are waived for a document.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from stackgen.checks.policy.effect import Idle, misspelled_kinds, without_rules
from stackgen.checks.policy.engine import Engine, Module, PolicyError
from stackgen.record import record

_RULE = re.compile(r"(deny|violation|warn)(_[a-zA-Z0-9]+)*\Z")


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
