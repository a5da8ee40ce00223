"""Objects of the input that patterns of Kyverno's policies refuse.

Source: Kyverno 1.15 documentation, Validate Rules. A pattern with a variable, and a rule with a
context, preconditions or subjects, is not judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.composed import is_completed, together
from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import final_objects
from stackgen.checks.schema.admitted import Admitted, admitted, forms
from stackgen.escape import visible
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector
from stackgen.record import record
from stackgen.regex import regex

_GROUP = "kyverno.io"
# Kyverno leaves these out in its default configuration.
_EXEMPT = ("kube-system", "kube-public", "kube-node-lease", "kyverno")
_ANCHOR = regex(r"([=^X<+]?)\((.+)\)\Z")
_OPERATORS = (">=", "<=", ">", "<")
_RANGE = regex(r"([-+]?\d[\d.]*[A-Za-z]*)(!?)-([-+]?\d[\d.]*[A-Za-z]*)\Z")
_ASKED = {"resources"}
_RESOURCES = {"kinds", "namespaces", "names", "name", "selector", "operations"}


class _UnknownError(Exception):
    """What a pattern says of the object is not known."""


@record
class _Rule:
    policy: Resource
    path: Path
    rule: Mapping[str, Any]
    patterns: tuple[Any, ...]


def refused(context: Context) -> Violations:
    """One finding for each rule and object."""
    rules = list(_rules(context))
    if not rules or any(context.bundle.of_kind("PolicyException", _GROUP)):
        return
    for one in admitted(context):
        if one.group != _GROUP and not is_completed(context, one.resource):
            for rule in rules:
                found = _refused(rule, one)
                if found is not None:
                    yield found
    for resource in context.bundle.objects:
        if resource.group != _GROUP and is_completed(context, resource):
            yield from _composed(context, rules, resource)


def _composed(context: Context, rules: list[_Rule], resource: Resource) -> Violations:
    """Rules that refuse all that kustomizations make of an object."""
    world = together(context, resource)
    if world is None or world.brings:
        return
    annotations = context.once(_annotations)
    added = world.labels.union(*(annotations.get(folder, ()) for folder in world.folders))
    made = [
        list(forms(context, resource, replace(resource, data=data)))
        for data in final_objects(context, resource)
    ]
    for rule in rules if made and len({len(one) for one in made}) == 1 else ():
        if any(key in repr(rule.rule) for key in added):
            continue  # kustomizations add the label or annotation
        if not resource.namespace and "namespaces" in repr(rule.rule):
            continue  # the delivery may set the namespace
        for same in zip(*made, strict=True):
            found = [_refused(rule, one) for one in same]
            if found[0] is not None and None not in found:
                yield found[0]


def _annotations(context: Context) -> dict[str, set[str]]:
    """The keys of annotations that kustomizations add, by their folders."""
    return {
        os.path.dirname(one.file): set(map(str, as_dict(one.get("commonAnnotations"))))
        for one in context.bundle.resources
        if one.index
    }


def _rules(context: Context) -> Iterator[_Rule]:
    for kind in ("ClusterPolicy", "Policy"):
        for policy in context.bundle.of_kind(kind, _GROUP):
            spec = as_dict(policy.get("spec"))
            if is_completed(context, policy) or spec.get("validationFailureActionOverrides"):
                continue
            for i, rule in maps(spec.get("rules")):
                validate = as_dict(rule.get("validate"))
                action = validate.get("failureAction", spec.get("validationFailureAction", "Audit"))
                given = [validate["pattern"]] if "pattern" in validate else []
                given = given or as_list(validate.get("anyPattern"))
                known = not {"context", "preconditions"} & rule.keys()
                if given and known and text(action).lower() == "enforce":
                    yield _Rule(policy, ("spec", "rules", i), rule, tuple(given))


def _refused(rule: _Rule, one: Admitted) -> Violation | None:
    try:
        chosen = _chosen(as_dict(rule.rule.get("match")), one)
        left_out = _chosen(as_dict(rule.rule.get("exclude")), one)
        here = rule.policy.kind == "ClusterPolicy" or rule.policy.namespace == one.namespace
        if not (here and chosen) or left_out or one.namespace in _EXEMPT:
            return None
        if any(_holds(pattern, one.data) for pattern in rule.patterns):
            return None
    except _UnknownError:
        return None
    said = " ".join(text(as_dict(rule.rule.get("validate")).get("message")).split())
    return violation(
        f"rule {visible(text(rule.rule.get('name')))} of {rule.policy.kind} {rule.policy.name} "
        f"refuses {one.shown}{': ' if said else ''}{said}",
        Place(one.resource, one.path),
        Place(rule.policy, rule.path, note="the policy"),
    )


def _chosen(block: Mapping[str, Any], one: Admitted) -> bool:
    """Whether a block `match` or `exclude` has the object."""
    if not block:
        return False
    if "any" in block or "all" in block:
        some = [_entry(x, one) for _, x in maps(block.get("any"))]
        every = [_entry(x, one) for _, x in maps(block.get("all"))]
        return (not some or any(some)) and all(every)
    return _entry(block, one)


def _entry(entry: Mapping[str, Any], one: Admitted) -> bool:
    resources = as_dict(entry.get("resources"))
    if entry.keys() - _ASKED or resources.keys() - _RESOURCES or not plain(str(resources)):
        raise _UnknownError
    kinds = [text(x).rpartition("/")[2] for x in as_list(resources.get("kinds"))]
    names = [*as_list(resources.get("names")), *as_list(resources.get("name"))]
    names += [resources["name"]] if isinstance(resources.get("name"), str) else []
    spaces = as_list(resources.get("namespaces"))
    chosen = as_dict(resources.get("selector"))
    labels = {k: v for k, v in one.labels.items() if isinstance(v, str)}
    return (
        (not kinds or any(fnmatchcase(one.kind, x) for x in kinds))
        and (not names or any(fnmatchcase(one.name, text(x)) for x in names))
        and (not spaces or any(fnmatchcase(one.namespace, text(x)) for x in spaces))
        and (not chosen or _selected(chosen, labels))
    )


def _selected(chosen: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector has the labels; the values of `matchLabels` may have wildcards."""
    wanted = as_dict(chosen.get("matchLabels"))
    if any("*" in key or "?" in key for key in map(str, wanted)):
        raise _UnknownError
    rest = {**chosen, "matchLabels": {}}
    own = selector(rest).matches(labels) is True
    return own and all(fnmatchcase(labels.get(key, "\0"), str(v)) for key, v in wanted.items())


class _SkippedError(Exception):
    """The condition of an anchor does not hold, so that the pattern says nothing."""


def _holds(pattern: Any, value: Any) -> bool:
    try:
        return _fits(pattern, value)
    except _SkippedError:
        return True


def _fits(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and _fields(pattern, value)
    if isinstance(pattern, list):
        if len(pattern) != 1 or not isinstance(value, list):
            raise _UnknownError
        return all(_item(pattern[0], item) for item in value)
    return _scalar(pattern, value)


def _item(pattern: Any, item: Any) -> bool:
    """A condition on one item of a list is about this item only."""
    return _holds(pattern, item)


def _fields(pattern: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    plain_keys: list[tuple[str, str, Any]] = []
    for key, inner in pattern.items():
        match = _ANCHOR.match(key)
        anchor, name = (match[1] or "()", match[2]) if match else ("", key)
        if anchor in ("<", "+") or ("*" in name or "?" in name):
            raise _UnknownError
        if anchor == "()":
            if name not in value or not _holds(inner, value[name]):
                raise _SkippedError
        else:
            plain_keys.append((anchor, name, inner))
    return all(_field(anchor, name, inner, value) for anchor, name, inner in plain_keys)


def _field(anchor: str, name: str, inner: Any, value: Mapping[str, Any]) -> bool:
    there = value.get(name)
    if anchor == "X":
        return name not in value
    if anchor == "=":
        return there is None or _fits(inner, there)
    if anchor == "^":
        if not isinstance(inner, list) or len(inner) != 1:
            raise _UnknownError
        return isinstance(there, list) and any(_item(inner[0], item) for item in there)
    if there is None and inner == "*":
        raise _UnknownError
    return _fits(inner, there)


def _scalar(pattern: Any, value: Any) -> bool:
    if pattern is None:
        return value in (None, "", 0, False)
    if isinstance(value, (dict, list)):
        raise _UnknownError
    if isinstance(pattern, bool):
        return isinstance(value, bool) and value == pattern
    if isinstance(pattern, (int, float)):
        return number(value) == pattern if value is not None else False
    if not plain(text(pattern)):
        raise _UnknownError
    shown = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return any(
        all(_term(term.strip(), shown, value is None) for term in part.split("&"))
        for part in text(pattern).split("|")
    )


def _term(term: str, shown: str, absent: bool) -> bool:
    for sign in _OPERATORS:
        if term.startswith(sign):
            limit, given = number(term[len(sign) :].strip()), number(shown)
            if limit is None or given is None:
                raise _UnknownError
            if sign.startswith(">"):
                return given > limit or (sign == ">=" and given == limit)
            return given < limit or (sign == "<=" and given == limit)
    span = _RANGE.match(term)
    if span:
        least, most, given = number(span[1]), number(span[3]), number(shown)
        if span[2] or least is None or most is None or given is None:
            raise _UnknownError
        return least <= given <= most
    if term.startswith("!"):
        return not _term(term[1:], shown, absent)
    return not absent and fnmatchcase(shown, term.replace("[", "[[]"))
