from __future__ import annotations

import pytest

from stackgen import paths
from stackgen.catalog.load import FILES, Catalog
from stackgen.manifest.shipped import ShippedFileError, parsed
from stackgen.manifest.yaml_in import Dialect, parse
from stackgen.reading import read_text


def test_a_value_says_which_row_and_field_it_comes_from_and_where_that_was_read(
    catalog: Catalog,
) -> None:
    row = catalog.machine("ct6e-standard-4t")
    assert row is not None
    traced = row.value("vcpu")
    assert traced.value == 180
    assert traced.origin.kind == "catalog"
    assert traced.origin.name == "machines.yaml#ct6e-standard-4t.vcpu"
    assert traced.origin.as_of == "2026-08-21"
    assert "cluster-autoscaler@7d25050" in traced.origin.source


def test_a_nested_value_is_traced_by_its_whole_path(catalog: Catalog) -> None:
    traced = catalog.gke("tpu-scheduling").value("taint", "key")
    assert traced.value == "google.com/tpu"
    assert traced.origin.name == "gke.yaml#tpu-scheduling.taint.key"


def test_the_status_of_a_field_reaches_its_mark_and_the_reason_of_its_value(
    catalog: Catalog,
) -> None:
    row = catalog.machine("ct6e-standard-8t")
    assert row is not None
    assert row.mark("vcpu") == "VERIFIED"
    assert row.value("vcpu").origin.why.startswith("VERIFIED: gcloud lists 360")
    spot = catalog.price("v6e", "europe-west4")
    assert spot is not None
    assert (spot.mark("on_demand"), spot.mark("spot"), spot.mark("cud_1y")) == (
        "VERIFIED",
        "SNAPSHOT",
        "DERIVED",
    )


def test_a_field_that_is_not_known_is_none_or_a_key_error(catalog: Catalog) -> None:
    row = catalog.accelerator("v4")
    assert row is not None
    assert row.get("hbm_usable_gib") is None
    with pytest.raises(KeyError):
        row.value("hbm_usable_gib")


@pytest.mark.parametrize(
    ("kind", "name", "fields"),
    [
        (
            "topology",
            "v6e/2x2/ct6e-standard-4t",
            {"generation": "v6e", "topology": "2x2", "machine": "ct6e-standard-4t"},
        ),
        ("price", "v6e/us-central1", {"item": "v6e", "region": "us-central1"}),
        (
            "image",
            "docker.io/vllm/vllm-tpu:v0.12.0",
            {"repository": "docker.io/vllm/vllm-tpu", "tag": "v0.12.0"},
        ),
        ("model", "Qwen/Qwen2.5-3B-Instruct", {"name": "Qwen/Qwen2.5-3B-Instruct"}),
    ],
)
def test_the_name_of_a_row_is_readable_as_fields(
    catalog: Catalog, kind: str, name: str, fields: dict[str, str]
) -> None:
    row = catalog.row(kind, name)
    assert row is not None
    assert {f: row.data[f] for f in fields} == fields


@pytest.mark.parametrize("file", FILES.values())
def test_every_reader_of_yaml_reads_the_same_in_a_built_in_file(file: str) -> None:
    text = read_text(paths.catalog(file))
    (whole,) = parse(text, file, Dialect.SPEC)
    assert whole.problems == ()
    assert whole.data == parsed(text, file)


@pytest.mark.parametrize("text", ["box:\n  vcpu: [\n", "a: 1\n---\nb: 2\n", ""])
def test_a_built_in_file_that_cannot_be_read_is_said_to_be_so(text: str) -> None:
    with pytest.raises(ShippedFileError, match=r"built-in file machines\.yaml cannot be read"):
        parsed(text, "machines.yaml")
