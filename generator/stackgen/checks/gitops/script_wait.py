"""A script that waits for what never comes, or ends before it can come."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Set
from functools import cache
from typing import Any

from stackgen.checks.composed import together
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.tpu.view import view
from stackgen.escape import visible
from stackgen.facts.model_name import least_by
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.quantity import GIB, whole
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest import shell
from stackgen.manifest.resource import Resource, is_guessed
from stackgen.manifest.shipped import shipped
from stackgen.schema.formats import go_duration
from stackgen.spelling import misspelled, nearest

_SHORT = 3  # characters of a name, which may be of anything
_DEFAULT = 30  # seconds of `kubectl wait`
_RUN = frozenset({"Pod", "Job", "Deployment", "StatefulSet", "DaemonSet"})
# Conditions that are true when the Pods are ready.
_STARTED = ("available", "ready")


def check(context: Context) -> Violations:
    """One finding for each object that a command waits for."""
    for wait in context.bundle.outside:
        if wait.kind == "Wait":
            for _, target in maps(wait.get("spec", "targets")):
                yield from _of_target(context, wait, text(target["kind"]), text(target["name"]))


def _of_target(context: Context, wait: Resource, word: str, name: str) -> Violations:
    row = _row(context, wait, word, name)
    if row is None:
        return
    wanted = [text(one).partition("=") for one in as_list(wait.get("spec", "for"))]
    types = [rest.partition("=")[0] for form, _, rest in wanted if form == "condition"]
    rollout = text(wait.get("spec", "rollout"))
    instead = f"; use {row['instead']}" if "instead" in row else ""
    if rollout and "rollout" not in row:
        yield violation(
            f"kubectl rollout {visible(rollout)} does not support {row['kind']}"
            f"{instead if rollout == 'status' else ''}",
            Place(wait, ("spec", "rollout")),
        )
        return
    for one in types:
        if plain(one) and not _has(row, one):
            has = ", ".join(row.get("conditions", ()))
            also = f" (it has {has})" if has and not instead else ""
            yield violation(
                f"{row['kind']} has no condition {visible(one)}{also}{instead}",
                Place(wait, ("spec", "for")),
            )
            return
    there = [x for x in context.bundle.of_kind(row["kind"], row["group"]) if x.name == name]
    space = text(wait.get("spec", "namespace"))
    here = [x for x in there if not space or x.namespace == space or not plain(x.namespace)]
    if there and not here and plain(space) and all(_placed(context, x) for x in there):
        yield violation(
            f"{row['kind']} {name} is in namespace {there[0].namespace}, and the command looks in "
            f"{visible(space)}",
            Place(wait, ("spec", "namespace")),
        )
    elif there and not space and _elsewhere(context, wait, there):
        yield violation(
            f"{row['kind']} {name} is in namespace {there[0].namespace}, and the command names no "
            "namespace: it looks in that of the kubeconfig, which is default at first",
            Place(wait, ("spec", "targets")),
            severity=Severity.WARNING,
        )
    elif not there and (hint := _misspelled(context, row, name, space)):
        yield violation(
            f"nothing in the input provides {row['kind']} {visible(name)}{hint}",
            Place(wait, ("spec", "targets")),
            severity=Severity.WARNING,
        )
    elif not there and (other := _of_other_kind(context, row, name, space)):
        yield violation(
            f"{name} is a {other.kind}, and the command waits for a {row['kind']}",
            Place(wait, ("spec", "targets")),
            Place(other, ("kind",), note="the object with the name"),
        )
    elif wait.get("spec", "again"):
        return
    elif rollout == "status" or any(one.lower() in _STARTED for one in types):
        yield from _too_short(context, wait, here or _selected(context, wait, row), rollout)


def _misspelled(context: Context, row: Mapping[str, Any], name: str, space: str) -> str:
    """The name of an object of the kind in the namespace that differs in a letter or two."""
    if not name or not plain(name) or not plain(space):
        return ""
    names = {
        one.name
        for one in context.bundle.of_kind(row["kind"], row["group"])
        if not space or one.namespace in ("", space)
    }
    found = nearest(name, names)
    if not found or not misspelled(name, found):
        # The same words in another order.
        found = next((x for x in names if sorted(x.split("-")) == sorted(name.split("-"))), None)
        found = found or _longer(name, names)
    return f'; did you mean "{found}"?' if found else ""


def _longer(name: str, names: Set[str]) -> str | None:
    """The only name that has the words of this one in the same order, and the same first word."""
    longer = [one for one in names if one.startswith(f"{name}-") or _has_words(one, name)]
    return longer[0] if len(longer) == 1 and len(name) > _SHORT else None


def _has_words(longer: str, name: str) -> bool:
    first, *words = name.split("-")
    begin, *rest = longer.split("-")
    left = iter(rest)
    return first == begin and bool(words) and all(word in left for word in words)


def _of_other_kind(
    context: Context, row: Mapping[str, Any], name: str, space: str
) -> Resource | None:
    """What has the name, and is of another kind that runs Pods."""
    if row["kind"] not in _RUN or not plain(name):
        return None
    others = [
        one
        for one in context.bundle.objects
        if one.kind in _RUN and one.name == name and (not space or one.namespace in ("", space))
    ]
    return others[0] if others else None


def _elsewhere(context: Context, wait: Resource, there: list[Resource]) -> bool:
    """Whether the objects are in another namespace than the one that a new kubeconfig has."""
    written = wait.document.source.text if wait.document is not None else ""
    return not shell.OTHER_NAMESPACE.search(written) and all(
        plain(one.namespace) and one.namespace != "default" and _placed(context, one)
        for one in there
    )


def _placed(context: Context, resource: Resource) -> bool:
    """Whether an object will be in the namespace that its file names."""
    if is_guessed(resource):
        return False  # the namespace of a release is not written where it is installed
    world = together(context, resource)
    if world is None or not world.placed:
        return bool(resource.namespace) and (world is None or not world.open)
    # The namespaces of all kustomizations of the folder: a script may be for another environment.
    whole = context.bundle.part_of or context.bundle
    near = [one for one in whole.resources if one.index and _applies(one, world.folders)]
    spaces = {text(one.get("namespace")) for one in near} - {""}
    return not world.open and spaces == {resource.namespace}


def _applies(index: Resource, folders: Set[str]) -> bool:
    """Whether a kustomization is in one of the folders, or applies one."""
    here = os.path.dirname(index.file)
    listed = [text(x) for word in ("resources", "bases") for x in as_list(index.get(word))]
    return here in folders or any(
        os.path.normpath(os.path.join(here, x)) in folders for x in listed
    )


def _has(row: Mapping[str, Any], condition: str) -> bool:
    """Whether the kind has the condition. kubectl ignores the case; `a/b` is of another program."""
    name = condition.lower()
    return (
        "/" in name
        or any(name == known.lower() for known in row.get("conditions", ()))
        or any(name.endswith(word.lower()) for word in row.get("ends", ()))
    )


def _too_short(
    context: Context, wait: Resource, waited: list[Resource], rollout: str
) -> Violations:
    given = wait.get("spec", "timeout")
    nanoseconds = go_duration(text(given)) if given is not None else None
    if (given is not None and not nanoseconds) or (given is None and rollout):
        return  # kubectl rollout waits without an end, and 0 asks once
    seconds = nanoseconds // 10**9 if nanoseconds else _DEFAULT
    for resource in waited if seconds >= 0 else ():
        delay = max(_delays(resource), default=0)
        model, load = context.once(_loads).get(id(resource), ("", 0))
        said = f"{seconds} s" + ("" if given is not None else ", the default")
        why = ""
        if delay > seconds:
            why = f"the readiness probe of {resource.kind} {resource.name} begins after {delay} s"
        elif seconds * 2 < load:  # on faster disks, too
            why = f"{resource.kind} {resource.name} takes about {load} s to load {model}"
        if why:
            yield violation(
                f"the command waits {said}; {why}",
                Place(wait, ("spec", "timeout")),
                severity=Severity.WARNING,
                confidence="medium" if load and not delay > seconds else None,
            )
            return


def _selected(context: Context, wait: Resource, row: Mapping[str, Any]) -> list[Resource]:
    """What makes the Pods that a command selects by labels."""
    labels = text(wait.get("spec", "labels"))
    pairs = [part.partition("=") for part in labels.replace("==", "=").split(",")]
    space = text(wait.get("spec", "namespace"))
    if row["kind"] != "Pod" or not plain(labels + space) or any(not p[1] for p in pairs):
        return []
    wanted = {key.strip(): value for key, _, value in pairs}
    found = chain(context).selected(space, wanted) if space else []
    return [pods.owner.resource for pods in found]


def _delays(resource: Resource) -> Iterator[int]:
    for template in pod_templates(resource):
        for _, container in maps(template.spec.get("containers")):
            yield whole(as_dict(container.get("readinessProbe")).get("initialDelaySeconds")) or 0


def _loads(context: Context) -> dict[int, tuple[str, int]]:
    """The model of each server, and the seconds to load and compile it, by its object."""
    seen = view(context)
    found: dict[int, tuple[str, int]] = {}
    for servers, sizing in (
        (seen.gpu_servers, "gpu-startup-budget"),
        (seen.tpu_servers, "startup-budget"),
    ):
        for workload in servers:
            budget, model = seen.catalog.sizing(sizing).data, seen.model(workload)
            name = model.row.key if model is not None else ""
            least = least_by(seen.catalog.sizing("model-name").data, name) if name else None
            size = (model.row.data["load_bytes"] if model is not None else least or 0) / GIB
            if size and workload.whole:
                needed = int(size / budget["load_gib_per_s"] + budget["compile_seconds"])
                found[id(workload.resource)] = (f"{name} ({size:.1f} GiB)", needed)
    return found


def _row(context: Context, wait: Resource, word: str, name: str) -> Mapping[str, Any] | None:
    """What is known of the kind that a word of a command names."""
    called, dot, group = word.partition(".")
    row = _rows().get(called)
    if row is None or (dot and not group.endswith(row["group"])) or (dot and not row["group"]):
        return None
    sure = dot or not row.get("also_in")
    there = (x.name == name for x in context.bundle.of_kind(row["kind"], row["group"]))
    return row if sure or any(there) else None


@cache
def _rows() -> Mapping[str, Mapping[str, Any]]:
    table = shipped(__file__, "script_waits.yaml")["kinds"]
    return {name: row for row in table for name in row["names"]}
