"""`stackgen report`: one file, and no file of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.cli import main
from tests.program import stackgen
from tests.stacks import ROOT

STACK = ROOT / "tests" / "cases" / "stacks" / "minimal"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    run = stackgen("report", "-C", str(STACK), cwd=folder)
    assert (run.code, run.out) == (0, "") and run.err == "stackgen: report.html: 1 environment\n"
    return folder / "report.html"


def test_standard_output_has_the_same_page(written: Path) -> None:
    run = stackgen("report", "-C", str(STACK), "--output", "-", cwd=ROOT)
    assert (run.code, run.err, run.out) == (0, "", written.read_text(encoding="utf-8"))


def _report(*arguments: str) -> int:
    found = main.cli.main(["report", *arguments], standalone_mode=False)
    return found if isinstance(found, int) else 0


def test_its_own_page_is_replaced(written: Path) -> None:
    before = written.read_bytes()
    written.write_bytes(before + b"<!-- older -->\n")
    assert _report("-C", str(STACK), "--output", str(written)) == 0
    assert written.read_bytes() == before


@pytest.mark.parametrize("what", ["text", "page", "folder", "link to nothing"])
def test_what_others_wrote_is_kept(what: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    if what == "folder":
        file.mkdir()
    elif what == "link to nothing":
        file.symlink_to(tmp_path / "other")
    else:
        file.write_text("<!doctype html>\n<p>mine" if what == "page" else "mine")
    run = stackgen("report", "-C", str(STACK), "--output", str(file), cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        f"stackgen: {file}: exists and is not a page of `stackgen report`; name another file\n"
    )
    assert not (tmp_path / "other").exists()


def test_a_spec_that_is_not_yaml_gives_a_page_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text("a: [1\n", encoding="utf-8")
    assert _report("-C", str(tmp_path), "--output", str(tmp_path / "a.html")) == 2
    assert "yaml-syntax" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_stack_without_a_delivery_engine_has_no_rollout(tmp_path: Path) -> None:
    text = (STACK / "stack.yaml").read_text(encoding="utf-8")
    assert "  delivery:\n    repository: " in text
    (tmp_path / "stack.yaml").write_text(
        text.partition("  delivery:\n")[0] + "  delivery: {engine: none}\n", encoding="utf-8"
    )
    _report("-C", str(tmp_path), "--output", str(tmp_path / "a.html"))
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert (
        "No delivery engine applies this stack" in page
        and "timeline" not in page.split("<body>")[1]
    )


def test_a_spec_with_errors_gives_a_page_and_exit_code_1(tmp_path: Path) -> None:
    text = (STACK / "stack.yaml").read_text(encoding="utf-8").replace("kind: Stack", "kind: Stick")
    (tmp_path / "stack.yaml").write_text(text, encoding="utf-8")
    assert _report("-C", str(tmp_path), "--output", str(tmp_path / "a.html")) == 1
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert 'class="finding error"' in page and "Architecture" not in page
