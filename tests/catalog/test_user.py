from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stackgen import paths
from stackgen.catalog.load import FILES, Catalog
from stackgen.catalog.user import CatalogProblem, open_catalog
from stackgen.reading import UnreadableError
from stackgen.schema.store import variants

RENDERED = "llm-d-infra-xks-0.15"
PRICE = """\
v6e/europe-west4:
  unit: chip-hour
  on_demand: 1.9
  source: our contract of November
  as_of: "2026-11-01"
"""


def _write(folder: Path, **files: str) -> str:
    for name, text in files.items():
        file = folder / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return str(folder)


def _release() -> str:
    with open(paths.catalog(f"releases/{RENDERED}.yaml"), encoding="utf-8") as file:
        return file.read()


def _opened(folder: str) -> tuple[Catalog, list[CatalogProblem]]:
    return open_catalog(folder, variants())


def _said(problem: CatalogProblem) -> str:
    mark = problem.place.mark
    where = f":{mark.line}:{mark.column}" if mark else ""
    return f"{problem.rule} {problem.place.file}{where} {problem.message}"


def test_without_a_folder_there_are_the_built_in_rows_alone(tmp_path: Path) -> None:
    catalog, problems = _opened(str(tmp_path / "catalog"))
    assert problems == []
    assert catalog.accelerator("v6e") is not None


def test_a_row_of_the_users_replaces_the_built_in_one_as_a_whole(tmp_path: Path) -> None:
    catalog, problems = _opened(_write(tmp_path, prices=PRICE))
    assert problems == []
    row = catalog.price("v6e", "europe-west4")
    assert row is not None
    traced = row.value("on_demand")
    assert (traced.value, traced.origin.source) == (1.9, "our contract of November")
    assert traced.origin.name == "catalog/prices.yaml#v6e/europe-west4.on_demand"
    assert (traced.origin.file, traced.origin.line, traced.origin.column) == (
        "catalog/prices.yaml",
        3,
        14,
    )
    assert row.get("spot") is None
    other = catalog.price("v6e", "us-central1")
    assert other is not None and other.file == "prices.yaml"


def test_a_new_row_is_found_and_listed(tmp_path: Path) -> None:
    text = PRICE.replace("europe-west4", "mars-north1")
    catalog, problems = _opened(_write(tmp_path, prices=text))
    assert problems == []
    assert catalog.price_regions("v6e")[-1] == "mars-north1"


def test_a_machine_and_its_topology_can_be_added_together(tmp_path: Path) -> None:
    machine = """\
ct6e-custom-2t:
  kind: tpu
  accelerator: v6e
  chips: 2
  vcpu: 90
  memory_gib: 360
  source: preview announcement
  as_of: "2026-11-01"
"""
    topology = """\
v6e/1x2/ct6e-custom-2t:
  chips: 2
  hosts: 1
  source: preview announcement
  as_of: "2026-11-01"
"""
    catalog, problems = _opened(_write(tmp_path, machines=machine, topologies=topology))
    assert problems == []
    row = catalog.topology("v6e", "1x2")
    assert row is not None and row.data["machine"] == "ct6e-custom-2t"


def test_a_release_of_the_users_own(tmp_path: Path) -> None:
    text = _release().replace("  version: v1.27.3", "  version: v1.27.9")
    catalog, problems = _opened(_write(tmp_path, releases__ours=text))
    assert problems == []
    assert "ours" in catalog.names("release")
    row = catalog.release("ours")
    assert row is not None
    traced = row.value("istio", "version")
    assert traced.value == "v1.27.9"
    assert traced.origin.name == "catalog/releases/ours.yaml#ours.istio.version"
    line = text.splitlines().index("  version: v1.27.9") + 1
    assert (traced.origin.line, traced.origin.column) == (line, 12)
    assert catalog.variants("ours") == Catalog().variants(RENDERED)


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ("  istio: istio-1.27.5\n", "", "schemas:", "schemas.istio is missing"),
        (
            "  istio: istio-1.27.5\n", "  istio: kserve-0.20\n", "  istio: kserve-0.20",
            (
                "schemas.istio must be newest, or a variant istio-... of `stackgen schemas list`, "
                'not "kserve-0.20"'
            ),
        ),
        (
            "  istio: istio-1.27.5\n", "  istio: istio-1.27.6\n", "  istio: istio-1.27.6",
            "schemas.istio: there are no schemas istio-1.27.6: did you mean istio-1.27.5?",
        ),
        (
            "  kv_transfer: absent\n", "", "controller:", "controller.kv_transfer is missing",
        ),
        (
            "  serves-tls:\n", "  serve-tls:\n", "  serve-tls:",
            "serve-tls is not known: did you mean serves-tls?",
        ),
    ],
)  # fmt: skip
def test_a_release_that_lacks_something_is_reported_at_its_line(
    tmp_path: Path, old: str, new: str, at: str, message: str
) -> None:
    text = _release().replace(old, new)
    catalog, problems = _opened(_write(tmp_path, releases__ours=text))
    (problem,) = problems
    assert problem.rule == "catalog-row"
    assert problem.message == message
    assert problem.place.mark is not None
    assert problem.place.mark.line == text.splitlines().index(at) + 1
    assert "ours" not in catalog.names("release")


def test_a_release_to_lint_with_needs_no_more_than_schemas_and_controller(tmp_path: Path) -> None:
    with open(paths.catalog("releases/odh-3.5.yaml"), encoding="utf-8") as file:
        text = file.read()
    _, problems = _opened(_write(tmp_path, releases__ours=text))
    assert problems == []
    rendered = text.replace("lint_only: true", "lint_only: false")
    _, problems = _opened(_write(tmp_path, releases__ours=rendered))
    assert "kserve is missing" in [problem.message for problem in problems]


def _with_pods(**likes: str) -> str:
    """A release whose presets start from the pods that are named."""
    row = yaml.safe_load(_release())
    for preset, name in likes.items():
        pods = row["controller"]["presets"].setdefault(preset, {})
        pods["template"] = {"like": name}
    return yaml.safe_dump(row, sort_keys=False)


@pytest.mark.parametrize(
    ("likes", "messages"),
    [
        ({"one": "gone/template"}, ["one.template.like: the presets have no Pod gone/template"]),
        ({"one": "template"}, ["one.template.like: the presets have no Pod template"]),
        ({"one": "template/template"}, []),
        ({"one": "one/template"}, ["one.template.like: one/template leads back to this Pod"]),
        (
            {"one": "two/template", "two": "one/template"},
            [
                "one.template.like: two/template leads back to this Pod",
                "two.template.like: one/template leads back to this Pod",
            ],
        ),
        (
            {"one": "two/template", "two": "two/template"},
            [
                "one.template.like: two/template leads back to this Pod",
                "two.template.like: two/template leads back to this Pod",
            ],
        ),
    ],
)
def test_a_preset_starts_from_a_pod_that_exists(
    tmp_path: Path, likes: dict[str, str], messages: list[str]
) -> None:
    _, problems = _opened(_write(tmp_path, releases__ours=_with_pods(**likes)))
    assert [p.message for p in problems] == [f"controller.presets.{m}" for m in messages]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ports": {"http": None}}, "http must be a port number in quotes"),
        ({"args": 200}, "args must be a list, not 200"),
        ({"args": [{"script": "x"}]}, 'args[0].script must be a list, not "x"'),
        ({"env": []}, "env must be an object, not []"),
        ({"livenessProbe": {"periodSeconds": False}}, "livenessProbe.periodSeconds must be"),
    ],
)
def test_a_preset_has_the_shape_of_a_pod(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    row = yaml.safe_load(_release())
    row["controller"]["presets"]["template"]["template"]["containers"]["main"] |= change
    text = yaml.safe_dump(row, sort_keys=False)
    catalog, problems = _opened(_write(tmp_path, releases__ours=text))
    assert problems
    assert all(message in p.message for p in problems), [p.message for p in problems]
    assert "ours" not in catalog.names("release")


def test_everything_wrong_is_said_at_once_each_at_its_place(tmp_path: Path) -> None:
    machines = """\
n1-standard-4:
  kind: cpu
  vcpu: four
  memory_gib: 15
  source: our contract
  as_of: "2026-11-01"
my-box:
  kind: tpu
  acelerator: v6e
  chips: 4
  vcpu: 4
  memory_gib: 16
  as_of: 2026-11-01
"""
    release = _release().replace('\nas_of: "2026-04-15"\n', "\n")
    prices = PRICE + PRICE.replace("v6e", "v9e") + PRICE.replace("v6e", "v8e")
    _, problems = _opened(
        _write(tmp_path, machines=machines, prices=prices, machine="", releases__ours=release)
    )
    assert [_said(p) for p in problems] == [
        (
            "catalog-file catalog/machine.yaml catalog/machine.yaml is not a catalog file: "
            "did you mean machines.yaml?"
        ),
        (
            "catalog-row catalog/machines.yaml:3:9 n1-standard-4: vcpu must be an integer, "
            'not "four"'
        ),
        "catalog-row catalog/machines.yaml:7:1 my-box: source is missing",
        (
            "catalog-row catalog/machines.yaml:9:3 my-box: acelerator is not known: "
            "did you mean accelerator?"
        ),
        (
            "yaml-ambiguous-scalar catalog/machines.yaml:13:10 2026-11-01 is a date to some YAML "
            'readers, text to others; write "2026-11-01"'
        ),
        (
            "catalog-row catalog/prices.yaml:6:1 v9e/europe-west4: the catalog has no "
            "accelerator, machine or disk v9e: did you mean v6e?"
        ),
        (
            "catalog-row catalog/prices.yaml:11:1 v8e/europe-west4: the catalog has no "
            "accelerator, machine or disk v8e: did you mean v6e?"
        ),
        "catalog-row catalog/releases/ours.yaml:7:1 as_of is missing",
    ]


def test_a_wrong_row_is_left_out_and_the_rest_of_its_file_counts(tmp_path: Path) -> None:
    text = PRICE.replace("1.9", "cheap") + PRICE.replace("europe-west4", "mars-north1")
    catalog, problems = _opened(_write(tmp_path, prices=text))
    assert len(problems) == 1
    row = catalog.price("v6e", "europe-west4")
    assert row is not None and row.file == "prices.yaml"
    assert catalog.price("v6e", "mars-north1") is not None


def _pipe(file: Path) -> None:
    os.mkfifo(file)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_pipe, "is a pipe, not a file"),
        (lambda file: file.symlink_to("/dev/zero"), "is a device, not a file"),
        (lambda file: file.symlink_to("nowhere"), "leads nowhere"),
        (lambda file: file.mkdir(), "is a folder, not a file"),
        (lambda file: file.write_bytes(b"\xff\xfe\xfa"), "is not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("name", ["prices.yaml", "releases/ours.yaml"])
def test_a_file_that_cannot_be_read_is_no_finding(
    tmp_path: Path, name: str, make: Callable[[Path], object], reason: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    make(file)
    with pytest.raises(UnreadableError) as error:
        _opened(str(tmp_path))
    assert str(error.value) == f"catalog/{name}: {reason}"


def test_broken_yaml_and_second_documents_are_reported(tmp_path: Path) -> None:
    folder = _write(tmp_path, prices="? [a]\n: b\n", models="a: 1\n---\nb: 2\n")
    (tmp_path / "README.md").write_text("why these rows exist", encoding="utf-8")
    _, problems = _opened(folder)
    assert [(p.rule, p.place.file, p.message) for p in problems] == [
        ("catalog-row", "catalog/models.yaml", "a: the row must be an object, not 1"),
        (
            "catalog-file",
            "catalog/models.yaml",
            "catalog/models.yaml holds 2 documents: write one",
        ),
        (
            "yaml-syntax",
            "catalog/prices.yaml",
            "an object or a list cannot be a key",
        ),
    ]


def test_a_topology_on_a_machine_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    text = """\
v6e/2x2/ct6e-standard-3t:
  chips: 4
  hosts: 1
  source: a guess
  as_of: "2026-11-01"
"""
    _, problems = _opened(_write(tmp_path, topologies=text))
    assert [_said(p) for p in problems] == [
        (
            "catalog-row catalog/topologies.yaml:1:1 v6e/2x2/ct6e-standard-3t: the catalog "
            "has no machine ct6e-standard-3t: did you mean ct6e-standard-8t?"
        )
    ]


@pytest.mark.parametrize("name", ['""', "1", '"1"', "v6e", "''"])
@pytest.mark.parametrize("row", ["null", "1", "[]", '{"": 1}', "{1: 2}", '{source: {"": {"": 1}}}'])
@pytest.mark.parametrize("shelf", ["models", "prices", "accelerators"])
def test_a_row_with_an_odd_name_is_left_out(
    tmp_path: Path, shelf: str, name: str, row: str
) -> None:
    catalog, problems = _opened(_write(tmp_path, **{shelf: f"{name}: {row}\n"}))
    assert "catalog-row" in {p.rule for p in problems}
    assert all(row.document is None for kind in FILES for row in catalog.rows(kind))


def test_a_row_without_a_name(tmp_path: Path) -> None:
    _, problems = _opened(_write(tmp_path, prices=f'"": 1\n{PRICE}'))
    assert [_said(p) for p in problems] == [
        "catalog-row catalog/prices.yaml:1:1 a row must have a name"
    ]


def test_as_many_problems_as_names_that_are_wrong(tmp_path: Path) -> None:
    text = "".join(PRICE.replace("v6e/europe-west4", f"x{i}") for i in range(30))
    _, problems = _opened(_write(tmp_path, prices=text))
    assert len(problems) == 30


@pytest.mark.parametrize(
    "item", ["n2-standard", "n2-standard-8", "hyperdisk-balanced", "forwarding-rules", "v6e"]
)
def test_a_price_of_the_users_own_can_be_of_all_that_is_priced(tmp_path: Path, item: str) -> None:
    unit = "vcpu-hour" if item == "n2-standard" else "gib-month"
    row = f"{item}/us-south1: {{unit: {unit}, on_demand: 1, source: ours, as_of: 2026-11-01}}\n"
    catalog, problems = _opened(_write(tmp_path, prices=row.replace("2026-11-01", '"2026-11-01"')))
    assert problems == []
    found = catalog.price(item, "us-south1")
    assert found is not None and found.data["on_demand"] == 1
