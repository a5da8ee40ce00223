"""A Pod that the Pod Security Standard of its namespace refuses."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.escape import visible
from stackgen.facts.pod_security import LEVELS, parsed_version, violations
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, at
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.serving_runtime import PREDICTOR, served

_LABEL = "pod-security.kubernetes.io/enforce"
# Where a service speaks of the Pods of an object that is predicted.
_PARTS: dict[str, tuple[Path, Path]] = {
    "Deployment": (("template",), ("template",)),
    "LeaderWorkerSet": (("leaderWorkerTemplate", "leaderTemplate"), ("template",)),
    "LeaderWorkerSet/worker": (("leaderWorkerTemplate", "workerTemplate"), ("worker",)),
}


def check(context: Context) -> Violations:
    """One finding for each Pod template: of workloads, and of what a service becomes."""
    said: dict[str, set[tuple[str, str] | None]] = {}
    own: dict[tuple[str, str], tuple[str, str] | None] = {}
    for space in context.bundle.of_kind("Namespace", ""):
        # A file that leaves out the label does not remove it.
        if at(space.data, "metadata", "labels", _LABEL) is not None:
            own[space.name, space.file] = _enforced(space)
            said.setdefault(space.name, set()).add(_enforced(space))
    # Where files contradict each other, it is not known which of them is applied.
    levels = {name: next(iter(found)) for name, found in said.items() if len(found) == 1}
    for resource in context.bundle.objects:
        # What the file of the Pods says of their namespace goes before what other files say.
        level = own.get((resource.namespace, resource.file), levels.get(resource.namespace))
        for template in pod_templates(resource) if level else ():
            meta = at(resource.data, *template.spec_path[:-1], "metadata")
            yield from _told(
                level, as_dict(meta), template.spec, Place(resource, template.spec_path)
            )
    for merged in served(context.bundle).values():
        level = own.get((merged.namespace, merged.file), levels.get(merged.namespace))
        spec, place = as_dict(merged.get(*PREDICTOR)), Place(merged, PREDICTOR)
        yield from _told(level, merged.metadata, spec, place, merged.data)
    for service in view(context).services:
        level = levels.get(service.namespace)
        if level and service.whole:
            yield from _of_service(service, level)


def _enforced(namespace: Resource) -> tuple[str, str] | None:
    """The level that the namespace enforces, and its version; None for privileged."""
    labels = as_dict(namespace.get("metadata", "labels"))
    level = labels.get(_LABEL)
    if level not in LEVELS[1:]:
        return None
    return str(level), str(labels.get(f"{_LABEL}-version") or "latest")


def _of_service(service: Service, level: tuple[str, str]) -> Violations:
    for data in service.expanded().objects:
        for kind, (inner, part) in _PARTS.items():
            template = at(data.get("spec"), *inner)
            if kind.partition("/")[0] != data["kind"] or not isinstance(template, dict):
                continue
            name = str(data["metadata"]["name"])
            if name.endswith("-tokenizer"):
                continue  # its Pods are KServe's alone
            path = ("spec", *_place(name, part))
            key = not isinstance(service.resource.get(*path), dict)
            place = Place(service.resource, ("spec",), key=True) if key else Place(
                service.resource, path, key=True
            )  # fmt: skip
            meta = as_dict(template.get("metadata"))
            yield from _told(level, meta, as_dict(template.get("spec")), place, data)


def _place(name: str, part: Path) -> Path:
    if name.endswith("-router-scheduler"):
        return ("router", "scheduler", "template")
    return ("prefill", *part) if name.endswith("-prefill") else part


def _told(
    level: tuple[str, str] | None,
    meta: dict[str, Any],
    spec: dict[str, Any],
    place: Place,
    made: dict[str, Any] | None = None,
) -> Violations:
    if level is None:
        return
    found = violations(spec, as_dict(meta.get("annotations")), level[0], parsed_version(level[1]))
    if not found:
        return
    what = f"{made['kind']} {made['metadata']['name']}" if made else "the workload"
    reasons = "; ".join(dict.fromkeys(_message(spec, one.path, one.message) for one in found[:4]))
    more = f"; and {len(found) - 4} more" if len(found) > 4 else ""
    yield violation(
        f"the namespace enforces {level[0]}, which rejects the Pods of {visible(what)}: "
        f"{visible(reasons)}{more}",
        place,
    )


def _message(spec: dict[str, Any], path: Path, message: str) -> str:
    """The message with the name of the container."""
    name = as_dict(at(spec, *path[:2])).get("name") if len(path) > 1 else None
    return f"{name}: {message}" if name else message
