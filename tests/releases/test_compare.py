"""The differences of shipped releases, and of rows that differ in one thing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.releases.behavior import behavior_changes
from stackgen.releases.compare import compare, note_changes
from stackgen.releases.model import Change
from stackgen.releases.programs import program_changes

OLD, KSERVE = "llm-d-infra-xks-0.15", "kserve-0.20"


def row(name: str) -> Row:
    found = Catalog().release(name)
    assert found is not None
    return found


@cache
def changes(old: str, new: str) -> tuple[Change, ...]:
    return compare(row(old), row(new), Catalog())


def ids(old: str, new: str) -> set[str]:
    return {one.id for one in changes(old, new)}


def told(old: str, new: str) -> str:
    return "\n".join(f"{one.what} {' '.join(one.names)}" for one in changes(old, new))


@pytest.mark.parametrize(
    "words",
    [
        "LLMInferenceService serving.kserve.io is stored as v1alpha2, before as v1alpha1",
        "lacks the fields spec.model.criticality",
        "spec.router.scheduler.pool.spec.endpointPickerRef",
        "the controller runs in namespace kserve, no longer in opendatahub",
        "kserve/kserve-ingress-gateway",
        "the endpoint picker do not use TLS, unless enableLLMInferenceServiceTLS is true",
        "VLLM_ADDITIONAL_ARGS",
        "no longer creates DestinationRules",
        "no longer creates InferenceModel objects",
        "--kv-cache-usage-percentage-metric",
        "saturationDetector.kvCacheUtilThreshold",
        "prefix-cache-scorer.blockSize",
        "--disable-log-requests",
        "vllm:time_per_output_token_seconds",
        "prefill-header-handler and pd-profile-handler are renamed",
        "deciderPluginName",
        "the Helm charts are split",
        "a finalizer keeps an LLMInferenceServiceConfig",
        "terminationGracePeriodSeconds",
        "llm-d-router-endpoint-picker",
    ],
)
def test_the_way_to_kserve_names_what_breaks(words: str) -> None:
    assert words in told(OLD, KSERVE)


@pytest.mark.parametrize(
    "words",
    [
        "--model-server-metrics-port", "dataLayer", "encodedEndpointHeaderConfig", "MaxMinHeap",
        "--connector", "utilization-filter", "--allow-experimental-plugins", "at 60 s for a",
        "llm-d-uds-tokenizer", "llm_d_router_epp_kv_cache_*", "the image",
        "vllm is 0.26.0, before 0.23.0",
    ],
)  # fmt: skip
def test_the_way_from_llm_d_0_8_names_what_breaks(words: str) -> None:
    assert words in told("llm-d-0.8", "llm-d-0.9")


@pytest.mark.parametrize("name", ["llm-d-0.9", KSERVE])
def test_a_release_does_not_differ_from_itself(name: str) -> None:
    assert changes(name, name) == ()


def test_the_way_back_has_no_release_note_of_the_way_there() -> None:
    there = {one.id for one in changes("llm-d-0.8", "llm-d-0.9") if one.area == "notes"}
    assert there
    assert ids("llm-d-0.9", "llm-d-0.8") & there == set()


def test_every_difference_has_a_source_and_breaks_come_first() -> None:
    for pair in ((OLD, KSERVE), (OLD, "llm-d-0.9"), ("rhaii-3.4", "odh-master")):
        found = changes(*pair)
        assert all(one.source and one.as_of and one.what for one in found)
        levels = [one.level for one in found]
        assert levels == sorted(levels)


def with_data(name: str, **data: Any) -> Row:
    found = row(name)
    return replace(found, data={**found.data, **data})


def test_one_value_that_differs_is_one_difference() -> None:
    old = row("llm-d-0.9")
    new = with_data("llm-d-0.9", namespaces={**old.data["namespaces"], "istio": "mesh"})
    (change,) = behavior_changes(old, new)
    assert change.what == "istio is installed in namespace mesh, before in istio-system"
    assert change.uses.words == ("istio-system",)


def test_a_note_counts_between_the_versions_of_its_component() -> None:
    def notes(was: str, now: str) -> set[str]:
        old = with_data("llm-d-0.9", versions={"llm-d-router": was})
        new = with_data("llm-d-0.9", versions={"llm-d-router": now})
        return {one.id for one in note_changes(old, new, Catalog())}

    name = "llm-d-router/0.10/priority-queue"
    assert name in notes("0.9.0", "0.10.0") & notes("0.4.0", "0.11.0") & notes("0.9", "0.10")
    assert name not in notes("0.10.0", "0.10.1") | notes("0.10.0", "0.9.0") | notes(
        "0.8.0", "0.9.0"
    )


def test_programs_of_unknown_versions_are_not_compared() -> None:
    old = with_data("llm-d-0.9", versions={"llm-d-router": "9.9.9", "vllm": "9.9.9"})
    found = program_changes(old, row("llm-d-0.9"), Catalog())
    assert {one.area for one in found} <= {"metrics"}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("llm-d-0.9", "llm-d-0.8", "llm-d 0.8.1 is older than 0.9.0"),
        ("kserve-0.21", "odh-3.5", "kserve 0.20 is older than 0.21"),
        (KSERVE, OLD, "kserve 0.15 is older than 0.20"),
    ],
)
def test_a_downgrade_is_named(old: str, new: str, what: str) -> None:
    (found,) = [one for one in changes(old, new) if one.id == "downgrade"]
    assert found.level == "breaks"
    assert what in found.what
    assert "downgrade" not in ids(new, old)


def test_long_values_are_told_by_what_differs() -> None:
    (found,) = [one for one in changes(OLD, KSERVE) if one.id == "controller.picker_rules"]
    new, _, old = found.what.partition(", before ")
    assert "inferencemodelrewrites" in new
    assert "inferencemodelrewrites" not in old
    assert '"resources": ["pods"]' not in found.what
    (found,) = [one for one in changes(OLD, KSERVE) if one.id == "controller.download_env"]
    assert found.what.startswith("the download has the variables nothing, before {")
    assert found.what.count("HF_HOME") == 2  # of both schemes; "hf" has the others still
    assert "..." not in found.what


def test_a_fact_is_told_once() -> None:
    tensor = [one for one in changes(OLD, KSERVE) if "--tensor-parallel-size" in one.what]
    assert [one.id for one in tensor] == ["controller.single_host_tensor"]


def test_nothing_differs_from_itself() -> None:
    for name in Catalog().names("release"):
        assert changes(name, name) == ()
