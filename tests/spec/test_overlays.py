"""Which environments a spec has; an overlay that is there and unusable is an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.spec.overlays import overlays
from tests.program import stackgen


def _overlay(root: Path, env: str, text: str = "{}\n") -> Path:
    file = root / "overlays" / env / "stack.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _refused(root: Path) -> str:
    with pytest.raises(UsageError) as error:
        overlays(str(root))
    return str(error.value)


def test_environments_are_the_folders_with_an_overlay(tmp_path: Path) -> None:
    assert overlays(str(tmp_path)) == ()
    for env in ("staging", "dev"):
        _overlay(tmp_path, env)
    (tmp_path / "overlays" / "README.md").write_text("words\n")
    (tmp_path / "overlays" / "notes").mkdir()
    (tmp_path / "overlays" / ".idea").mkdir()
    assert overlays(str(tmp_path)) == ("dev", "staging")
    assert overlays(str(tmp_path / "nowhere")) == ()


def test_a_link_to_a_file_is_an_overlay(tmp_path: Path) -> None:
    _overlay(tmp_path, "dev")
    (tmp_path / "overlays" / "prod").mkdir()
    (tmp_path / "overlays" / "prod" / "stack.yaml").symlink_to("../dev/stack.yaml")
    assert overlays(str(tmp_path)) == ("dev", "prod")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: f.symlink_to("nowhere"), "is a link to nothing"),
        (lambda f: f.symlink_to("stack.yaml"), "too many levels of symbolic links"),
        (lambda f: f.symlink_to("/dev/zero"), "is not a file"),
        (lambda f: f.mkdir(), "is not a file"),
        (os.mkfifo, "is not a file"),
    ],
)
def test_an_overlay_that_is_no_file(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    file = _overlay(tmp_path, "dev")
    file.unlink()
    make(file)
    assert _refused(tmp_path) == f"overlays/dev/stack.yaml: {message}"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: f.symlink_to("nowhere"), "is a link to nothing"),
        (lambda f: f.symlink_to("/dev/null"), "is not a folder"),
        (os.mkfifo, "is not a folder"),
    ],
)
@pytest.mark.parametrize("what", ["overlays", "overlays/dev"])
def test_a_folder_that_is_none(
    tmp_path: Path, what: str, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / what
    path.parent.mkdir(exist_ok=True)
    make(path)
    said = _refused(tmp_path)
    assert said.startswith(f"{what}: ")
    if what != "overlays":
        assert said == f"{what}: {message}"


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
@pytest.mark.parametrize("what", ["overlays", "overlays/dev", "overlays/dev/stack.yaml"])
def test_what_cannot_be_read(tmp_path: Path, what: str) -> None:
    _overlay(tmp_path, "dev")
    (tmp_path / what).chmod(0)
    try:
        assert _refused(tmp_path).endswith(": permission denied")
    finally:
        (tmp_path / what).chmod(0o700)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (".hidden", ".hidden"),
        ("-C", "-C"),
        ("two words", "two words"),
        ("a\x1b[31m", "a\\x1b[31m"),
        ("a\nb", "a\\nb"),
    ],
)
def test_names_that_cannot_name_an_environment(tmp_path: Path, name: str, shown: str) -> None:
    _overlay(tmp_path, name)
    assert _refused(tmp_path) == (
        f"overlays/{shown}: letters, digits, '-', '_' and '.' name an environment, "
        "a letter or digit first"
    )
    _overlay(tmp_path, name).unlink()
    assert overlays(str(tmp_path)) == ()


def test_names_that_are_too_long(tmp_path: Path) -> None:
    _overlay(tmp_path, "a" * 64)
    assert _refused(tmp_path).endswith(": is longer than 63 characters")


def test_names_that_differ_in_case_only(tmp_path: Path) -> None:
    _overlay(tmp_path, "dev")
    _overlay(tmp_path, "Dev")
    if len(list((tmp_path / "overlays").iterdir())) == 1:
        pytest.skip("the file system does not tell them apart")
    assert _refused(tmp_path) == "overlays/Dev and overlays/dev: differ in case only"


@pytest.mark.parametrize(
    "command", [("build",), ("plan",), ("rollout",), ("impact", "stack.yaml:1")]
)
def test_the_folder_of_an_overlay_is_no_stack(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "overlays/dev/deep").mkdir(parents=True)
    (tmp_path / "stack.yaml").write_text("kind: Stack\n")
    (tmp_path / "overlays/dev/stack.yaml").write_text("spec: {}\n")
    run = stackgen(*command, cwd=tmp_path / "overlays/dev")
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        "stackgen: this folder is the overlay of the environment dev; the stack is in ../..\n"
        "Run the command there, or with -C ../.., and name the environment with --env.\n"
    )
    run = stackgen(*command, cwd=tmp_path / "overlays")
    assert run.err == "stackgen: stack.yaml: not found; -C .. is a folder that holds it\n"
    assert run.code == 2


def test_an_accepted_finding_stays_accepted_in_a_spec_with_errors(tmp_path: Path) -> None:
    assert stackgen("init", ".", "--ci", "none", cwd=tmp_path).code == 0
    file = tmp_path / "stack.yaml"
    file.write_text(file.read_text().replace("nodePool: tpu-pool", "nodePol: tpu-pool"))
    run = stackgen("build", cwd=tmp_path)
    assert (run.code, run.out.splitlines()[-1]) == (
        1, "1 error in 3 documents, 1 suppressed, 1 fixable with --fix"
    )  # fmt: skip
