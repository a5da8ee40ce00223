"""Pods, Services and routes of a service that the API server rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.schema.judge import judge_of
from stackgen.checks.schema.placeholder import asked, variable
from stackgen.checks.serving.podspecs import SERVICE_PODS
from stackgen.checks.serving.view import Service, view
from stackgen.escape import visible
from stackgen.facts.containers import containers
from stackgen.facts.shape import as_dict, at, copied, maps, plain, text
from stackgen.facts.workloads import GPU, TPU
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.platforms.kserve.names import COMPONENT, KIND, KSERVE_COMPONENT, SCHEDULER_COMPONENT
from stackgen.platforms.kserve.rejected import PLACEHOLDER, POD, Judge, pod_problems, problems_of
from stackgen.platforms.kserve.release import Controller
from stackgen.platforms.kserve.serving_runtime import PREDICTOR, served
from stackgen.schema.problem import Problem

# What a preset may still add.
_LATER = ("schema-missing-field",)
Object = dict[str, Any]

# How the names of the volumes begin that KServe adds to the Pods of an InferenceService.
_ADDED = "kserve-"


def check(context: Context) -> Violations:
    """First what is wrong by itself, with its place; then what is wrong after the merge."""
    yield from _mounts(context)
    seen = view(context)
    judge = judge_of(context)
    for service in seen.subjects:
        known = {(p.path, p.rule) for p in judge(service.resource.data)}
        found = dict(_own(service, judge, known))
        for (path, _), message in found.items():
            yield violation(message, Place(service.resource, path))
        if service.resource.kind == KIND and service.whole and not known and not found:
            yield from _merged(service, judge)


def _mounts(context: Context) -> Violations:
    """Volumes that neither an InferenceService nor its ServingRuntime has, and KServe adds none."""
    for merged in served(context.bundle).values():
        pod = as_dict(merged.get(*PREDICTOR))
        names = {text(one.get("name")) for _, one in maps(pod.get("volumes"))}
        for path, container in containers(pod):
            for i, mount in maps(container.get("volumeMounts")):
                name = text(mount.get("name"))
                known = name in names or name.startswith(_ADDED)
                if name and plain(name) and all(map(plain, names)) and not known:
                    has = f"it has {', '.join(sorted(names))}" if names else "the pod has none"
                    yield violation(
                        f"the API server rejects the Pod: {visible(name)} is not a volume of "
                        f"the pod: {visible(has)}",
                        Place(merged, (*PREDICTOR, *path, "volumeMounts", i, "name")),
                    )


def _merged(service: Service, judge: Judge) -> Violations:
    """What is wrong with one release only is a warning."""
    releases = service.view.releases
    if service.expanded().failed:
        return  # nothing of it is made, for a reason that other rules report
    found = dict(_made(service, releases[0], judge))
    others = [set(dict(_made(service, r, judge))) for r in releases[1:]] if found else []
    for (path, rule), message in found.items():
        place = Place(service.resource, path)
        if all((path, rule) in other for other in others):
            yield violation(message, place)
        else:
            told = f"{message} (with release {releases[0].name})"
            yield violation(told, place, severity=Severity.WARNING, confidence="medium")


def _own(
    service: Service, judge: Judge, known: set[tuple[Path, str]]
) -> Iterator[tuple[tuple[Path, str], str]]:
    """What is wrong with a template as the user writes it, whatever a preset adds."""
    for steps in SERVICE_PODS:
        own = at(service.spec, *steps)
        if not isinstance(own, dict):
            continue
        base: Path = ("spec", *steps)
        for problem in pod_problems(_completed(own), {}, judge):
            path = problem.path[len(POD) :]
            where = (*base, *path)
            value = at(own, *path) if path else own
            written = not (variable(value) or asked(value))
            if problem.rule in _LATER or (where, problem.rule) in known or not written:
                continue
            if of_devices(problem):
                continue
            if problem.path[: len(POD)] == POD and _exists(own, path):
                yield (where, problem.rule), f"the API server rejects the Pod: {problem.message}"


def of_devices(problem: Problem) -> bool:
    """What tpu-requests-limits-differ says: the limit of chips or GPUs is not the request."""
    return problem.path[-1:] in ((TPU,), (GPU,)) and "overcommitted" in problem.message


def _completed(own: Object) -> Object:
    """The template with a placeholder for what presets bring: images, volumes, containers."""
    pod: Object = copied(own)
    if not any(maps(pod.get("containers"))):
        pod["containers"] = [{"name": "main"}]
    volumes = {v.get("name") for _, v in maps(pod.get("volumes"))}
    for _, container in containers(pod):
        container.setdefault("image", PLACEHOLDER)
        for _, mount in maps(container.get("volumeMounts")):
            name = mount.get("name")
            if isinstance(name, str) and name not in volumes:
                volumes.add(name)
                pod["volumes"] = [*(pod.get("volumes") or ()), {"name": name, "emptyDir": {}}]
    return pod


def _made(
    service: Service, release: Controller, judge: Judge
) -> Iterator[tuple[tuple[Path, str], str]]:
    """What is wrong with the objects that the controller makes."""
    for data in service.expanded(release).objects:
        for template, problem in problems_of(data, judge):
            if problem.path[-1:] == ("image",) and problem.rule in _LATER:
                continue  # serving-image-missing
            if of_devices(problem):
                continue
            title = f"{data['kind']} {data['metadata']['name']}"
            place = _of_user(service, data, template, problem.path[len(POD) :])
            yield (place, problem.rule), f"the API server rejects {title}: {problem.message}"


def _of_user(service: Service, data: Object, template: Object | None, path: Path) -> Path:
    """Where the service has what is at `path` in a Pod; ("spec",) where only a preset has it."""
    if template is None:
        return ("spec",)
    grouped = data["kind"] == "LeaderWorkerSet"
    steps = _template_of(template, grouped=grouped)
    if grouped and not at(service.spec, *steps):
        steps = (*steps[:-1], "worker")  # without a leader's template the workers serve
    own = at(service.spec, *steps)
    return ("spec", *steps, *_in_own(own, template["spec"], path)) if own else ("spec",)


def _template_of(template: Object, *, grouped: bool) -> tuple[str, ...]:
    """Where a service has the template of these Pods."""
    labels = template["metadata"]["labels"]
    component = labels.get(COMPONENT, "")
    if component == SCHEDULER_COMPONENT:
        return ("router", "scheduler", "template")
    worker = grouped and KSERVE_COMPONENT not in labels
    which = "worker" if worker else "template"
    return ("prefill", which) if component.endswith("-prefill") else (which,)


def _in_own(own: Any, merged: Any, path: Path) -> Path:
    """The deepest part of `path`, into `merged`, that `own` has too; items by name, else equal."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, int) and isinstance(own, list) and isinstance(merged, list):
            if step >= len(merged):
                break
            item = merged[step]
            name = as_dict(item).get("name")
            index = next(
                (
                    i
                    for i, other in enumerate(own)
                    if other == item or (name is not None and as_dict(other).get("name") == name)
                ),
                None,
            )
            if index is None:
                break
            found.append(index)
            own, merged = own[index], item
        elif isinstance(own, dict) and isinstance(merged, dict) and step in own:
            found.append(step)
            own, merged = own[step], merged.get(step)
        else:
            break
    return tuple(found)


def _exists(own: Any, path: Path) -> bool:
    """Whether the user's template has something at the path."""
    if not path:
        return True
    holder = at(own, *path[:-1])
    if isinstance(holder, list):
        return isinstance(path[-1], int) and path[-1] < len(holder)
    return isinstance(holder, dict) and path[-1] in holder
