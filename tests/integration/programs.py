"""Programs of others, built from the Go modules of `tools/go.mod`.

STACKGEN_INTEGRATION_CACHE is the folder of the programs; the default is below `~/.cache`. Go keeps
what it compiled in a cache of its own, so a second run takes seconds.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent / "tools"
CACHE = Path(
    os.environ.get("STACKGEN_INTEGRATION_CACHE") or Path.home() / ".cache" / "stackgen-integration"
)
PACKAGES = {
    "fluxbuild": "./fluxbuild",
    "helm": "helm.sh/helm/v4/cmd/helm",
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5",
    "kustomize-controller": "github.com/fluxcd/kustomize-controller",
    "podsecurity": "./podsecurity",
}
BUILD_SECONDS = 5400  # of the largest program, without a cache, on two busy cores
DOWNLOAD_SECONDS = 300


@functools.cache
def program(name: str) -> Path:
    """The path of the program. Skips the test where it cannot be built."""
    target = CACHE / "bin" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    done = _go(["build", "-p", "2", "-o", str(target), PACKAGES[name]], TOOLS, BUILD_SECONDS)
    if done.returncode != 0:
        pytest.skip(f"{name} cannot be built: {done.stderr.strip()[-300:]}")
    return target


@functools.cache
def version(name: str) -> str:
    """The version of the module that the program is built from."""
    package = PACKAGES[name]
    if package.startswith("./"):
        return "of this repository"
    done = _go(["list", "-f", "{{.Module.Version}}", package], TOOLS, DOWNLOAD_SECONDS)
    return done.stdout.strip()


@functools.cache
def module(path: str, version: str) -> Path | None:
    """The folder of a Go module, or None where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        done = _go(
            ["mod", "download", "-json", f"{path}@{version}"], Path(folder), DOWNLOAD_SECONDS
        )
    found = json.loads(done.stdout or "{}").get("Dir")
    return Path(found) if found else None


def _go(arguments: list[str], folder: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    """Go at low priority: a build must not starve what else runs on the machine."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed")
    return subprocess.run(
        ["nice", "-n", "10", go, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=seconds,
        # A stamp would link at every commit. A module may need a newer Go than the one here.
        env={**os.environ, "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "auto"},
    )  # fmt: skip
