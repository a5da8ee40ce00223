"""Copies of the repository, or of the reference stack alone, for tests that write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LEFT_OUT = shutil.ignore_patterns(
    "__pycache__",  # others compile into it meanwhile
    ".git",
    ".venv",
    "venv",
    ".*_cache",
    ".hypothesis",
    "build",
    "dist",
    "*.egg-info",
)
STACK = ("stack.yaml", "overlays", "out")


def repository(target: Path) -> Path:
    """A copy of the whole repository, without what Git ignores."""
    shutil.copytree(ROOT, target, ignore=_LEFT_OUT, symlinks=True)
    return target


def stack(target: Path) -> Path:
    """A copy of the reference stack: spec, overlays and rendered files."""
    target.mkdir(parents=True, exist_ok=True)
    for name in STACK:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name)
        else:
            shutil.copy2(ROOT / name, target / name)
    return target


def environment(**more: str) -> dict[str, str]:
    """The environment of commands in tests: this Python's programs first, nothing of a terminal."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTEST_"))}
    for name in ("FORCE_COLOR", "PYTHONPATH", "PYTHONHASHSEED", "COLUMNS", "STACKGEN_DEBUG"):
        env.pop(name, None)
    env["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", "")))
    env.update({"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}, **more)
    env["PIP_NO_COMPILE"] = "1"  # Python compiles what is imported, a small part
    return env


def run(
    command: Sequence[str], cwd: Path, env: dict[str, str] | None = None, limit: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command; its standard error goes into its standard output, in order.

    limit: seconds after which subprocess.TimeoutExpired is raised.
    """
    return subprocess.run(
        command, cwd=cwd, env=env or environment(), text=True, encoding="utf-8", timeout=limit,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def run_ok(command: Sequence[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command that has to succeed; what it printed."""
    done = run(command, cwd, env)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout


def same_trees(one: Path, other: Path) -> list[str]:
    """The files that differ between two folders, or stand in one of them only."""
    names = {str(p.relative_to(f)) for f in (one, other) for p in f.rglob("*") if p.is_file()}
    return sorted(n for n in names if _bytes(one / n) != _bytes(other / n))


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
