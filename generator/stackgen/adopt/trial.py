"""Choices that no object names: each is tried, and kept if more of the manifests are rendered."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackgen.adopt.compare import Result
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.plan.picker import LOAD, scorers_in

Spec = dict[str, Any]
Compared = tuple[list[Result], tuple[Resource, ...]]
_PARTS = (
    "certManager", "istio", "envoyGateway", "lws", "keda", "kuadrant", "redis", "secretOperator",
    "kserve",
)  # fmt: skip
_DELIVERED = ("HelmRelease", "Application", "Kustomization", "OCIRepository", "GitRepository")


def tried(
    spec: Spec, found: Compared, given: Bundle, compared: Callable[[Spec], Compared | None]
) -> Spec:
    """The spec with the choices that render more of the manifests.

    found: what `spec` renders. compared: the same for another spec; None if it does not build.
    """
    for change, shorter in _changes(spec, found, given):
        other = copy.deepcopy(spec)
        change(other)
        made = compared(other) if other != spec else None
        if made is not None and (
            _score(made) > _score(found) or (shorter and _score(made) == _score(found))
        ):
            spec, found = other, made
    return spec


def _score(found: Compared) -> tuple[int, int, int]:
    """The more the better: objects that are rendered, and as they are; then none beside them."""
    results, beside = found
    wrong = sum(r.state in ("differs", "missing") for r in results)
    parts = sum(len(r.changed) + len(r.added) for r in results)
    return (-wrong, -parts, -len(beside))


def _changes(
    spec: Spec, found: Compared, given: Bundle
) -> Iterator[tuple[Callable[[Spec], None], bool]]:
    """What to try, and whether it is kept where it makes no difference."""
    results, beside = found
    if any("TPU_" in field for r in results for field in r.added):
        yield _set("tpu", {"env": "injected"}), False
    for index, config in _configs(spec, given):
        said = "config" in spec["serving"]["models"][index].get("picker", {})
        yield _picker(index, {}, said=said), True
        yield _picker(index, _settings(config), said=said), said
    missing = [r.resource for r in results if r.state == "missing"]
    spaces = [one.name for one in missing if one.kind == "Namespace"]
    if spec.get("secrets", {}).get("manager") == "reflector" and len(spaces) == 1:
        yield _set("secrets", {"sourceNamespace": spaces[0]}), False
    if any(one.kind in _DELIVERED for one in (*missing, *beside)):
        yield _set("platform", {"all": "existing", "kserve": "managed"}), False
        there = "managed" if spec.get("platform", {}).get("all") == "existing" else "existing"
        for part in _PARTS:
            yield _set("platform", {part: there}), False


def _set(section: str, fields: Mapping[str, str]) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec[section] = {**spec.get(section, {}), **fields}

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
