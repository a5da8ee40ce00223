"""Run the schema engine over a bundle; every problem becomes a finding of its rule."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from stackgen.checks.composed import is_completed, is_listed, template_labels
from stackgen.checks.context import Context, identity
from stackgen.checks.gitops.overlays import final_objects, is_final
from stackgen.checks.schema.flux_labels import by_flux
from stackgen.checks.schema.judge import Judge, judge_of
from stackgen.checks.schema.of_input import is_defined
from stackgen.checks.schema.placeholder import asked, variable
from stackgen.checks.schema.types import type_remedy
from stackgen.facts.chart_values import served
from stackgen.facts.shape import as_dict, at, maps, text, texts
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.resource import Resource
from stackgen.rollout.applied import is_replaced
from stackgen.schema.problem import Problem

_SET_IT = "Set the field to the value that the message names."
_BY_SOME = "An API server with the published definition rejects the object. Others accept it."
# Flux Operator documentation, Flux monitoring and reporting, 2026-11-30.
_OF_OPERATOR = ("FluxInstance", "ResourceSet", "ResourceSetInputProvider")
_LABELS = ("metadata", "labels")
_FLUX = "; Flux drops all labels of the object"
_DROPPED = "Flux applies the object without its labels. Selectors of labels do not find it."
_TEMPLATE = ("template", "metadata", "labels")
_OF_BASES = frozenset({"schema-missing-field", "schema-native", "schema-range", "schema-name"})


def check(context: Context) -> Iterable[Finding]:
    """Everything the API server of the release row would refuse in the bundle."""
    judge = judge_of(context)
    # What patches make of an object is judged with them.
    objects = tuple(x.patched(())[0] if x.patched else x for x in context.bundle.objects)
    kinds, alike = Counter(map(_kind, objects)), _alike(objects)
    # The first object of each kind: its part of the work is the one that reports the kind.
    first = {_kind(one): one for one in reversed(objects)}
    defined, by_charts = _served(context), set(served(context.bundle))
    told: set[tuple[str, str]] = set()
    for resource in context.shard.part(objects):
        of_input = defined.get((resource.group, resource.kind))
        before = None if is_replaced(resource) else context.previous.get(identity(resource))
        for problem in judge(resource.data, before):
            charted = problem.rule == "schema-unknown-kind" and resource.api_version in by_charts
            if charted or _is_added(resource, problem):
                continue
            place = Place(resource=resource, path=problem.path, key=problem.key)
            value = problem.path[-1] if problem.key else resource.get(*problem.path)
            inside = texts(value) if problem.rule == "schema-cross-field" else ()
            inner = (v for _, one in inside if (v := variable(one)))
            later = (
                variable(value, resource.kind == "Secret")
                or ("" if problem.key else asked(value))
                or next(inner, "")
            )
            if later:
                of_reader = later == asked(value)
                if of_reader and (resource.file, later) in told:
                    continue
                told.add((resource.file, later))
                what = "has to be replaced" if of_reader else "is substituted later"
                yield rule_named("schema-placeholder").finding(
                    f"{later} {what}; {_field(problem.path)} is not checked",
                    place,
                    severity=_of_placeholder(context, resource, problem.path, of_reader),
                )
                continue
            base = is_defined(context, resource, problem) or (
                problem.rule in _OF_BASES and _is_added_to(context, judge, resource, problem, alike)
            )
            if problem.path[-3:] == _TEMPLATE and _is_labeled(context, resource, problem.path[:-3]):
                continue
            certain, message = problem.certain, problem.message
            if problem.rule == "schema-unknown-kind" and of_input is not None:
                certain = resource.version not in of_input
                if not certain:
                    message = f"no schema is known for {resource.kind} of {resource.api_version}"
            severity = None if certain else Severity.WARNING
            # Of programs that are not known here, it is no sign of a mistake.
            foreign = problem.foreign or (of_input is not None and not certain)
            severity = Severity.INFO if base or foreign else severity
            if problem.rule == "schema-unknown-kind" and not certain:
                # That a kind is not known is one fact, of all its objects.
                more = kinds[_kind(resource)] - 1
                if first[_kind(resource)] is not resource:
                    continue
                message += f"; {more} more object{'s' * (more > 1)} of this kind" if more else ""
            wrong = problem.rule == "schema-wrong-type"
            if wrong and is_listed(context, resource) and _is_word(resource, problem.path, value):
                continue  # Kustomize reads `on` and `no` as strings
            remedy, impact = type_remedy(problem.path, value, message) if wrong else "", ""
            if wrong and problem.path[:2] == _LABELS and id(resource) in context.once(by_flux):
                message, impact, severity = f"{message}{_FLUX}", _DROPPED, Severity.WARNING
            if problem.rule == "schema-cross-field" and not certain:
                severity, remedy, impact = Severity.INFO, _SET_IT, _BY_SOME
            yield rule_named(problem.rule).finding(
                message, place, severity=severity, remedy=remedy, impact=impact
            )


def _alike(objects: Iterable[Resource]) -> dict[tuple[str, str], list[Resource]]:
    """The objects by kind and name."""
    found: dict[tuple[str, str], list[Resource]] = {}
    for one in objects:
        found.setdefault((one.kind, one.name), []).append(one)
    return found


def _is_added(resource: Resource, problem: Problem) -> bool:
    """Whether a value is one that the operator of Flux adds to those of the definition.

    Or the name in place of which Kustomize writes the namespace of a kustomization.
    """
    if resource.kind == "Namespace" and resource.name == "_":
        return problem.rule == "schema-name"
    return (
        problem.rule == "schema-enum"
        and resource.group == "notification.toolkit.fluxcd.io"
        and problem.path[-1:] == ("kind",)
        and resource.get(*problem.path) in _OF_OPERATOR
    )


def _field(path: Path) -> str:
    """The last field of a path, with the indexes in it."""
    start = max((i for i, part in enumerate(path) if isinstance(part, str)), default=0)
    return show_path(path[start:])


def _of_placeholder(
    context: Context, resource: Resource, path: Path, of_reader: bool
) -> Severity | None:
    """A warning for what no tool and no kustomization of the input replaces."""
    if is_completed(context, resource) and not is_final(context, resource, path):
        return Severity.INFO
    return Severity.WARNING if of_reader else None


def _is_added_to(
    context: Context,
    judge: Judge,
    resource: Resource,
    problem: Problem,
    alike: Mapping[tuple[str, str], list[Resource]],
) -> bool:
    """Whether an overlay of Kustomize may add what a base leaves out."""
    added = is_completed(context, resource) and not _stays(context, judge, resource, problem)
    return added or _is_patch(resource, problem, alike)


def _stays(context: Context, judge: Judge, resource: Resource, problem: Problem) -> bool:
    """Whether all that kustomizations make of an object has the problem, as far as is known."""
    made = final_objects(context, resource)
    if problem.path[-3:] == _TEMPLATE:
        added = template_labels(context, resource)
        return bool(made) and all(_selects_others(data, problem.path[:-3], added) for data in made)
    if {"labels", "selector", "subjects"} & {*problem.path} or problem.path[:1] == ("metadata",):
        return False  # a kustomization may add labels, names and namespaces
    return bool(made) and all(
        any((p.rule, p.path) == (problem.rule, problem.path) for p in judge(data)) for data in made
    )


def _selects_others(data: Any, spec: Path, added: Mapping[str, str]) -> bool:
    """Whether the selector wants a label of another value, which no kustomization sets."""
    wanted = as_dict(at(data, *spec, "selector", "matchLabels"))
    labels = as_dict(at(data, *spec, *_TEMPLATE))
    return any(labels.get(key) != value and key not in added for key, value in wanted.items())


def _is_labeled(context: Context, resource: Resource, spec: Path) -> bool:
    """Whether the selector picks the Pods when Kustomize has put its labels on their template."""
    added = template_labels(context, resource)
    labels = as_dict(resource.get(*spec, *_TEMPLATE)) | added
    selector = as_dict(resource.get(*spec, "selector"))
    wanted = as_dict(selector.get("matchLabels"))
    plain = bool(added) and not selector.get("matchExpressions")
    return plain and all(labels.get(key) == value for key, value in wanted.items())


def _is_word(resource: Resource, path: Path, value: Any) -> bool:
    """Whether a boolean is written as a word that only kubectl takes for one."""
    document = resource.document
    mark = document.mark(path) if document is not None and isinstance(value, bool) else None
    if document is None or mark is None:
        return False
    line = document.source.text.split("\n")[mark.line - 1]
    written = line[mark.column - 1 : mark.end_column - 1].strip().lower()
    return written in ("on", "off", "yes", "no", "y", "n")


def _is_patch(
    resource: Resource, problem: Problem, alike: Mapping[tuple[str, str], list[Resource]]
) -> bool:
    """Whether a Deployment lacks what another file says of it: its Pods, or the image."""
    missing = problem.rule == "schema-missing-field" and problem.path[:1] == ("spec",)
    others = alike[resource.kind, resource.name] if missing and resource.name else ()
    # What has neither a selector nor an image says what to change, not what to create.
    image = ("spec", "template", "spec", "containers", 0, "image")
    bare = resource.get("spec", "selector") is None and resource.get(*image) is None
    bare = bare and resource.kind in ("Deployment", "StatefulSet", "DaemonSet")
    named = missing and (bare or "patch" in os.path.basename(resource.file))
    return named or any(
        o.file != resource.file and o.get(*problem.path) is not None for o in others
    )


def _served(context: Context) -> dict[tuple[str, str], set[str]]:
    """The versions that CustomResourceDefinitions of the input serve, by group and kind."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in context.bundle.of_kind("CustomResourceDefinition"):
        kind = (text(one.get("spec", "group")), text(one.get("spec", "names", "kind")))
        for _, version in maps(one.get("spec", "versions")):
            if version.get("served") is not False:
                found.setdefault(kind, set()).add(text(version.get("name")))
    return found


def _kind(resource: Resource) -> tuple[str, str]:
    return str(resource.get("apiVersion")), resource.kind
