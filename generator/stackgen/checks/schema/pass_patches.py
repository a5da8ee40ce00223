"""What a patch of a kustomization writes into objects, judged as part of such an object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_unmatched import folders
from stackgen.checks.gitops.overlays import is_known
from stackgen.checks.gitops.patches import UNKNOWN, Patch, operations, patches, selects
from stackgen.checks.schema.judge import Judge, judge_of
from stackgen.checks.schema.placeholder import asked, variable
from stackgen.escape import visible
from stackgen.facts.shape import at, maps, text, texts
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.schema.problem import Problem

# What is wrong with a field, whatever the object has besides.
_OF_PARTS = frozenset(f"schema-{word}" for word in ("unknown-field", "wrong-type", "enum"))
# What is wrong with fields together, of which a patch may write one.
_OF_WHOLE = frozenset({"schema-cross-field", "schema-range", "schema-native"})
# What a kustomization above may still add.
_OF_TOP = frozenset({"schema-missing-field"})
_WRITES = ("add", "replace")


def check(context: Context) -> Iterable[Finding]:
    """One finding for each field that the API server would reject in the patched object."""
    judge = judge_of(context)
    kinds: dict[str, list[Resource]] = {}
    for one in context.bundle.objects:
        kinds.setdefault(one.kind, []).append(one)
    for index in (r for r in context.bundle.resources if r.index):
        for patch in patches(index, context.bundle.patches):
            for problem, place in _problems(patch, kinds, judge):
                yield rule_named(problem.rule).finding(f"in a patch: {problem.message}", place)
    for folder in context.once(folders):
        for before, steps in folder.steps:
            rules = _OF_WHOLE | _OF_TOP if folder.top else _OF_WHOLE
            for problem, place in _together(before.data, steps, judge, rules):
                more = _added(before.data, steps[-1][1], problem.path)
                message = f"after the patch: {problem.message}{more}"
                yield rule_named(problem.rule).finding(message, place)


def _together(
    before: Any, steps: Sequence[tuple[Patch, Any]], judge: Judge, rules: AbstractSet[str]
) -> Iterator[tuple[Problem, Place]]:
    """What is wrong with an object since a patch, at the patch."""
    after = steps[-1][1]
    if not is_known(before) or not is_known(after):
        return
    old = {(p.rule, p.path) for p in judge(before)}
    bare = any(rule == "schema-native" for rule, _ in old)  # other kustomizations complete it
    for problem in judge(after):
        value = at(after, *problem.path)
        filled = any(variable(one) or asked(one) for _, one in texts(value))
        if problem.rule not in rules or not problem.certain or filled:
            continue
        if bare and problem.rule == "schema-native":
            continue
        if (problem.rule, problem.path) not in old:
            by = next(patch for patch, data in steps if is_known(data) and problem in judge(data))
            written = isinstance(by.data, dict) and at(by.data, *problem.path) is not None
            yield problem, by.place(*problem.path) if written else by.place()


def _added(before: Any, after: Any, path: Path) -> str:
    """Which container a patch adds, because the object has none of its name."""
    path = path[:-1] if isinstance(path[-1], str) else path
    if path[-2:-1] not in (("containers",), ("initContainers",)):
        return ""
    names = [text(at(after, *path, "name")), *_names(at(before, *path[:-1]))]
    added = visible(names[0]), ", ".join(map(visible, names[1:]))
    return f" (the object has no container {added[0]}; it has {added[1]})" if names[1:] else ""


def _names(containers: Any) -> list[str]:
    return [text(one.get("name")) for _, one in maps(containers)]


def _problems(
    patch: Patch, kinds: dict[str, list[Resource]], judge: Judge
) -> Iterator[tuple[Problem, Place]]:
    if isinstance(patch.data, dict):
        yield from ((p, patch.place(*p.path)) for p in _judged(patch.data, judge))
        return
    objects = kinds.get(text(patch.target.get("kind")), []) if isinstance(patch.data, list) else []
    meant = (o for o in objects if selects(patch, o, frozenset({o.name}), frozenset({o.namespace})))
    target = next(meant, None)
    for i, one in operations(patch.data if target else None):
        steps = [s.replace("~1", "/").replace("~0", "~") for s in text(one.get("path")).split("/")]
        if target and one.get("op") in _WRITES and steps[0] == "" and len(steps) > 1:
            part = _part(steps[1:], one.get("value"))
            whole = {**part, "apiVersion": target.api_version, "kind": target.kind}
            for problem in _judged(whole, judge):
                yield problem, patch.place(i, "path")


def _part(steps: list[str], value: Any) -> dict[str, Any]:
    """An object with nothing but a value at a path; of lists, the first item."""
    for step in reversed(steps[1:]):
        value = [value] if step == "-" or step.lstrip("-").isdecimal() else {step: value}
    return {steps[0]: value}


def _judged(data: dict[str, Any], judge: Judge) -> Iterator[Problem]:
    for problem in judge(data) if data is not UNKNOWN else ():
        filled = at(data, *problem.path)
        later = isinstance(filled, str) and (variable(filled) or asked(filled))
        given = filled is not None and problem.rule in _OF_PARTS
        if given and not later and not _of_kustomize(problem.path):
            yield problem


def _of_kustomize(path: Path) -> bool:
    """Whether Kustomize reads the value, as of `$patch`, or makes a string of it."""
    strings = path[-2:-1] in (("labels",), ("annotations",)) or path[-1:] == ("name",)
    return strings or any(isinstance(step, str) and step.startswith("$") for step in path)
