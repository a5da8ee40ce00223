"""Starting is cheap: a run imports what it needs and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.stacks import ROOT

# Each costs more than all of a build should, or has no business in one.
NEVER = {
    "asyncio", "concurrent.futures", "multiprocessing", "sqlite3", "http.client", "urllib.request",
    "xml.etree", "importlib.metadata", "importlib_metadata", "pkg_resources", "setuptools",
    "pydantic", "rich", "typer", "attrs", "jinja2", "requests", "httpx", "kubernetes",
    "kubernetes_validate", "jsonschema", "ruamel", "cel_expr_python", "google.protobuf",
    "hypothesis", "pytest", "numpy", "unittest", "pdb", "tkinter", "cProfile",
}  # fmt: skip
NOT_FOR_HELP = NEVER | {"yaml", "jsonschema_rs", "regorus", "stackgen.catalog", "stackgen.layers",
                        "stackgen.spec", "stackgen.checks", "decimal"}  # fmt: skip


def _imported(*arguments: str, cwd: Path = ROOT) -> set[str]:
    """The modules that a run imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "stackgen", *arguments],
        cwd=cwd, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-500:]
    lines = [x for x in done.stderr.splitlines() if x.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def _found(modules: set[str], unwanted: set[str]) -> list[str]:
    return sorted(m for m in modules if any(m == u or m.startswith(f"{u}.") for u in unwanted))


def test_help_imports_next_to_nothing() -> None:
    modules = _imported("--help")
    assert "stackgen.cli.main" in modules
    assert _found(modules, NOT_FOR_HELP) == []


def test_the_version_imports_less_than_that() -> None:
    modules = _imported("--version")
    assert "stackgen.start" in modules
    assert _found(modules, {*NOT_FOR_HELP, "click", "stackgen.cli.main", "typing", "hashlib"}) == []


def test_a_build_imports_nothing_heavy() -> None:
    modules = _imported("build", "--check")
    assert "stackgen.layers.compile" in modules
    assert (
        _found(modules, NEVER | {"tempfile", "tarfile", "html", "stackgen.manifest.inputs"}) == []
    )


def test_lint_imports_neither_compiler_nor_layers(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"
    )
    modules = _imported("lint", "a.yaml", cwd=tmp_path)
    assert "stackgen.manifest.collect" in modules
    assert _found(modules, NEVER | {"stackgen.layers", "stackgen.compiler"}) == []


def test_completion_names_the_commands_and_imports_none() -> None:
    asked = {"_STACKGEN_COMPLETE": "bash_complete", "COMP_WORDS": "stackgen p", "COMP_CWORD": "1"}
    start = "import sys; sys.argv[0] = 'stackgen'; from stackgen.start import run; run()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", start],
        capture_output=True, encoding="utf-8", check=False, env={**os.environ, **asked},
    )  # fmt: skip
    assert done.stdout.split() == ["plain,plan", "plain,policies"]
    assert "stackgen.cli.plan" not in done.stderr
