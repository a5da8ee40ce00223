"""`stackgen lint`: the config file above, what is left out, and what -v says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackgen.cli.lint import lint

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec: {containers: [{name: c, image: "registry.example/c:latest"}]}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("team/apps/a.yaml", "team/apps/old/b.yaml", "team/vendor/c.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(POD)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("vendor/\n")
    (tmp_path / ".stackgen.yaml").write_text(
        "exclude: [old/]\npaths:\n  - {path: team/vendor/**, ignore: all, reason: of others}\n"
    )
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, cwd: Path, *arguments: str) -> Result:
    monkeypatch.chdir(cwd)
    return CliRunner().invoke(lint, [*arguments, "--select", "policy"])


def files(monkeypatch: pytest.MonkeyPatch, cwd: Path, *arguments: str) -> set[str]:
    found = json.loads(run(monkeypatch, cwd, *arguments, "--output-format", "json").stdout)
    shown = [x for x in found["findings"] if not x["suppressed"]]
    return {place["file"] for x in shown for place in x["locations"]}


def test_the_config_of_a_folder_above_counts(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its patterns and paths are relative to it, wherever the command runs."""
    assert files(monkeypatch, tree / "team", ".") == {"apps/a.yaml"}
    assert files(monkeypatch, tree / "team/apps", ".", "../vendor/c.yaml") == {"a.yaml"}
    team = f"{tree.name}/team"
    assert files(monkeypatch, tree.parent, team, "-C", team) == {f"{team}/apps/a.yaml"}


def test_options_add_to_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    team = tree / "team"
    assert files(monkeypatch, team, ".", "--exclude", "apps") == set()
    read = run(monkeypatch, team, ".", "--no-respect-gitignore", "-v").stderr.splitlines()
    assert [x for x in read if "stackgen: read" in x] == [
        "stackgen: read apps/a.yaml", "stackgen: read vendor/c.yaml",
    ]  # fmt: skip
    (tree / ".stackgen.yaml").write_text("respect-gitignore: false\n")
    assert files(monkeypatch, team, ".") == {"apps/a.yaml", "apps/old/b.yaml", "vendor/c.yaml"}
    assert files(monkeypatch, team, ".", "--respect-gitignore") == {
        "apps/a.yaml",
        "apps/old/b.yaml",
    }


def test_a_repository_ends_the_search(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "team" / ".git").mkdir()
    assert files(monkeypatch, tree / "team", ".") == {
        "apps/a.yaml", "apps/old/b.yaml", "vendor/c.yaml"
    }  # fmt: skip


def test_verbose_names_settings_and_files(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (".", "-v", "--statistics", "--exclude", "a.*")
    done = run(monkeypatch, tree / "team", *arguments)
    said = done.stderr.splitlines()
    assert "stackgen: settings: ../.stackgen.yaml" in said
    assert "stackgen: left out apps/a.yaml, by --exclude" in said
    assert "stackgen: left out apps/old, by `exclude` in ../.stackgen.yaml" in said
    assert "stackgen: left out vendor, by .gitignore" in said
    assert done.stdout == "nothing was checked: no documents\n"
