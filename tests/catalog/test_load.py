from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog


def test_every_kind_of_look_up_finds_the_row_of_that_name(catalog: Catalog) -> None:
    found = [
        catalog.accelerator("v6e"),
        catalog.machine("n1-standard-4"),
        catalog.topology("v6e", "4x4"),
        catalog.model("Qwen/Qwen2.5-3B-Instruct"),
        catalog.image("registry.redhat.io/rhaiis/vllm-tpu-rhel9", "3.2.5"),
        catalog.price("v6e", "europe-west4"),
    ]
    assert [row and (row.file, row.key) for row in found] == [
        ("accelerators.yaml", "v6e"),
        ("machines.yaml", "n1-standard-4"),
        ("topologies.yaml", "v6e/4x4/ct6e-standard-4t"),
        ("models.yaml", "Qwen/Qwen2.5-3B-Instruct"),
        ("images.yaml", "registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5"),
        ("prices.yaml", "v6e/europe-west4"),
    ]


def test_an_unknown_name_is_none_and_the_names_are_there_to_suggest_from(
    catalog: Catalog,
) -> None:
    assert catalog.machine("ct6e-standard-2t") is None
    assert catalog.release("no/such/../release") is None
    assert catalog.topology("v6e", "3x3") is None
    assert catalog.price("v6e", "mars-north1") is None
    assert "ct6e-standard-1t" in catalog.names("machine")
    with pytest.raises(KeyError):
        catalog.gke("no-such-fact")


@pytest.mark.parametrize("generation", ["v6e", "v5e"])
def test_a_topology_on_two_machine_types_is_the_single_host_one_unless_named(
    catalog: Catalog, generation: str
) -> None:
    row = catalog.topology(generation, "2x4")
    assert row is not None
    assert (row.data["hosts"], row.data["machine"][-3:]) == (1, "-8t")
    four = row.data["machine"].replace("-8t", "-4t")
    named = catalog.topology(generation, "2x4", four)
    assert named is not None and named.data["hosts"] == 2
    assert catalog.topology(generation, "2x2", row.data["machine"]) is None


def test_the_topologies_of_a_generation_come_smallest_first(catalog: Catalog) -> None:
    for generation in ("v6e", "v5e", "v5p", "tpu7x", "v4"):
        chips = [row.data["chips"] for row in catalog.topologies(generation)]
        assert chips == sorted(chips)
        assert chips


def test_an_unlisted_tag_or_a_digest_is_what_holds_for_the_whole_repository(
    catalog: Catalog,
) -> None:
    row = catalog.image("docker.io/vllm/vllm-openai", "v0.99.0")
    assert row is not None
    assert row.data["accelerator"] == "gpu"
    assert catalog.image("docker.io/library/nginx", "1.29") is None


def test_the_cluster_fee_holds_in_every_region(catalog: Catalog) -> None:
    row = catalog.price("gke-cluster", "europe-west4")
    assert row is not None
    assert (row.data["on_demand"], row.data["unit"]) == (0.1, "cluster-hour")


def test_regions_with_a_known_price_are_listed(catalog: Catalog) -> None:
    assert catalog.price_regions("tpu7x") == ["us-central1", "europe-west2"]
    assert catalog.price_regions("no-such-machine") == []


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("tpu-v6e-slice", "v6e"),
        ("tpu-v5-lite-podslice", "v5e"),
        ("tpu-v5-lite-device", "v5e"),
        ("nvidia-l4", "l4"),
    ],
)
def test_an_accelerator_is_found_by_its_node_label(catalog: Catalog, label: str, name: str) -> None:
    row = catalog.accelerator_of_label(label)
    assert row is not None and row.key == name


def test_a_label_that_no_accelerator_has_finds_nothing(catalog: Catalog) -> None:
    assert catalog.accelerator_of_label("tpu-v5e-slice") is None


def test_the_machines_of_an_accelerator(catalog: Catalog) -> None:
    assert [r.key for r in catalog.machines_of("v6e")] == [
        "ct6e-standard-1t",
        "ct6e-standard-4t",
        "ct6e-standard-8t",
    ]
    with_t4 = [r.data["machine_type"] for r in catalog.machines_of("t4")]
    assert with_t4 == ["n1-standard-4", "n1-standard-8"]


def test_only_what_was_looked_up_counts_as_used() -> None:
    catalog = Catalog()
    catalog.price("v6e", "europe-west4")
    catalog.machine("ct6e-standard-4t")
    catalog.machine("no-such-machine")
    assert [(r.file, r.key) for r in catalog.used()] == [
        ("machines.yaml", "ct6e-standard-4t"),
        ("prices.yaml", "v6e/europe-west4"),
    ]


def test_what_a_check_looks_up_does_not_count_as_used() -> None:
    catalog = Catalog()
    catalog.release("odh-3.5")
    before, checks = catalog.used(), catalog.read_only()
    assert checks.release("odh-master") is not None
    assert catalog.used() == checks.used() == before
