"""How an endpoint picker weighs servers: the release's configuration, with what the spec says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.facts.pickers import picker_row
from stackgen.facts.shape import as_dict, as_list, copied, maps
from stackgen.manifest.yaml_in import parse
from stackgen.manifest.yaml_out import dump
from stackgen.origin import Traced, any_of, computed, is_set, literal, picked
from stackgen.plan.autoscaling import holds_requests
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.pod_template import plain
from stackgen.spec.serving import Model

LOAD, PREFIX, KV_CACHE = "load-aware-scorer", "prefix-cache-scorer", "kv-cache-utilization-scorer"
CONTAINER = "picker"  # of the endpoint picker that the stack renders
FLOW_CONTROL = "flowControl"  # the gate of what holds requests back while all servers are full
# Where the release row names the image of the endpoint picker that the serving platform runs.
PRESET_CONTAINER = ("presets", "scheduler", "router", "scheduler", "template", "containers", "main")


def image_of(row: Row, gateway_class: str) -> Traced[str] | None:
    """The image of the stack's endpoint pickers; None when the release row does not say."""
    preset = not gateway_class.startswith("gke-") and "controller" in row.data
    path = ("controller", *PRESET_CONTAINER) if preset else ("picker",)
    return row.get(*path, "image")


def base_of(row: Row, *, split: bool = False) -> Traced[str] | None:
    """The configuration of the release, as text: of its controller, or of the stack itself.

    split: that for prefill and decode apart.
    """
    theirs, own = ("split", "split_config") if split else ("single", "config")
    return row.get("controller", "picker_config", theirs) or row.get("picker", own)


def scorers_of(text: str) -> dict[str, float]:
    """The scorers of a configuration, each with its weight."""
    return scorers_in(_read(text))


def scorers_in(config: Mapping[str, Any]) -> dict[str, float]:
    """The same, of a configuration that is an object."""
    return {
        str(ref.get("pluginRef")): ref["weight"]
        for _, profile in maps(config.get("schedulingProfiles"))
        for _, ref in maps(profile.get("plugins"))
        if "weight" in ref
    }


def is_tuned(model: Model) -> Traced[bool]:
    """Whether the spec says anything about the configuration."""
    picker = model.picker
    named = [scorer.weight.map("is set", "a choice", lambda _: True) for scorer in picker.scorers]
    return any_of(
        *named, is_set(picker.config), is_set(picker.queueThreshold), is_set(picker.prefixBlocks),
        is_set(picker.prefixCapacity), is_set(picker.blockSize), holds_requests(model),
    )  # fmt: skip


def configuration(plan: Plan, model: ModelPlan) -> Traced[str]:
    """The text of the EndpointPickerConfig; "" for a release that has none."""
    base = base_of(plan.release.row, split=model.prefill is not None)
    image = image_of(plan.release.row, _class(plan))
    if base is None or image is None:
        return literal("", "plan/picker", "the release has no configuration")
    spec = model.spec.picker
    given = plain(spec.config).map("text", "yours", lambda config: config and dump(config))
    row = picker_row(image.value, plan.catalog.copy())
    block = row.get("block_size") if row is not None else None
    return computed(
        "configuration", "the release's, with the settings of the spec", _configured,
        base, image, given,
        block or literal(None, "plan/picker", "the version of the image is not known"),
        [s.name for s in spec.scorers], [s.weight for s in spec.scorers], spec.queueThreshold,
        spec.prefixBlocks, spec.prefixCapacity, spec.blockSize, _held_seconds(plan, model),
        _of_adapters(plan, model),
    )  # fmt: skip


def _of_adapters(plan: Plan, model: ModelPlan) -> list[Traced[Any]]:
    """Name and weight of the scorer for servers that have an adapter in memory."""
    if not model.spec.adapters or not plan.release.has("adapters"):
        return []
    scorer = [plan.release.serving("adapters", "scorer", key) for key in ("name", "weight")]
    return [picked("scorer", "the model has adapters", one, *(a.name for a in model.spec.adapters))
            for one in scorer]  # fmt: skip


def _held_seconds(plan: Plan, model: ModelPlan) -> Traced[int | None]:
    """How long requests wait for room: for the first server as long as the gateway waits.

    None where the picker holds none back, 0 for its default.
    """
    longest = plan.release.optional("autoscaling", "picker_wait_seconds")
    return computed(
        "seconds", "requests wait for the start of the first server",
        lambda holds, low, longest: None if not holds else longest[0] if low == 0 else 0,
        holds_requests(model.spec), model.fewest, [] if longest is None else [longest],
    )  # fmt: skip


def configuration_tree(plan: Plan, model: ModelPlan) -> Traced[dict[str, Any]]:
    """The same as an object."""
    return configuration(plan, model).map("object", "the field takes an object", _read)


def metric_flag(plan: Plan, model: ModelPlan) -> Traced[str]:
    """The metric that the picker must read as the use of the KV cache; "" when it reads it anyway.

    The picker's default is the name of its own time, which the engine may no longer export.
    """
    image = image_of(plan.release.row, _class(plan))
    row = picker_row(image.value, plan.catalog.copy()) if image is not None else None
    metric = plan.release.optional("metrics", "kv_cache")
    if image is None or row is None or metric is None:
        return literal("", "plan/picker", "the version of the image is not known")
    return computed(
        "metric", "the engine exports this name",
        lambda usual, name, _: "" if usual == name else name,
        row.value("kv_cache_metric"), metric, image,
    )  # fmt: skip


def _class(plan: Plan) -> str:
    return plan.stack.spec.gateway.class_.value


def _configured(
    base: str, _: str, given: str | None, block: Mapping[str, Any] | None, names: Sequence[str],
    weights: Sequence[float], queue: int | None, blocks: int | None, capacity: int | None,
    size: int | None, held: int | None, adapters: Sequence[Any],
) -> str:  # fmt: skip
    if held is None and given:
        return given
    if not (names or adapters) and (queue, blocks, capacity, size, held) == (None,) * 5:
        return f"{base.strip()}\n"
    config = _read(given or base)
    if adapters and not names and not given:
        config["plugins"].append({"type": adapters[0]})
        scorer: dict[str, Any] = {"pluginRef": adapters[0], "weight": adapters[1]}
        for _n, profile in maps(config["schedulingProfiles"]):
            profile["plugins"] = [scorer, *as_list(profile["plugins"])]
    if held is not None:
        config["featureGates"] = [*as_list(config.get("featureGates")), FLOW_CONTROL]
    if held:
        config["flowControl"] = {"defaultRequestTTL": f"{held}s"}
    if given:
        return dump(config)
    if names:
        _weigh(config, dict(zip(names, weights, strict=True)))
    _set(config, LOAD, {"threshold": queue})
    if block is not None:
        tokens = {block["parameter"]: None if size is None else size * block["characters"]}
        limits = {"maxPrefixBlocksToMatch": blocks, "lruCapacityPerServer": capacity}
        _set(config, block["plugin"], {**tokens, **limits})
    return dump(config)


def _weigh(config: dict[str, Any], weights: Mapping[str, float]) -> None:
    """Replaces the scorers of every profile, and declares the plugins that they name."""
    profiles = [profile for _, profile in maps(config["schedulingProfiles"])]
    old = {ref["pluginRef"] for p in profiles for _, ref in maps(p["plugins"]) if "weight" in ref}
    kept = [p for _, p in maps(config["plugins"]) if p["type"] not in old or p["type"] in weights]
    declared = {p["type"] for p in kept}
    new = [{"type": name} for name in weights if name not in declared]
    config["plugins"] = [*kept[:1], *new, *kept[1:]]
    for profile in profiles:
        # Filters stay before the scorers, and what picks by the scores after them.
        others = [ref for _, ref in maps(profile["plugins"]) if "weight" not in ref]
        first = [ref for ref in others if str(ref.get("pluginRef")).endswith("-filter")]
        rest = [ref for ref in others if ref not in first]
        chosen = [{"pluginRef": n, "weight": w} for n, w in weights.items()]
        profile["plugins"] = [*first, *chosen, *rest]


def _set(config: dict[str, Any], plugin: str, parameters: Mapping[str, Any]) -> None:
    """Sets parameters of a plugin. One that only produces data for others is declared for it."""
    given = {key: value for key, value in parameters.items() if value is not None}
    if not given:
        return
    found = next((p for _, p in maps(config["plugins"]) if p.get("type") == plugin), None)
    if found is None:
        found = {"type": plugin}
        config["plugins"].append(found)
    found["parameters"] = {**as_dict(found.get("parameters")), **given}


def _read(text: str) -> dict[str, Any]:
    documents = parse(text, "picker configuration", learning=False)
    return copied(as_dict(documents[0].data)) if documents else {}
