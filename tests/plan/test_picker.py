"""The configuration of the endpoint picker: the release's, with what the spec says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackgen.catalog.load import Catalog
from stackgen.plan.picker import configuration, image_of, metric_flag, scorers_of
from tests.plan.planning import compiled, plan, served


def config(fields: str) -> dict[str, Any]:
    made = plan(served(fields))
    found: dict[str, Any] = yaml.safe_load(configuration(made, made.models[0]).value)
    return found


def plugin(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(p for p in found["plugins"] if p["type"] == name)


def test_without_settings_the_configuration_is_the_releases() -> None:
    made = plan("spec: {}\n")
    base = made.release.row.data["controller"]["picker_config"]["single"]
    assert configuration(made, made.models[0]).value.strip() == base.strip()


def test_the_scorers_take_the_place_of_those_of_the_release() -> None:
    found = config(
        "picker: {scorers: [{name: queue-scorer, weight: 2}, {name: prefix-cache-scorer, "
        "weight: 0.5}]}"
    )
    assert [p["type"] for p in found["plugins"]] == [
        "single-profile-handler", "queue-scorer", "prefix-cache-scorer", "max-score-picker",
    ]  # fmt: skip
    assert found["schedulingProfiles"] == [{"name": "default", "plugins": [
        {"pluginRef": "queue-scorer", "weight": 2},
        {"pluginRef": "prefix-cache-scorer", "weight": 0.5},
        {"pluginRef": "max-score-picker"},
    ]}]  # fmt: skip


def test_the_settings_are_parameters_of_the_plugins_of_this_version() -> None:
    found = config(
        "picker: {queueThreshold: 32, prefixBlocks: 512, prefixCapacity: 9, blockSize: 32}"
    )
    assert plugin(found, "load-aware-scorer")["parameters"] == {"threshold": 32}
    # This version measures blocks in characters, four for each token.
    assert plugin(found, "prefix-cache-scorer")["parameters"] == {
        "blockSize": 128, "maxPrefixBlocksToMatch": 512, "lruCapacityPerServer": 9,
    }  # fmt: skip


def test_the_engine_is_started_with_the_block_size_of_the_picker() -> None:
    flags = [f.value for f in plan(served("picker: {blockSize: 32}")).models[0].flags]
    assert "--block-size=32" in flags
    assert not any("--block-size" in f.value for f in plan("spec: {}\n").models[0].flags)


def test_the_picker_reads_the_metric_that_the_engine_exports() -> None:
    made = plan("spec: {}\n")
    assert metric_flag(made, made.models[0]).value == "vllm:kv_cache_usage_perc"


def test_each_value_of_the_configuration_is_traced_to_its_line() -> None:
    made = plan(served("picker: {queueThreshold: 32}"))
    leaves = {leaf.path for leaf in configuration(made, made.models[0]).origin.leaves()}
    assert ("spec", "serving", "models", 0, "picker", "queueThreshold") in leaves


@pytest.mark.parametrize("class_", ["istio", "gke-l7-regional-external-managed"])
def test_the_version_of_the_releases_endpoint_picker_is_known(class_: str) -> None:
    row = Catalog().release("llm-d-infra-xks-0.15")
    assert row is not None
    image = image_of(row, class_)
    assert image is not None and "llm-d-inference-scheduler" in image.value


def test_the_scorers_of_a_configuration_have_weights() -> None:
    text = "schedulingProfiles: [{plugins: [{pluginRef: a, weight: 2}, {pluginRef: pick}]}]"
    assert scorers_of(text) == {"a": 2}
    assert scorers_of("") == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("scheduler: false, picker: {prefixBlocks: 9}", "picker has no effect"),
        (
            "picker: {scorers: [{name: running-requests-size-scorer, weight: 1}]}",
            "has no scorer running-requests-size-scorer",
        ),
        (
            "picker: {scorers: [{name: max-score-picker, weight: 1}]}",
            "has no scorer max-score-picker",
        ),
        (
            "picker: {scorers: [{name: queue-scorer, weight: 1}, {name: queue-scorer, weight: 2}]}",
            "named twice",
        ),
        (
            "picker: {scorers: [{name: queue-scorer, weight: 1}], blockSize: 16}",
            "blockSize is a setting of prefix-cache-scorer",
        ),
        ("args: [--block-size=16], picker: {blockSize: 32}", "it is set by `picker.blockSize`"),
    ],
)
def test_settings_that_cannot_work_are_errors(fields: str, message: str) -> None:
    found = compiled(served(fields)).findings
    assert any(message in f.message for f in found), [f.message for f in found]
