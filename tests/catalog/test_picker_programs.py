"""What endpoint pickers have, by version."""

from __future__ import annotations

import pytest

from stackgen.catalog.picker_programs import NAMES, picker_program


@pytest.mark.parametrize("name", NAMES)
def test_every_version_has_the_flags_of_a_picker(name: str) -> None:
    found = picker_program(name)
    for version in found.versions.known:
        options = found.versions.at(version, found.options)
        assert options.keys() & {"pool-name", "poolName"}
        assert "v" in options and "kubeconfig" in options


@pytest.mark.parametrize("name", NAMES)
def test_versions_with_plugins_have_the_usual_ones_and_the_fields(name: str) -> None:
    found = picker_program(name)
    usual = {"queue-scorer", "prefix-cache-scorer", "max-score-picker", "single-profile-handler"}
    for version in found.versions.known:
        plugins = found.versions.at(version, found.plugins)
        fields = found.versions.at(version, found.fields)
        assert not plugins or usual <= plugins.keys()
        assert not plugins or {"plugins.parameters", "schedulingProfiles.plugins.pluginRef"} <= (
            fields.keys()
        )


def test_only_newer_versions_reject_parameters() -> None:
    assert not picker_program("llm-d").strict("0.8.0")
    assert picker_program("llm-d").strict("0.10.0")
    assert not picker_program("epp").strict("1.5.0")


def test_parameters_are_those_of_the_configuration_of_a_plugin() -> None:
    found = picker_program("llm-d")
    plugins = found.versions.at("0.10.0", found.plugins)
    assert "lruCapacityPerServer" in plugins["approx-prefix-cache-producer"].split("|")
    for plugin, internal in (
        ("approx-prefix-cache-producer", "totalPods"), ("no-hit-lru-scorer", "totalEndpoints"),
        ("predicted-latency-producer", "truncated"),
        ("precise-prefix-cache-producer", "totalSubscribers"),
    ):  # fmt: skip
        assert internal not in plugins[plugin].split("|") and plugins[plugin] != "*"
