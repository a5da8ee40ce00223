"""The configuration of the endpoint picker, and how later releases rewrite an older one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from stackgen.digits import to_int
from stackgen.facts.shape import as_dict, as_list, copied, maps
from stackgen.manifest.yaml_in import parse
from stackgen.manifest.yaml_out import dump
from stackgen.platforms.kserve.presets import tokenized
from stackgen.platforms.kserve.release import Controller

TEXT_FLAGS = ("--config-text", "-config-text", "--configText", "-configText")
FILE_FLAGS = ("--config-file", "-config-file", "--configFile", "-configFile")
_TOKENIZER_MODEL = "/mnt/models/base"
_LORA = "lora-affinity-scorer"
_PRECISE, _PRODUCER = "precise-prefix-cache-scorer", "precise-prefix-cache-producer"
_PREFIX, _TOKENS = "prefix-cache-scorer", "token-producer"
_OLD_EXTRACTOR, _NEW_EXTRACTOR = "model-server-protocol-metrics", "core-metrics-extractor"
_METRICS = {
    "total-queued-requests-metric": "queuedRequestsSpec",
    "total-running-requests-metric": "runningRequestsSpec",
    "kv-cache-usage-percentage-metric": "kvUsageSpec",
    "lora-info-metric": "loraSpec",
    "cache-info-metric": "cacheInfoSpec",
}
_SERVER_METRICS = {
    "model-server-metrics-scheme": "scheme",
    "model-server-metrics-path": "path",
    "model-server-metrics-https-insecure-skip-verify": "insecureSkipVerify",
    "model-server-metrics-port": "",
}
Config = dict[str, Any]


def with_sidecar(container: dict[str, Any]) -> None:
    """Tells the picker's plugins how to reach the tokenizer in the same pod."""
    arguments = as_list(container.get("args"))
    for i, argument in enumerate(arguments[:-1]):
        config = _read(str(arguments[i + 1])) if argument in TEXT_FLAGS else None
        if config is None:
            continue
        for plugin in _of_type(config, _PRECISE):
            parameters = plugin.setdefault("parameters", {})
            index = parameters.setdefault("indexerConfig", {})
            pool = index.setdefault("tokenizersPoolConfig", {})
            pool["modelName"] = "base"
            pool.setdefault("uds", {})["socketFile"] = "/tmp/tokenizer/tokenizer-uds.socket"
            if "tokenProcessorConfig" in index and "tokenProcessorConfig" not in parameters:
                parameters["tokenProcessorConfig"] = copied(index["tokenProcessorConfig"])
        for plugin in _of_type(config, _PREFIX):
            parameters = as_dict(plugin.get("parameters"))
            if "blockSize" in parameters:
                parameters.setdefault("blockSizeTokens", parameters["blockSize"])
        arguments[i + 1] = _text(config)
        return


def spares_sidecar(container: dict[str, Any]) -> bool:
    """The configuration has no plugin that asks a tokenizer in the same pod.

    False where there is no configuration that the controller can read.
    """
    arguments = as_list(container.get("args"))
    texts = (str(b) for a, b in pairwise(arguments) if a in TEXT_FLAGS)
    config = _read(next(texts, ""))
    return config is not None and _PRECISE not in _types(config)


def config_arguments(
    controller: Controller, spec: dict[str, Any], arguments: list[Any]
) -> list[str]:
    """The flag and the text of the configuration; none where the container has its own."""
    scheduler = as_dict(as_dict(spec.get("router")).get("scheduler"))
    inline = as_dict(scheduler.get("config")).get("inline")
    if inline is not None and "scheduler.config" in controller.fields:
        return ["--config-text", inline if isinstance(inline, str) else _text(inline)]
    if any(a in TEXT_FLAGS or a in FILE_FLAGS for a in arguments):
        return []
    told = controller.picker_config["split" if isinstance(spec.get("prefill"), dict) else "single"]
    adapters = as_dict(as_dict(spec.get("model")).get("lora")).get("adapters")
    if adapters and "lora" in controller.fields:
        return ["--config-text", _text(_with_adapters(_read(told) or {}))]
    return ["--config-text", told]


def _with_adapters(config: Config) -> Config:
    """Servers that have the adapter at hand are preferred, after the filter of each profile."""
    config["plugins"] = [*as_list(config.get("plugins")), {"type": _LORA}]
    for _, profile in maps(config.get("schedulingProfiles")):
        refs = as_list(profile.get("plugins"))
        first = [r for r in refs if str(as_dict(r).get("pluginRef")).endswith("-filter")]
        others = [r for r in refs if r not in first]
        profile["plugins"] = [*first, {"pluginRef": _LORA, "weight": 4}, *others]
    return config


def _read(text: str) -> Config | None:
    return copied(_parsed(text))


@lru_cache(maxsize=16)  # most services have the text of the release
def _parsed(text: str) -> Config | None:
    documents = parse(text, "config-text")
    found = documents[0].data if len(documents) == 1 and not documents[0].problems else None
    # The controller reads an object of the API; it leaves a text without a kind as it is.
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str) or not found["kind"]:
        return None
    return found


def _text(config: Any) -> str:
    return dump(_sorted(config))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def at_least(version: str, *wanted: int) -> bool:
    """Whether the picker is of this version or later; "" is older than any."""
    numbers = version.split(".")[:3]
    return tuple(to_int(n) if n.isdecimal() else 0 for n in numbers) >= wanted


def migrated(
    controller: Controller,
    container: dict[str, Any],
    spec: dict[str, Any],
    version: str,
    tokenizer: str,
) -> None:
    """Rewrites the container's configuration for the picker of `version`, as the controller does.

    tokenizer: the address of the tokenizer's Service.
    """
    if not at_least(version, 0, 7):
        return
    arguments = as_list(container.get("args"))
    if not any(a in TEXT_FLAGS for a in arguments[:-1]):
        return
    arguments, old = _taken(arguments, _METRICS)
    server: dict[str, Any] = {}
    if at_least(version, 0, 10):
        command, server = _taken(as_list(container.get("command")), _SERVER_METRICS)
        if command:
            container["command"] = command
        arguments, more = _taken(arguments, _SERVER_METRICS)
        server |= more
    container["args"] = arguments
    for i, argument in enumerate(arguments[:-1]):
        if argument not in TEXT_FLAGS:
            continue
        config = _read(str(arguments[i + 1]))
        if config is not None:
            _migrate(config, version, old)
            if at_least(version, 0, 9) and "tokenizer" in controller.fields:
                _later(config, tokenizer if tokenized(spec) else "")
            _with_source(config, server)
            arguments[i + 1] = _text(config)
        return


def _migrate(config: Config, version: str, old: dict[str, Any]) -> None:
    _rename(config, "prefill-header-handler", "disagg-headers-handler")
    _rename(config, "pd-profile-handler", "disagg-profile-handler")
    _deciders(config)
    for _, plugin in maps(config.get("plugins")):
        as_dict(plugin.get("parameters")).pop("hashBlockSize", None)
    extractor = (
        "core-metrics-extractor" if at_least(version, 0, 8) else "model-server-protocol-metrics"
    )
    _rename(config, "model-server-protocol-metrics", extractor)
    if old and extractor not in _types(config):
        engine = {
            "name": "vllm",
            **{field: old[flag] for flag, field in _METRICS.items() if flag in old},
        }
        parameters = {
            "engineLabelKey": "inference.networking.k8s.io/engine-type",
            "defaultEngine": "vllm",
            "engineConfigs": [engine],
        }
        made = {"name": extractor, "type": extractor, "parameters": parameters}
        config["plugins"] = [*as_list(config.get("plugins")), made]
    if at_least(version, 0, 9):
        for plugin in _of_type(config, _PREFIX):
            kept = as_dict(plugin.get("parameters"))
            named = {k: v for k, v in kept.items() if k == "prefixMatchInfoProducerName"}
            plugin["parameters"] = named
            if not named:
                del plugin["parameters"]


def _later(config: Config, tokenizer: str) -> None:
    """What releases with a tokenizer of its own do; tokenizer: its address, "" without one."""
    if config.get("apiVersion") == "inference.networking.x-k8s.io/v1alpha1":
        config["apiVersion"] = "llm-d.ai/v1alpha1"
    if not tokenizer:
        return
    _decompose(config, tokenizer)
    for plugin in _of_type(config, _TOKENS):
        parameters = plugin.setdefault("parameters", {})
        parameters.setdefault("modelName", _TOKENIZER_MODEL)
        parameters.setdefault("vllm", {}).setdefault("url", tokenizer)


def _decompose(config: Config, tokenizer: str) -> None:
    """One plugin of older pickers becomes three."""
    plugins = as_list(config.get("plugins"))
    at = next((i for i, p in enumerate(plugins) if as_dict(p).get("type") == _PRECISE), None)
    if at is None:
        return
    old = as_dict(as_dict(plugins[at]).get("parameters"))
    index = as_dict(old.get("indexerConfig"))
    kept = {k: v for k, v in old.items() if k != "indexerConfig"}
    if "tokenProcessorConfig" in index:
        kept.setdefault("tokenProcessorConfig", index["tokenProcessorConfig"])
    left = {
        k: v for k, v in index.items() if k not in ("tokenizersPoolConfig", "tokenProcessorConfig")
    }
    kept |= {"indexerConfig": left} if left else {}
    made = [
        {
            "type": _TOKENS,
            "parameters": {"modelName": _TOKENIZER_MODEL, "vllm": {"url": tokenizer}},
        },
        {"type": _PRODUCER, **({"parameters": kept} if kept else {})},
        {"type": _PREFIX, "parameters": {"prefixMatchInfoProducerName": _PRODUCER}},
    ]
    others = [p for i, p in enumerate(plugins) if i != at and as_dict(p).get("type") != _PREFIX]
    at = min(at, len(others))
    config["plugins"] = [*others[:at], *made, *others[at:]]
    for _, profile in maps(config.get("schedulingProfiles")):
        refs, seen = [], False
        for given in as_list(profile.get("plugins")):
            old_one = as_dict(given).get("pluginRef") == _PRECISE
            ref = {**given, "pluginRef": _PREFIX} if old_one else given
            if as_dict(ref).get("pluginRef") == _PREFIX:
                if seen:
                    continue
                seen = True
            refs.append(ref)
        profile["plugins"] = refs


def _deciders(config: Config) -> None:
    """The threshold of older pickers becomes a plugin of its own."""
    plugins = as_list(config.get("plugins"))
    added: list[dict[str, Any]] = []
    first: int | None = None
    for i, plugin in maps(plugins):
        if plugin.get("type") != "disagg-profile-handler":
            continue
        first = i if first is None else first
        parameters = as_dict(plugin.get("parameters"))
        if "deciders" in parameters:
            continue
        if "deciderPluginName" in parameters:
            parameters["deciders"] = {"prefill": parameters.pop("deciderPluginName")}
            parameters.pop("threshold", None)
        elif "threshold" in parameters:
            threshold = parameters.pop("threshold")
            decider: dict[str, Any] = {"type": "always-disagg-pd-decider"}
            if threshold != 0:
                tokens = math.ceil(threshold / 4) if isinstance(threshold, (int, float)) else 1
                decider = {
                    "type": "prefix-based-pd-decider",
                    "parameters": {"nonCachedTokens": max(1, tokens)},
                }
            parameters["deciders"] = {"prefill": decider["type"]}
            added.append(decider)
    known = _types(config)
    new = [decider for decider in added if decider["type"] not in known]
    if new and first is not None:
        config["plugins"] = [*plugins[:first], *new, *plugins[first:]]


def _with_source(config: Config, server: dict[str, Any]) -> None:
    parameters = {_SERVER_METRICS[flag]: value for flag, value in server.items()}
    parameters.pop("", None)
    if "insecureSkipVerify" in parameters:
        parameters["insecureSkipVerify"] = parameters["insecureSkipVerify"] != "false"
    if parameters and "metrics-data-source" not in _types(config):
        made = {"type": "metrics-data-source", "parameters": parameters}
        config["plugins"] = [*as_list(config.get("plugins")), made]


def _types(config: Config) -> set[str]:
    return {str(p.get("type")) for _, p in maps(config.get("plugins"))}


def _of_type(config: Config, name: str) -> Iterator[dict[str, Any]]:
    return (p for _, p in maps(config.get("plugins")) if p.get("type") == name)


def _rename(config: Config, old: str, new: str) -> None:
    for _, plugin in maps(config.get("plugins")):
        for key in ("type", "name"):
            if plugin.get(key) == old:
                plugin[key] = new
    for _, profile in maps(config.get("schedulingProfiles")):
        for _, ref in maps(profile.get("plugins")):
            if ref.get("pluginRef") == old:
                ref["pluginRef"] = new


def _taken(arguments: list[Any], flags: dict[str, str]) -> tuple[list[Any], dict[str, str]]:
    """The arguments without these flags, and the flags' values."""
    kept: list[Any] = []
    found: dict[str, str] = {}
    words = iter(range(len(arguments)))
    for i in words:
        name, sign, value = str(arguments[i]).lstrip("-").partition("=")
        if name not in flags:
            kept.append(arguments[i])
            continue
        following = str(arguments[i + 1]) if i + 1 < len(arguments) else "-"
        if not sign and not following.startswith("-"):
            value = following
            next(words)
        found[name] = value
    return kept, found
