"""Links to the lines of a commit: the host of the repository, without credentials."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackgen.review.git import Repository
from stackgen.review.links import Links, links_of, web_address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/acme/shop.git", ("github.com", "acme/shop")),
        (
            "https://token:x@gitlab.example.com:8443/a/b/shop",
            ("gitlab.example.com:8443", "a/b/shop"),
        ),
        ("git@github.com:acme/shop.git", ("github.com", "acme/shop")),
        ("ssh://git@github.com:22/acme/shop.git/", ("github.com", "acme/shop")),
        ("https://github.com/a)<b>/`c", ("github.com", "a%29%3Cb%3E/%60c")),
        ("../shop", ("", "")),
        ("/srv/github.com/shop", ("", "")),
        ("javascript:alert(1)", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_address_of_a_remote(remote: str, address: tuple[str, str]) -> None:
    assert web_address(remote) == address


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "deploy"
    (folder / "overlays" / "dev").mkdir(parents=True)
    (folder / "stack.yaml").write_text("a: 1\n")
    (folder / "overlays" / "dev" / "stack.yaml").write_text("b: 1\n")
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-q", "-m", "a")
    return folder


def test_a_line_of_the_working_tree_is_linked_if_it_is_as_committed(stack: Path) -> None:
    _git(stack, "remote", "add", "origin", "https://me:secret@gitlab.com/acme/shop.git")
    (stack / "stack.yaml").write_text("a: 2\n")
    (stack / "overlays" / "new.yaml").write_text("a: 2\n")
    repository = Repository(str(stack))
    head = repository.commit("HEAD")
    here = links_of(repository, head, working_tree=True)
    base = f"https://gitlab.com/acme/shop/-/blob/{head}/deploy"
    assert here.to("overlays/dev/stack.yaml", 1) == f"{base}/overlays/dev/stack.yaml#L1"
    assert here.to("stack.yaml", 1) == here.to("overlays/new.yaml", 1) == ""
    assert links_of(repository, head).to("stack.yaml", 3) == f"{base}/stack.yaml#L3"


def test_without_a_known_host_there_is_no_link(stack: Path) -> None:
    repository = Repository(str(stack))
    assert links_of(repository, "HEAD") == Links()
    _git(stack, "remote", "add", "origin", "https://git.example.com/acme/shop.git")
    assert links_of(repository, "HEAD").to("stack.yaml", 1) == ""


def test_without_a_working_tree_there_is_no_link(stack: Path, tmp_path: Path) -> None:
    _git(tmp_path, "clone", "-q", "--bare", str(stack.parent), "bare.git")
    bare = tmp_path / "bare.git"
    _git(bare, "config", "remote.origin.url", "git@github.com:acme/shop.git")
    repository = Repository(str(bare))
    head = repository.commit("HEAD")
    assert links_of(repository, head, working_tree=True) == Links()
    assert links_of(repository, head).to("stack.yaml", 1).endswith(f"/blob/{head}/stack.yaml#L1")
