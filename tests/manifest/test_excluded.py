"""What is left out of a folder: patterns, and .gitignore files as Git reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.manifest.collect import collect
from stackgen.manifest.excluded import Excluded, check_patterns, finder
from stackgen.manifest.inputs import texts
from tests.sandbox import environment

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
FILES = ("a.yaml", "b.tmpl.yaml", "gen/a.yaml", "gen/keep.yaml", "deep/gen/c.yaml", "deep/d.json")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        file = tmp_path / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(OBJECT)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def read(*paths: str, exclude: tuple[str, ...] = (), git: bool = True) -> list[str]:
    patterns = (("--exclude", "", exclude),) if exclude else ()
    return [x.name for x in texts(paths, Excluded(patterns, git)) if x.text is not None]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (("gen",), ["a.yaml", "b.tmpl.yaml", "deep/d.json"]),
        (("/gen/",), ["a.yaml", "b.tmpl.yaml", "deep/d.json", "deep/gen/c.yaml"]),
        (("*.tmpl.yaml", "*.json"), ["a.yaml", "deep/gen/c.yaml", "gen/a.yaml", "gen/keep.yaml"]),
        (("gen/*", "!keep.yaml"), ["a.yaml", "b.tmpl.yaml", "deep/d.json", "deep/gen/c.yaml",
                                   "gen/keep.yaml"]),
        (("deep/**/c.yaml",), ["a.yaml", "b.tmpl.yaml", "deep/d.json", "gen/a.yaml",
                               "gen/keep.yaml"]),
    ],
)  # fmt: skip
def test_patterns_are_those_of_gitignore(
    exclude: tuple[str, ...], left: list[str], tree: Path
) -> None:
    assert sorted(read(".", exclude=exclude)) == left


def test_what_is_named_is_read(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("gen/\na.yaml\n")
    assert read("a.yaml", "gen/keep.yaml", exclude=("a.yaml",)) == ["a.yaml", "gen/keep.yaml"]
    assert read("gen") == ["gen/a.yaml", "gen/keep.yaml"]
    assert read("deep") == ["deep/d.json"]
    assert read("deep", git=False) == ["deep/d.json", "deep/gen/c.yaml"]


def test_a_glob_finds_what_a_folder_does(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("gen/\n")
    assert read("**/*.yaml", exclude=("*.tmpl.*",)) == ["a.yaml"]
    assert read("*", git=False, exclude=("/gen",)) == [
        "a.yaml", "b.tmpl.yaml", "deep/d.json", "deep/gen/c.yaml"
    ]  # fmt: skip
    assert read("deep/*/*.yaml") == []


def test_git_agrees(tree: Path) -> None:
    """The same files as `git ls-files` has, with files in several folders and one above."""
    env = environment(GIT_CONFIG_GLOBAL="/dev/null")
    subprocess.run(["git", "init", "-q", str(tree.parent)], check=True, env=env)
    (tree.parent / ".gitignore").write_text("*.tmpl.yaml\nwork/deep/*.json\n")
    (tree / ".gitignore").write_text("# generated\ngen/*\n!keep.yaml\n")
    (tree / "deep" / ".gitignore").write_text("!gen/*\n!d.json\n")
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=tree, env=env, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert sorted(read(".")) == sorted(x for x in listed if not x.endswith(".gitignore"))
    subprocess.run(["git", "add", "-f", "gen/a.yaml"], cwd=tree, env=env, check=True)
    assert "gen/a.yaml" in read(".")
    (tree.parent / ".git" / "index").write_bytes(b"DIRC\0\0\0\2\0\0\0\3broken")
    assert "gen/a.yaml" not in read(".")


def test_without_a_repository_nothing_is_ignored(tree: Path) -> None:
    (tree / ".gitignore").write_text("*\n")
    assert "a.yaml" in read(".")


def test_a_file_above_the_repository_is_not_of_it(tree: Path) -> None:
    (tree.parent / ".gitignore").write_text("*.yaml\n")
    (tree / ".git").mkdir()
    assert "a.yaml" in read(".")


def test_what_is_left_out_is_said(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("deep/\n")
    collected = collect(["."], excluded=Excluded((("--exclude", "", ("*.yaml",)),)))
    assert collected.bundle.resources == ()
    assert collected.notes == [
        "a.yaml, b.tmpl.yaml, gen/a.yaml and 1 more: left out by --exclude",
        "deep: left out by .gitignore",
    ]


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("", "'' is not a valid pattern"),
        ("# a", "'# a' is not a valid pattern"),
        ("!", "'!' is not a valid pattern in the syntax of .gitignore"),
        ("a[", "'a[' is not a valid pattern in the syntax of .gitignore"),
        ("*a*b*c*d", "'*a*b*c*d' has more than 3 * in one part, or more than as many **"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_an_error(pattern: str, wrong: str) -> None:
    assert check_patterns([pattern]) == wrong
    with pytest.raises(UsageError) as caught:
        finder(Excluded((("--exclude", "", (pattern,)),)))
    assert str(caught.value) == f"--exclude: {wrong}"


def test_a_hostile_gitignore_costs_nothing(tree: Path) -> None:
    """Patterns that would take years are not applied, nor is a file of the wrong kind read."""
    (tree / ("a" * 200 + ".yaml")).write_text(OBJECT)
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("*a" * 40 + "b\n!\n**/a/" * 20 + "\ngen\n")
    (tree / "deep" / ".gitignore").mkdir()
    assert len(read(".")) == 4
