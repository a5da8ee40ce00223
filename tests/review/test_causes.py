"""Which line, of which file, brought a change about."""

from __future__ import annotations

import re
from pathlib import Path

from stackgen import paths
from stackgen.review.model import Cause
from stackgen.review.review import review
from stackgen.review.side import of_spec
from tests.review.given import Edits, edit, of_edits, spec_only


def causes(folder: Path, edits: Edits) -> set[Cause]:
    found = of_edits(folder, edits)
    assert not found.empty
    return {c for change in found.changes for group in change.causes for c in group}


def test_an_item_that_moves_in_its_list_is_the_same_item(tmp_path: Path) -> None:
    """A pool before the others shifts their positions, and changes nothing about them."""
    pool = "      - {name: extra, machineType: n1-standard-4, nodes: {min: 1, max: 1}}\n"
    found = of_edits(tmp_path, {"stack.yaml": [("    nodePools:\n", f"    nodePools:\n{pool}")]})
    assert [(c.action, c.resource.name) for c in found.changes] == [("added", "extra")]
    names = {c.name for group in found.changes[0].causes for c in group}
    assert all(name.startswith("spec.cluster.nodePools[extra]") for name in names)


def test_a_line_of_the_overlay(tmp_path: Path) -> None:
    edits: Edits = {"overlays/prod/stack.yaml": [("replicas: 2", "replicas: 3")]}
    (cause,) = causes(tmp_path, edits)
    assert cause.file == "overlays/prod/stack.yaml"
    assert cause.name == "spec.serving.models[qwen2-3b-pattern1].replicas"
    assert (cause.old, cause.new, cause.side) == ("2", "3", "new")
    lines = (tmp_path / "after" / cause.file).read_text().splitlines()
    assert lines[cause.line - 1][cause.column - 1] == "3"


def test_a_line_that_is_gone_stands_in_the_old_spec(tmp_path: Path) -> None:
    text = (spec_only(tmp_path / "probe") / "stack.yaml").read_text()
    token = next(x for x in text.splitlines(keepends=True) if "huggingFaceToken" in x)
    found = causes(tmp_path / "it", {"stack.yaml": [(token, "")]})
    assert {(c.side, c.new) for c in found} == {("old", "")}
    assert "spec.serving.huggingFaceToken.secret" in {c.name for c in found}


def test_a_row_of_the_users_catalog(tmp_path: Path) -> None:
    """Against the built-in row it stands in for, and against itself with another value."""
    with open(paths.catalog("sizing.yaml"), encoding="utf-8") as stream:
        found = re.search(r"(?ms)^startup-budget:\n.*?(?=^\S)", stream.read())
    assert found is not None
    row = found[0].replace("floor_seconds: 1800", "floor_seconds: 2400")
    assert row != found[0]
    stack = spec_only(tmp_path / "stack")
    built_in = of_spec(str(stack), "prod", "built in")
    (stack / "catalog").mkdir()
    (stack / "catalog" / "sizing.yaml").write_text(row, encoding="utf-8")
    own = of_spec(str(stack), "prod", "own")
    edit(stack, {"catalog/sizing.yaml": [("floor_seconds: 2400", "floor_seconds: 2700")]})
    other = of_spec(str(stack), "prod", "other")
    for old, new, values in ((built_in, own, ("1800", "2400")), (own, other, ("2400", "2700"))):
        (change,) = [c for c in review(old, new).changes if c.resource.layer == "4-serving"]
        ((cause,),) = change.causes
        assert (cause.old, cause.new) == values
        assert cause.name == "catalog/sizing.yaml#startup-budget.floor_seconds"
        assert cause.file == "catalog/sizing.yaml"
