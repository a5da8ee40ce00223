"""The pages as the site has them: links lead to pages of the site, or to the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tools.docs import site as tool
from tools.docs.site import OUTSIDE, stage

from tests.sandbox import ROOT

URL = "https://example.com/repository"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    stage(ROOT, folder, URL)
    return folder


def test_pages_link_to_pages(site: Path) -> None:
    assert "](start.md)" in (site / "index.md").read_text()
    assert "](rego/README.md#data-about-the-cluster)" in (site / "findings.md").read_text()
    assert f"]({URL}/stack.yaml)" in (site / "index.md").read_text()
    assert (site / "report.schema.json").is_file()


def test_code_is_left_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in (*OUTSIDE, "docs/a.md", "docs/deep/b.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    code = "```\n[no](nowhere.md)\n```\n"
    (root / "docs/a.md").write_text(f"[b](deep/b.md#x)\n{code}[r](../README.md)")
    (root / "docs/deep/b.md").write_text("[`a`](../a.md) [self](#x) [web](https://example.com/a)")
    stage(root, tmp_path / "out", URL)
    assert (tmp_path / "out/a.md").read_text() == f"[b](deep/b.md#x)\n{code}[r](index.md)"
    assert (tmp_path / "out/deep/b.md").read_text() == (
        "[`a`](../a.md) [self](#x) [web](https://example.com/a)"
    )
    (root / "docs/a.md").write_text("[b](nowhere.md)")
    with pytest.raises(FileNotFoundError, match=r"docs/a\.md: nowhere\.md"):
        stage(root, tmp_path / "out", URL)


def test_the_navigation_names_pages_of_the_site(site: Path) -> None:
    text = (ROOT / "mkdocs.yml").read_text().replace("!!python/name:", "")
    names = [
        page
        for entry in yaml.safe_load(text)["nav"]
        for value in entry.values()
        for page in ([value] if isinstance(value, str) else value)
    ]
    assert len(names) > 25
    assert [name for name in names if not (site / name).is_file()] == []


def test_help_needs_no_package_and_a_run_names_where_it_is_locked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "find_spec", lambda name: None)
    assert tool.main(["--help"]) == 0
    assert "python tools/docs/site.py [REPOSITORY-URL]" in capsys.readouterr().out
    assert tool.main([]) == 2
    assert "pip install -r requirements/release.txt" in capsys.readouterr().err
