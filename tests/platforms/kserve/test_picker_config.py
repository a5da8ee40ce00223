"""The endpoint picker's configuration, and how later releases rewrite an older one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackgen.platforms.kserve.expand import expand
from tests.platforms.kserve.services import FIRST, FULL, one, row, service

LATER = "odh-3.5"
KIND = {"kind": "EndpointPickerConfig"}


def picker(release: str, config: Any = None, **spec: Any) -> dict[str, Any]:
    """The configuration that the picker of a service is started with."""
    scheduler = {} if config is None else {"config": {"inline": config}}
    router = {**FULL["router"], "scheduler": scheduler}
    found = expand(service(**{**FULL, "router": router, **spec}), row(release))
    name = "qwen-kserve-router-scheduler"
    (main,) = one(found, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    args = main["args"]
    result: dict[str, Any] = yaml.safe_load(args[args.index("--config-text") + 1])
    return result


def types(config: dict[str, Any]) -> list[str]:
    return [p["type"] for p in config["plugins"]]


def test_a_release_has_a_configuration_for_each_form_of_serving() -> None:
    assert "single-profile-handler" in types(picker(FIRST))
    split = picker(FIRST, prefill={"replicas": 1})
    assert [p["name"] for p in split["schedulingProfiles"]] == ["prefill", "decode"]


def test_servers_with_the_adapter_are_preferred() -> None:
    adapters = [{"name": "law", "uri": "hf://a/law"}]
    model = {"uri": "hf://a/b", "name": "b", "lora": {"adapters": adapters}}
    config = picker(LATER, model=model)
    assert "lora-affinity-scorer" in types(config)
    (profile,) = config["schedulingProfiles"]
    assert profile["plugins"][0] == {"pluginRef": "lora-affinity-scorer", "weight": 4}


@pytest.mark.parametrize(
    ("plugin", "found"),
    [
        ({"type": "prefill-header-handler"}, ["disagg-headers-handler"]),
        (
            {"type": "pd-profile-handler", "parameters": {"threshold": 0}},
            ["always-disagg-pd-decider", "disagg-profile-handler"],
        ),
        (
            {"type": "pd-profile-handler", "parameters": {"threshold": 10}},
            ["prefix-based-pd-decider", "disagg-profile-handler"],
        ),
        (
            {"type": "precise-prefix-cache-scorer"},
            ["token-producer", "precise-prefix-cache-producer", "prefix-cache-scorer"],
        ),
    ],
)
def test_plugins_of_older_pickers_are_renamed(plugin: Any, found: list[str]) -> None:
    config = picker(LATER, {**KIND, "plugins": [plugin], "schedulingProfiles": []})
    assert [t for t in types(config) if t != "metrics-data-source"] == found


def test_a_text_without_a_kind_is_left_as_it_is() -> None:
    plugins = [{"type": "prefill-header-handler"}]
    assert picker(LATER, {"plugins": plugins}) == {"plugins": plugins}


def test_the_tokenizer_is_a_server_of_its_own() -> None:
    config = {**KIND, "plugins": [{"type": "token-producer"}], "schedulingProfiles": []}
    address = "https://qwen-tokenizer.serving.svc.cluster.local:8000"
    (producer, *_) = picker(LATER, config)["plugins"]
    assert producer["parameters"]["vllm"]["url"] == address
    router = {**FULL["router"], "scheduler": {"config": {"inline": config}}}
    found = expand(service(router=router), row(LATER))
    assert one(found, "Service", "qwen-tokenizer")["spec"]["ports"][0]["port"] == 8000
    assert one(found, "Deployment", "qwen-tokenizer")
