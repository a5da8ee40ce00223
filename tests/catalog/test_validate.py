from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackgen import paths
from stackgen.catalog.load import FILES, Catalog
from stackgen.catalog.validate import problems_of
from stackgen.manifest.yaml_in import Dialect, parse

GOOD = {
    "kind": "cpu",
    "vcpu": 4,
    "memory_gib": 15,
    "source": "our contract",
    "as_of": "2026-11-01",
}


@pytest.mark.parametrize("file", FILES.values())
def test_every_built_in_row_satisfies_the_schema(file: str) -> None:
    with open(paths.catalog(file), encoding="utf-8") as opened:
        (document,) = parse(opened.read(), file, Dialect.SPEC)
    assert problems_of(file.removesuffix(".yaml"), document.data) == []
    assert document.data


def test_every_built_in_release_satisfies_the_schema(catalog: Catalog) -> None:
    for row in catalog.rows("release"):
        stated = {k: v for k, v in row.data.items() if k != "name"}
        assert problems_of("release", stated) == []


def test_every_row_speaks_of_accelerators_and_machines_that_exist(catalog: Catalog) -> None:
    accelerators, machines = catalog.names("accelerator"), catalog.names("machine")
    for row in catalog.rows("machine"):
        assert row.data.get("accelerator", "v6e") in accelerators
    for row in catalog.rows("topology"):
        assert row.data["generation"] in accelerators
        assert row.data["machine"] in machines
    series = {row.data["series"] for row in catalog.rows("machine") if "series" in row.data}
    for row in catalog.rows("region"):
        assert set(row.data.get("lacks", ())) <= series
    for row in catalog.rows("image"):
        assert set(row.data.get("generations", ())) <= set(accelerators)


@pytest.mark.parametrize("kind", FILES)
def test_a_status_speaks_of_a_field_of_its_row(catalog: Catalog, kind: str) -> None:
    for row in catalog.rows(kind):
        assert set(row.status) <= set(row.data), row.key


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"vcpu": "four"}, ("box", "vcpu"), 'box: vcpu must be an integer, not "four"'),
        ({"memory_gib": 0}, ("box", "memory_gib"), "box: memory_gib must be more than 0, not 0"),
        (
            {"kind": "arm"},
            ("box", "kind"),
            'box: kind must be "tpu", "gpu" or "cpu", not "arm"',
        ),
        (
            {"as_of": "2026-02-31"},
            ("box", "as_of"),
            'box: as_of must be a date in quotes such as "2026-09-18", not "2026-02-31"',
        ),
        ({"source": None}, ("box", "source"), "box: source must be a string or a list, not null"),
        ({"vcpus": 4}, ("box", "vcpus"), "box: vcpus is not known: did you mean vcpu?"),
        (
            {"status": {"vcpu": "sure"}},
            ("box", "status", "vcpu"),
            (
                "box: status.vcpu must be VERIFIED, UNVERIFIED, INFERRED, DERIVED or SNAPSHOT, "
                'perhaps with ": " and a note, not "sure"'
            ),
        ),
        (
            {"boot_disks": ["ssd"]},
            ("box", "boot_disks", 0),
            (
                "box: boot_disks[0] must be a disk type such as pd-balanced or hyperdisk-balanced, "
                'not "ssd"'
            ),
        ),
        (
            {"boot_disks": []},
            ("box", "boot_disks"),
            "box: boot_disks must be at least 1 long, not []",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(
    change: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    (wrong,) = problems_of("machines", {"box": {**GOOD, **change}})
    assert (wrong.path, wrong.message) == (path, message)


@pytest.mark.parametrize("field", ["source", "as_of", "vcpu"])
def test_a_missing_field_is_named(field: str) -> None:
    row = {k: v for k, v in GOOD.items() if k != field}
    (wrong,) = problems_of("machines", {"box": row})
    assert (wrong.path, wrong.key, wrong.message) == (("box",), True, f"box: {field} is missing")


def test_a_misspelt_required_field_is_one_problem_not_two() -> None:
    row = {k: v for k, v in GOOD.items() if k != "vcpu"} | {"vpcu": 4}
    (wrong,) = problems_of("machines", {"box": row})
    assert wrong.message == "box: vpcu is not known: did you mean vcpu?"


def test_a_tpu_machine_must_say_its_accelerator_and_chips() -> None:
    wrong = problems_of("machines", {"box": {**GOOD, "kind": "tpu"}})
    messages = sorted(w.message for w in wrong)
    assert messages == ["box: accelerator is missing", "box: chips is missing"]


@pytest.mark.parametrize(
    ("definition", "name", "row", "message"),
    [
        (
            "prices",
            "v6e",
            {"unit": "chip-hour", "on_demand": 1},
            "v6e must be item/region such as v6e/us-central1",
        ),
        (
            "topologies",
            "v6e/2-2/ct6e-standard-4t",
            {"chips": 4, "hosts": 1},
            (
                "v6e/2-2/ct6e-standard-4t must be generation/topology/machine such as "
                "v6e/2x2/ct6e-standard-4t"
            ),
        ),
        (
            "images",
            "vllm-tpu",
            {"accelerator": "tpu", "support": "community"},
            "vllm-tpu must be repository:tag, or repository:* for any tag",
        ),
    ],
)
def test_a_row_name_of_the_wrong_form_is_refused(
    definition: str, name: str, row: dict[str, Any], message: str
) -> None:
    data = {name: {**row, "source": "us", "as_of": "2026-11-01"}}
    (wrong,) = problems_of(definition, data)
    assert (wrong.path, wrong.key, wrong.message) == ((name,), True, message)


def test_a_registry_with_a_port_is_a_good_image_name() -> None:
    row = {"accelerator": "tpu", "support": "community", "source": "us", "as_of": "2026-11-01"}
    assert problems_of("images", {"registry.corp:5000/vllm-tpu:v1": row}) == []


def test_a_file_that_is_not_a_mapping_is_refused() -> None:
    (wrong,) = problems_of("models", ["a"])
    assert wrong.message == 'the file must be an object, not ["a"]'


def test_a_row_that_is_not_a_mapping_is_refused() -> None:
    (wrong,) = problems_of("models", {"a/b": 3})
    assert wrong.message == "a/b: the row must be an object, not 3"


def test_every_pattern_says_what_it_allows() -> None:
    """The message for a value that does not match it has these words."""

    def without(node: Any) -> Iterator[Any]:
        if isinstance(node, dict):
            named = any(isinstance(node.get(key), str) for key in ("pattern", "format"))
            if named and "x-allowed" not in node:
                yield node
            for inner in node.values():
                yield from without(inner)
        for inner in node if isinstance(node, list) else ():
            yield from without(inner)

    schema = json.loads(Path(paths.schemas("catalog.schema.json")).read_text())
    assert list(without(schema)) == []
