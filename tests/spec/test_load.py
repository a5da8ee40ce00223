"""Loading stack.yaml and an overlay: one merged spec, every value with the place that said it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackgen.errors import UsageError
from stackgen.spec.load import Loaded, load

OVERLAY = "overlays/prod/stack.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "overlays" / "prod").mkdir(parents=True)
    return tmp_path


def _load(root: Path, base: str, overlay: str | None = None) -> Loaded:
    (root / "stack.yaml").write_text(base, encoding="utf-8")
    if overlay is None:
        return load(str(root), "stack.yaml")
    (root / OVERLAY).write_text(overlay, encoding="utf-8")
    return load(str(root), "stack.yaml", OVERLAY)


def _place(loaded: Loaded, *path: str | int) -> str:
    node = loaded.node(path)
    return f"{node.source.name}:{node.mark.line}:{node.mark.column}"


# -- merging -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "overlay", "merged"),
    [
        ("a: 1\nb: 2\n", "b: 3\nc: 4\n", {"a": 1, "b": 3, "c": 4}),
        ("a: {b: 1, c: {d: 2}}\n", "a: {c: {e: 3}}\n", {"a": {"b": 1, "c": {"d": 2, "e": 3}}}),
        ("a: 1\n", "a: {b: 2}\n", {"a": {"b": 2}}),
        ("a: {b: 2}\n", "a: 1\n", {"a": 1}),
        ("a: {b: 2, c: 3}\n", "a: {b: null}\n", {"a": {"c": 3}}),
        ("a: {b: 2}\n", "a: {b: null}\n", {"a": {}}),
        ("a: 1\n", "b: null\n", {"a": 1}),
        ("a: 1\nb:\n", "", {"a": 1}),
        ("a: 1\n", "# nothing differs\n", {"a": 1}),
        ("a: 1\n", "{}\n", {"a": 1}),
        # Lists of plain values are replaced.
        ("a: [1, 2]\n", "a: [3]\n", {"a": [3]}),
        # Lists of named items merge by name, in the order of the base.
        (
            "a: [{name: x, v: 1}, {name: y, v: 2}]\n",
            "a: [{name: y, w: 4}, {name: z, v: 5}, {name: x, v: 6}]\n",
            {"a": [{"name": "x", "v": 6}, {"name": "y", "v": 2, "w": 4}, {"name": "z", "v": 5}]},
        ),
        ("a: [{name: x}]\n", "a: []\n", {"a": []}),
        ("a: []\n", "a: [{name: x}]\n", {"a": [{"name": "x"}]}),
        # One item without a name: it is not known which one is meant.
        ("a: [{name: x}, {v: 1}]\n", "a: [{name: x, v: 2}]\n", {"a": [{"name": "x", "v": 2}]}),
        ("a: [{name: 1, v: 2}]\n", "a: [{name: 1, w: 3}]\n", {"a": [{"name": 1, "w": 3}]}),
        (
            "a: [{name: x, v: {p: 1, q: 2}}]\n", "a: [{name: x, v: {p: null}}]\n",
            {"a": [{"name": "x", "v": {"q": 2}}]},
        ),
    ],
)  # fmt: skip
def test_merge(root: Path, base: str, overlay: str, merged: Any) -> None:
    assert _load(root, base, overlay).data == merged


def test_values_stand_where_they_were_said(root: Path) -> None:
    loaded = _load(
        root,
        "spec:\n  a: 1\n  b: 2\n  list:\n    - {name: x, v: 1}\n    - {name: y, v: 2}\n",
        "# prod\nspec:\n  b: 3\n  list:\n    - {name: y, w: 5}\n    - {name: z}\n",
    )
    assert _place(loaded, "spec", "a") == "stack.yaml:2:6"
    assert _place(loaded, "spec", "b") == f"{OVERLAY}:3:6"
    assert _place(loaded, "spec", "list", 0, "v") == "stack.yaml:5:20"
    assert _place(loaded, "spec", "list", 1, "v") == "stack.yaml:6:20"
    assert _place(loaded, "spec", "list", 1, "w") == f"{OVERLAY}:5:20"
    assert _place(loaded, "spec", "list", 1, "name") == "stack.yaml:6:14"
    assert _place(loaded, "spec", "list", 2, "name") == f"{OVERLAY}:6:14"
    # What is not there: its nearest parent.
    assert _place(loaded, "spec", "list", 0, "nothing") == "stack.yaml:5:7"
    assert [source.name for source in loaded.sources] == ["stack.yaml", OVERLAY]


def test_an_item_knows_its_place_in_its_own_file(root: Path) -> None:
    loaded = _load(
        root, "a: [{name: x}, {name: y, v: 1}]\n", "a: [{name: y, w: 2}, {name: z, w: 3}]\n"
    )
    assert loaded.node(("a", 1, "v")).path == ("a", 1, "v")
    assert loaded.node(("a", 1, "w")).path == ("a", 0, "w")
    assert loaded.node(("a", 2, "w")).path == ("a", 1, "w")


def test_keys_without_a_value_are_remembered(root: Path) -> None:
    loaded = _load(root, "a:\nb: {c: 1, d: null}\n", "b: {c: null}\n")
    assert loaded.data == {"b": {}}
    assert set(loaded.nulls) == {("a",), ("b", "c"), ("b", "d")}
    node = loaded.node(("b", "c"))
    assert (node.source.name, node.key_mark and node.key_mark.column) == (OVERLAY, 5)


def test_nulls_in_patches_are_part_of_the_patch(root: Path) -> None:
    loaded = _load(
        root, "spec:\n  patches:\n    - {target: {kind: null}, patch: {a: null, b: {c: null}}}\n"
    )
    assert loaded.data["spec"]["patches"] == [
        {"target": {}, "patch": {"a": None, "b": {"c": None}}}
    ]


def test_positions_with_a_byte_order_mark_and_windows_lines(root: Path) -> None:
    (root / "stack.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n")
    loaded = load(str(root), "stack.yaml")
    assert loaded.data == {"a": 1, "b": {"c": 2}}
    assert _place(loaded, "a") == "stack.yaml:1:4"
    assert _place(loaded, "b", "c") == "stack.yaml:3:6"


def test_values_of_an_alias_stand_where_the_alias_does(root: Path) -> None:
    loaded = _load(root, "a: &x {b: {c: 1}}\nd: *x\n")
    assert _place(loaded, "d", "b", "c") == "stack.yaml:2:4"
    assert [p.rule for _, p in loaded.problems] == ["yaml-alias"]


def test_problems_of_both_files_are_told(root: Path) -> None:
    loaded = _load(root, "a: 1\na: 2\n", "b: yes\nc: [\n")
    assert [(s.name, p.rule) for s, p in loaded.problems] == [
        ("stack.yaml", "yaml-duplicate-key"),
        (OVERLAY, "yaml-ambiguous-scalar"),
        (OVERLAY, "yaml-syntax"),
    ]


def test_more_than_one_document_is_a_problem(root: Path) -> None:
    ((_, problem),) = _load(root, "a: 1\n---\nb: 2\n").problems
    assert (problem.message, problem.mark.line) == ("holds more than one document", 2)
    assert problem.fatal


# -- files that cannot be read -------------------------------------------------------------------


def _refused(root: Path, overlay: str | None = None) -> str:
    with pytest.raises(UsageError) as error:
        load(str(root), "stack.yaml", overlay)
    return str(error.value)


def test_a_file_that_is_not_there(root: Path) -> None:
    assert _refused(root) == "stack.yaml: not found"
    (root / "stack.yaml").write_text("a: 1\n")
    assert _refused(root, OVERLAY) == f"{OVERLAY}: not found"


def test_an_empty_spec(root: Path) -> None:
    for text in ("", "\n", "# only words\n", "---\n", "null\n"):
        (root / "stack.yaml").write_text(text)
        assert _refused(root) == "stack.yaml: is empty"


def test_a_folder(root: Path) -> None:
    (root / "stack.yaml").mkdir()
    assert _refused(root) == "stack.yaml: is a folder, not a file"


def test_bytes_that_are_no_text(root: Path) -> None:
    (root / "stack.yaml").write_bytes("a: é\n".encode("latin-1"))
    assert _refused(root) == "stack.yaml: is not UTF-8 text"
    (root / "stack.yaml").write_bytes("a: 1\n".encode("utf-16"))
    assert _refused(root) == "stack.yaml: is not UTF-8 text"


def test_a_file_too_large(root: Path) -> None:
    (root / "stack.yaml").write_text("# " + "x" * 2**20 + "\n")
    assert _refused(root) == "stack.yaml: is larger than 1 MiB"


def test_links_may_not_lead_out_of_the_repository(root: Path, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "stack.yaml"
    outside.write_text("a: 1\n")
    (root / "stack.yaml").symlink_to(outside)
    assert _refused(root) == "stack.yaml: leads out of the repository"
    (root / "stack.yaml").unlink()
    (root / "real.yaml").write_text("a: 1\n")
    (root / "stack.yaml").symlink_to("real.yaml")
    assert load(str(root), "stack.yaml").data == {"a": 1}


def test_an_overlay_does_not_replace_a_base_that_is_no_object(root: Path) -> None:
    (root / "stack.yaml").write_text("[1, 2]\n")
    (root / "overlay.yaml").write_text("spec: {}\n")
    assert load(str(root), "stack.yaml", "overlay.yaml").data == [1, 2]
