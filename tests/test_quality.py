"""What holds for every file: tools agree, modules stay small, words that must not be there."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox import ROOT, run

LINES = 450
FOLDERS = ("generator", "tests", "tools", "benchmarks")
# One letter of each is bracketed, so that this file does not find itself.
WORDS = re.compile(
    r"/wor[k]/|/tm[p]/bash|\.librar[y]|pyp[i]\.tsv"
    r"|\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|NotImplementedErro[r]"
)
TEXT = {
    ".py", ".pyi", ".rego", ".yaml", ".yml", ".md", ".toml", ".json", ".tsv", ".txt", ".sh",
    ".cfg", ".jsonl", "",
}  # fmt: skip
SKIPPED = {"__pycache__", ".git", ".venv", "venv", "build", "dist"}


def _tool(module: str, *arguments: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install 'stackgen[test]'")
    done = run([sys.executable, "-m", module, *arguments], ROOT)
    assert done.returncode == 0, done.stdout


def test_ruff_finds_nothing() -> None:
    _tool("ruff", "check", "--no-cache", ".")


def test_ruff_would_format_nothing() -> None:
    _tool("ruff", "format", "--no-cache", "--check", ".")


def test_mypy_agrees_with_every_type() -> None:
    _tool("mypy")


def _files() -> Iterator[Path]:
    """Every text file of the repository."""
    stack = [ROOT]
    while stack:
        for path in sorted(stack.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name.endswith("_cache")
            if path.is_symlink() or path.name in SKIPPED or hidden or path.name == ".hypothesis":
                continue
            if path.is_dir():
                stack.append(path)
            elif path.suffix in TEXT:
                yield path


def test_no_module_is_long() -> None:
    sizes = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (ROOT / "generator").rglob("*.py")
    }
    assert {name: size for name, size in sizes.items() if size > LINES} == {}


def test_no_word_that_must_not_be_there() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {match[0]}"
        for file in _files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for match in WORDS.finditer(line)
    ]
    assert found == []


def test_tests_stand_where_the_modules_stand() -> None:
    """tests/<room>/test_<module>.py: a folder of tests is a folder of the package."""
    own = {"cases", "docs", "tools", "benchmarks", "integration"}
    package = ROOT / "generator" / "stackgen"
    folders = {
        file.parent.relative_to(ROOT / "tests")
        for file in (ROOT / "tests").rglob("test_*.py")
        if file.relative_to(ROOT / "tests").parts[0] not in own
    }
    assert [str(f) for f in sorted(folders) if not (package / f).is_dir()] == []


def test_every_policy_has_its_own_rego_tests() -> None:
    policies = {f.stem for f in (ROOT / "policies").glob("*.rego")}
    tests = {p.removesuffix("_test") for p in policies if p.endswith("_test")}
    assert sorted({p for p in policies if not p.endswith("_test")} - tests) == []
