"""Choices that no object names: each is tried, and kept if more of the manifests are rendered."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from stackgen.adopt.compare import Result
from stackgen.adopt.gateway import UNUSED
from stackgen.facts.shape import as_dict, as_list, at, maps
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.plan.picker import LOAD, scorers_in

Spec = dict[str, Any]
# Each object of the manifests, and the rendered objects that they do not have.
Compared = tuple[list[Result], tuple[Resource, ...]]
# What to try, and whether it is kept where it makes no difference.
Changes = Iterable[tuple[Callable[[Spec], None], bool]]
_PARTS = (
    "certManager", "istio", "envoyGateway", "lws", "keda", "kuadrant", "redis", "secretOperator",
    "kserve",
)  # fmt: skip
# What vLLM does without the flag.
ENGINE_DEFAULTS = {"tensor-parallel-size": "1", "pipeline-parallel-size": "1", "dtype": "auto"}
_MONITORS = ("PodMonitoring", "PodMonitor", "ClusterPodMonitoring")
# Policies for the pool of a model, and the fields of `pool` that turn them off.
_POLICIES = {"HealthCheckPolicy": "healthCheckPolicy", "GCPBackendPolicy": "backendPolicy"}
_DELIVERED = ("HelmRelease", "Application", "Kustomization", "OCIRepository", "GitRepository")


def tried(
    spec: Spec, found: Compared, changes: Changes, compared: Callable[[Spec], Compared | None]
) -> tuple[Spec, Compared]:
    """The spec with the changes that render more of the manifests, and what it renders.

    found: what `spec` renders. compared: the same for another spec; None if it does not build.
    """
    for change, shorter in changes:
        other = copy.deepcopy(spec)
        change(other)
        made = compared(other) if other != spec else None
        if made is not None and (
            _score(made) > _score(found) or (shorter and _score(made) == _score(found))
        ):
            spec, found = other, made
    return spec, found


def _score(found: Compared) -> tuple[int, int, int]:
    """The more the better: objects that are rendered, and as they are; then none beside them."""
    results, beside = found
    wrong = sum(r.state in ("differs", "missing") for r in results)
    parts = sum(len(r.changed) + len(r.added) for r in results)
    return (-wrong, -parts, -len(beside))


def device_variables(found: Compared) -> Changes:
    """Variables of TPUs from GKE, in place of those in the Pods."""
    added = [field for result in found[0] for field in result.added]
    if any("TPU_" in field or field.endswith(".env") for field in added):
        yield _set("tpu", {"env": "injected"}), False


def choices(spec: Spec, found: Compared, given: Bundle) -> Changes:
    """Flags of servers, endpoint pickers, and who installs the parts of the platform."""
    results, beside = found
    yield from device_variables(found)
    for index, model in enumerate(spec["serving"]["models"]):
        for flag in _parallel(model, results):
            yield _flag(index, flag), False
    for index, config in _configs(spec, given):
        said = "config" in spec["serving"]["models"][index].get("picker", {})
        yield _picker(index, {}, said=said), True
        yield _picker(index, _settings(config), said=said), said
    missing = [r.resource for r in results if r.state == "missing"]
    spaces = [one.name for one in missing if one.kind == "Namespace"]
    if spec.get("secrets", {}).get("manager") == "reflector" and len(spaces) == 1:
        yield _set("secrets", {"sourceNamespace": spaces[0]}), False
    yield from _fewer(spec, results, beside)
    if any(one.kind in _DELIVERED for one in (*missing, *beside)):
        yield _set("platform", {"all": "existing", "kserve": "managed"}), False
        there = "managed" if spec.get("platform", {}).get("all") == "existing" else "existing"
        for part in _PARTS:
            yield _set("platform", {part: there}), False


def _set(section: str, fields: Mapping[str, Any]) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec[section] = {**spec.get(section, {}), **fields}

    return change


def _unset(*path: str) -> Callable[[Spec], None]:
    """Leave a field out, and what is empty without it."""

    def change(spec: Spec) -> None:
        above, last = at(spec, *path[:-1]), path[-1]
        if isinstance(above, dict) and last in above:
            del above[last]
            if not above:
                _unset(*path[:-1])(spec)

    return change


def _fewer(spec: Spec, results: list[Result], beside: tuple[Resource, ...]) -> Changes:
    """Objects that a stack has by default, left out if the manifests do not have them."""
    kinds = {one.kind for one in beside}
    if spec["gateway"].get("objects") == "routes" and kinds & {"DestinationRule", "EnvoyFilter"}:
        yield _set("gateway", {"class": "envoy"}), False
    if "HTTPRoute" in kinds and "objects" in spec["gateway"]:
        yield _set("gateway", {"objects": "none"}), False
    if kinds & {"RequestAuthentication", "SecurityPolicy", "AuthPolicy"}:
        # Those of the manifests have other names, and stay as they are.
        yield _unset("gateway", "authentication"), False
    if "Namespace" in kinds:
        yield _set("serving", {"createNamespace": False}), False
    if "ResourceQuota" in kinds:
        yield _set("serving", {"quota": False}), False
    if spec["observe"]["engine"] != "none":
        yield _set("observe", {"objects": "monitors"}), False
    if all(r.state == "missing" for r in results if r.resource.kind in _MONITORS):
        yield _set("observe", {"engine": "none"}), False
    for index, model in enumerate(spec["serving"]["models"]):
        for kind, field in _POLICIES.items():
            if kind in kinds:
                yield _in_pool(index, field), False
        if "PodDisruptionBudget" in kinds:
            yield _in_model(index, {"disruptionBudget": False}), False
        if "Service" in kinds and model.get("scheduler") is False and "service" not in model:
            yield _in_model(index, {"service": {"type": "none"}}), False
    if "GCPBackendPolicy" in kinds:
        # A timeout that only this policy has.
        yield _unset("gateway", "limits", "requestSeconds"), True


def _in_pool(index: int, field: str) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec["serving"]["models"][index].setdefault("pool", {})[field] = False

    return change


def restricted(spec: Spec, results: list[Result]) -> bool:
    """Keep the Namespace of the models as it is, if the stack would restrict its Pods."""
    for result in results:
        one = result.resource
        mine = one.kind == "Namespace" and one.name == spec["serving"].get("namespace")
        if mine and any("pod-security" in field for field in result.added):
            spec["serving"]["createNamespace"] = False
            return True
    return False


def harmless(spec: Spec, beside: tuple[Resource, ...]) -> list[str]:
    """Turn off what would open a model to more clients, or cut off what the stack does not know.

    beside: rendered objects that the manifests do not have. Returns what stays as it is, in words.
    """
    told = []
    if any(one.kind == "HTTPRoute" for one in beside):
        spec["gateway"] = {**UNUSED, "objects": "none"}
        told.append("Gateways and routes: stay as they are; a model has no route in the manifests")
    denied = (one for one in beside if one.kind == "NetworkPolicy")
    if any(one.get("spec", "podSelector") == {} for one in denied):
        spec["network"] = {**spec.get("network", {}), "defaultDeny": False}
        told.append("NetworkPolicies: stay as they are; they do not deny traffic everywhere")
    return told


def _in_model(index: int, fields: Mapping[str, Any]) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec["serving"]["models"][index].update(fields)

    return change


def _parallel(model: Spec, results: list[Result]) -> Iterator[str]:
    """The flag that a server does without, as vLLM has it then. The plan gives it another value."""
    for result in results:
        raw = any(field.endswith(("command", "args")) for field in result.changed)
        if result.resource.name == model["name"] and not raw:
            for name, value in ENGINE_DEFAULTS.items():
                if any(field.startswith(f"--{name}=") for field in result.added):
                    yield f"--{name}={value}"


def _flag(index: int, flag: str) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        model = spec["serving"]["models"][index]
        model["args"] = [*as_list(model.get("args")), flag]

    return change


# -- endpoint pickers ----------------------------------------------------------------------------


def _configs(spec: Spec, given: Bundle) -> Iterator[tuple[int, dict[str, Any]]]:
    """By the place of a model: the configuration of its endpoint picker."""
    for index, model in enumerate(spec["serving"]["models"]):
        config = as_dict(as_dict(model.get("picker")).get("config")) or _of_picker(model, given)
        if config:
            yield index, config


def _of_picker(model: Spec, given: Bundle) -> dict[str, Any]:
    """The configuration in the command line of an endpoint picker of the stack's."""
    name = as_dict(model.get("names")).get("picker", f"{model['name']}-picker")
    for one in given.of_kind("Deployment", "apps"):
        containers = maps(one.get("spec", "template", "spec", "containers"))
        for _, container in containers if one.name == name else ():
            args = as_list(container.get("args"))
            if "--config-text" in args[:-1]:
                text = args[args.index("--config-text") + 1]
                documents = parse(str(text), "picker configuration", learning=False)
                return as_dict(documents[0].data) if documents else {}
    return {}


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of `picker` that a configuration has."""
    made: dict[str, Any] = {
        "scorers": [{"name": n, "weight": w} for n, w in scorers_in(config).items()]
    }
    fields = {
        "maxPrefixBlocksToMatch": "prefixBlocks",
        "lruCapacityPerServer": "prefixCapacity",
        "blockSizeTokens": "blockSize",
    }
    for _, plugin in maps(config.get("plugins")):
        for key, value in as_dict(plugin.get("parameters")).items():
            threshold = plugin.get("type") == LOAD and key == "threshold"
            field = "queueThreshold" if threshold else fields.get(str(key))
            if field is not None and isinstance(value, int):
                made[field] = value
    return made


def _picker(index: int, fields: Mapping[str, Any], *, said: bool) -> Callable[[Spec], None]:
    """Fields in place of a configuration. said: there was one, and without it there is no need."""

    def change(spec: Spec) -> None:
        model = spec["serving"]["models"][index]
        if said and "config" not in as_dict(model.get("picker")):
            return
        others = {k: v for k, v in as_dict(model.get("picker")).items() if k != "config"}
        model["picker"] = {**others, **fields}
        if size := fields.get("blockSize"):
            args = [flag for flag in as_list(model.get("args")) if flag != f"--block-size={size}"]
            model["args"] = args
        for field in ("picker", "args"):
            if not model.get(field):
                model.pop(field, None)

    return change
