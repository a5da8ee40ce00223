"""Same input, same bytes, on any machine at any time; and nothing of the builder in it."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks import ROOT

INPUT = ("stack.yaml", "overlays")
ONLY = ("--select", "spec")  # the same files are written whichever rules have looked at them
SURROUNDINGS = {
    "plain": {},
    "hash seed": {"PYTHONHASHSEED": "1"},
    "another hash seed, far away": {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati"},
    "C locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "odd locale": {"LC_ALL": "tr_TR.ISO-8859-9", "LANG": "tr_TR.ISO-8859-9", "PYTHONUTF8": "0"},
    "wide terminal, colours": {"COLUMNS": "200", "FORCE_COLOR": "1", "TERM": "xterm-256color"},
}


def _build(folder: Path, cwd: Path, *, umask: int = 0o022, **env: str) -> dict[str, bytes]:
    folder.mkdir(parents=True)
    for name in INPUT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    done = subprocess.run(
        [sys.executable, "-m", "stackgen", "build", "-C", os.path.relpath(folder, cwd), *ONLY],
        cwd=cwd, env={**os.environ, **env}, umask=umask, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    out = folder / "out"
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("first") / "repo"
    return _build(folder, folder.parent, PYTHONHASHSEED="0", TZ="UTC")


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_surroundings_do_not_matter(name: str, first: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "another place" / "répo"
    assert _build(folder, folder.parent, umask=0o022, **SURROUNDINGS[name]) == first


def test_working_directory_and_umask_do_not_matter(first: dict[str, bytes], tmp_path: Path) -> None:
    assert _build(tmp_path / "a" / "b" / "repo", Path("/"), umask=0o077) == first


def test_the_order_of_files_in_folders_does_not_matter(
    first: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "repo").mkdir()
    for env in ("prod", "dev"):  # the other way round
        (tmp_path / "repo" / "overlays" / env).mkdir(parents=True)
        shutil.copy(ROOT / "overlays" / env / "stack.yaml", tmp_path / "repo" / "overlays" / env)
    shutil.copy(ROOT / "stack.yaml", tmp_path / "repo")
    command = [sys.executable, "-m", "stackgen", "build", *ONLY]
    subprocess.run(command, cwd=tmp_path / "repo", check=True, capture_output=True)
    out = tmp_path / "repo" / "out"
    assert {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()} == first


def test_it_is_the_committed_output(first: dict[str, bytes]) -> None:
    out = ROOT / "out"
    committed = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert first == committed


def test_nothing_tells_who_built_it_where_and_when(first: dict[str, bytes]) -> None:
    folders = [str(ROOT), str(Path.home()), os.getcwd(), "/tmp/", "/home/", "/Users/"]
    person = [getpass.getuser(), socket.gethostname()]
    date = re.compile(r"\b20[0-9]{2}-[01][0-9]-[0-3][0-9](?!\.)")
    for name, content in first.items():
        text = content.decode()
        for folder in folders:
            assert len(folder) < 4 or folder not in text, (name, folder)
        for word in person:
            assert len(word) < 6 or word not in text, (name, word)
        if not name.endswith("stackgen.lock"):  # it names the days of the facts that were used
            assert not date.search(text), name


def test_every_file_is_clean_text(first: dict[str, bytes]) -> None:
    for name, content in first.items():
        text = content.decode("ascii")
        assert "\r" not in text and "\t" not in text, name
        assert text.endswith("\n") and not text.endswith("\n\n"), name
        assert all(line == line.rstrip() for line in text.split("\n")), name
