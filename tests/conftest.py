"""What all tests share: golden files, and the same examples in every run."""

from __future__ import annotations

import difflib
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from stackgen import record
from stackgen.redact import forget

# What a test runs is run, whatever an earlier test left. Tests of the cache name a folder.
os.environ["STACKGEN_CACHE"] = "off"
os.environ.pop("CI", None)  # progress depends on time
# The commands that tests start compile the modules once, also where Python may not write beside
# them. Workers get the folder from the process that starts them.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", "") and "PYTHONPYCACHEPREFIX" not in os.environ:
    _COMPILED = tempfile.TemporaryDirectory(prefix="compiled-")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = _COMPILED.name
    sys.dont_write_bytecode = False
# Tests keep little and make much: collecting less often takes a sixth of their time.
gc.set_threshold(200_000, 20, 100)
# How many functions a test calls does not depend on what the tests before it made.
record.MANY = sys.maxsize
settings.register_profile("same-every-run", derandomize=True, database=None, deadline=None)
settings.load_profile("same-every-run")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests see into the golden files, for review with git diff",
    )


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests() -> Iterator[None]:
    """A process is one run of stackgen; in a process of tests each test is one."""
    yield
    forget()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file; with --update-golden, writes it there."""

    def compare(file: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
            return
        wanted = file.read_text(encoding="utf-8") if file.exists() else ""
        if text != wanted:
            lines = difflib.unified_diff(
                wanted.split("\n"), text.split("\n"), str(file), "now", lineterm=""
            )
            pytest.fail(
                "\n".join([*lines, "", "if this is right: pytest --update-golden"]), pytrace=False
            )

    return compare
