"""The models in the arguments of Ray Serve's LLM application, against the Pods of the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.escape import visible
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.spelling import did_you_mean, nearest

_PATH = ("spec", "serveConfigV2")
_CONFIG = ("spec", "rayClusterConfig")
_GPU = "nvidia.com/gpu"
_LABEL = "cloud.google.com/gke-accelerator"


def llm_application(service: Resource, application: Mapping[str, Any]) -> Violations:
    """The import path, the type of GPU, and the number of GPUs of each model."""
    rows = shipped(__file__, "ray_serve_fields.yaml")["llm"]
    path = text(application.get("import_path"))
    module, _, name = path.rpartition(":" if ":" in path else ".")
    if module != rows["module"]:
        return
    close = nearest(name, rows["builders"]) if name not in rows["builders"] else None
    if close:
        yield violation(
            f"{module} has no {visible(name)}{did_you_mean(name, rows['builders'])}",
            Place(service, _PATH),
        )
    groups = [as_dict(service.get(*_CONFIG, "headGroupSpec"))]
    groups += [group for _, group in maps(service.get(*_CONFIG, "workerGroupSpecs"))]
    grows = service.get(*_CONFIG, "enableInTreeAutoscaling") is True
    least = 0
    for config in _configs(application):
        model = visible(text(at(config, "model_loading_config", "model_id")))
        yield from _type(service, config, model, groups, rows["gpus"])
        each, copies = _gpus_of(config), _copies(config)
        total = _gpus(groups, grows)
        if each is None or copies is None or total is None:
            return
        least += each * copies
        if each > total:
            yield violation(
                f"a replica of {model} needs {each} GPUs, and the Pods of the cluster have {total}",
                Place(service, _PATH),
            )
            return
    total = _gpus(groups, grows)
    if total is not None and least > total:
        yield violation(
            f"the models need {least} GPUs at least, and the Pods of the cluster have {total}"
            + ("" if grows else "; enableInTreeAutoscaling is not true, so no Pods are added"),
            Place(service, _PATH),
            severity=Severity.WARNING,
        )


def _configs(application: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The models that are written in the arguments; others are in files of the image."""
    for _, config in maps(at(application, "args", "llm_configs")):
        yield config


def _type(
    service: Resource,
    config: Mapping[str, Any],
    model: str,
    groups: list[dict[str, Any]],
    known: Mapping[str, list[str]],
) -> Violations:
    """No node of the cluster has the type of GPU that Ray looks for."""
    wanted = text(config.get("accelerator_type"))
    labels = [_label(group) for group in groups if _gpus_in(group) != 0]
    if not wanted or not labels or any(label not in known for label in labels):
        return
    if not any(wanted in known[label] for label in labels):
        yield violation(
            f"{model} needs the accelerator_type {visible(wanted)}, and the Pods of the cluster "
            f"are on {', '.join(sorted(set(labels)))}, which is {known[labels[0]][0]} in Ray",
            Place(service, _PATH),
        )


def _label(group: Mapping[str, Any]) -> str:
    return text(at(group, "template", "spec", "nodeSelector", _LABEL))


def _gpus_of(config: Mapping[str, Any]) -> int | None:
    """The GPUs of a replica; None where the configuration places it in another way."""
    engine = as_dict(config.get("engine_kwargs"))
    if config.get("resources_per_bundle") or config.get("placement_group_config"):
        return None
    sizes = [whole(engine.get(f"{one}_parallel_size", 1)) for one in ("tensor", "pipeline")]
    if None in sizes or engine.get("data_parallel_size", 1) != 1:
        return None
    return (sizes[0] or 0) * (sizes[1] or 0)


def _copies(config: Mapping[str, Any]) -> int | None:
    deployment = as_dict(config.get("deployment_config"))
    scaled = as_dict(deployment.get("autoscaling_config"))
    if scaled:
        return whole(scaled.get("min_replicas", 1))
    fixed = deployment.get("num_replicas", 1)
    return 1 if fixed == "auto" else whole(fixed)


def _gpus(groups: list[dict[str, Any]], grows: bool) -> int | None:
    """The GPUs of all Pods that the groups may have; None where one is not known."""
    found = 0
    for i, group in enumerate(groups):
        each = _gpus_in(group)
        replicas = group.get("replicas", 1)
        most = group.get("maxReplicas", replicas) if grows else replicas
        pods = whole(most) if i else 1
        hosts = whole(group.get("numOfHosts", 1))
        if each is None or pods is None or hosts is None:
            return None
        found += each * pods * hosts
    return found


def _gpus_in(group: Mapping[str, Any]) -> int | None:
    """The GPUs that Ray counts in a Pod of a group."""
    given = at(group, "rayStartParams", "num-gpus")
    if given is not None:
        return whole(given)
    for _, container in maps(at(group, "template", "spec", "containers")):
        resources = as_dict(container.get("resources"))
        amounts = {**as_dict(resources.get("requests")), **as_dict(resources.get("limits"))}
        others = [key for key in amounts if "/" in key and key != _GPU]
        return None if others or not resources else whole(amounts.get(_GPU, 0))
    return None
