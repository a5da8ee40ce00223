"""Running stackgen as a user does, and telling whether anything on the disk changed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tests import forks


@dataclass(frozen=True)
class Run:
    """What a run of stackgen said and returned."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything, as it stands in golden files."""
        return f"{self.out}{self.err}[exit {self.code}]\n"


def stackgen(*arguments: str, cwd: Path, given: str | None = None, **env: str) -> Run:
    """Run stackgen in `cwd`, piped and 80 columns wide.

    A variable that Python reads when it starts, or that chooses a cache, needs a new Python. All
    other runs are forks of one that has imported stackgen.
    """
    whole = {**_ENVIRONMENT, **env}
    if any(name.startswith("PYTHON") or name == "STACKGEN_CACHE" for name in env):
        done = subprocess.run(
            [sys.executable, "-m", "stackgen", *arguments],
            cwd=cwd, input=given, capture_output=True, encoding="utf-8", check=False, env=whole,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)
    with TemporaryFile() as read, TemporaryFile() as out, TemporaryFile() as err:
        read.write((given or "").encode())
        read.seek(0)
        code = forks.run(arguments, str(cwd), whole, (read, out, err))
        out.seek(0)
        err.seek(0)
        return Run(code, out.read().decode(), err.read().decode())


_ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "CI"}},
    "COLUMNS": "80",
    "PYTHONIOENCODING": "utf-8",
}

State = dict[str, tuple[int, int, bytes]]


def state(folder: Path) -> State:
    """Everything below `folder`: mode, time of the last change, content (or where a link leads)."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        content = b""
        if path.is_symlink():
            content = os.readlink(path).encode()
        elif path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (info.st_mode, info.st_mtime_ns, content)
    return found
