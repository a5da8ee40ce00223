"""What the documentation shows is what happens. `pytest --update-golden` rewrites it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import sandbox
from tests.docs import transcripts

PAGES = {str(p.relative_to(sandbox.ROOT)): p for p in transcripts.pages()}
WITH_COMMANDS = [n for n, p in PAGES.items() if "<!-- run" in p.read_text(encoding="utf-8")]
OF_ITS_OWN = "docs/start.md"  # test_start.py runs its commands
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#([^)]*))?\)")
TREE = re.compile(r"<!-- tree -->\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", [n for n in WITH_COMMANDS if n != OF_ITS_OWN])
def test_commands_print_what_the_page_shows(
    name: str, tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    text = PAGES[name].read_text(encoding="utf-8")
    assert text.count("<!-- run") == len(transcripts.BLOCK.findall(text)), "a block is malformed"
    golden(PAGES[name], transcripts.rerun(text, tmp_path))


def test_the_readme_and_the_guides_have_commands() -> None:
    assert {"README.md", "docs/provenance.md", "docs/output.md"} <= set(WITH_COMMANDS)


def test_links_lead_somewhere() -> None:
    for name, place in PAGES.items():
        for target, section in LINK.findall(place.read_text(encoding="utf-8")):
            page = place.parent / target
            assert page.exists(), f"{name}: {target}"
            if section:
                assert section in _sections(page), f"{name}: {target}#{section}"


def _sections(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_tree_in_the_readme_is_there() -> None:
    (tree,) = TREE.findall((sandbox.ROOT / "README.md").read_text(encoding="utf-8"))
    assert [name for name in _names(tree) if not (sandbox.ROOT / name).exists()] == []


def _names(tree: str) -> list[str]:
    """The paths of an indented tree; what stands after two spaces is a remark."""
    found: list[str] = []
    above: list[str] = []
    for line in tree.splitlines():
        name = line.strip().split("  ")[0]
        if name == "...":
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        above[depth:] = [name.rstrip("/")]
        found.append("/".join(above))
    assert len(found) > 10
    return found


def test_the_readme_says_how_to_test_where_the_script_looks_for_it() -> None:
    text = (sandbox.ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("<!-- test -->")[1].split("<!-- /test -->")[0]
    lines = [line for line in block.splitlines() if line and not line.startswith("```")]
    assert len(lines) == 1 and lines[0].endswith("pytest -n auto")
