"""Run the tests with other versions of the dependencies than the locked ones.

    python tools/test_versions.py lowest   the lowest versions that pyproject.toml allows
    python tools/test_versions.py newest   the newest versions that pyproject.toml allows

What follows goes to pytest; `-n auto` when nothing follows. Needs a package index; makes a virtual
environment in build/, with the Python that runs this.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESOLUTION = {"lowest": "lowest-direct", "newest": "highest"}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in RESOLUTION:
        sys.stderr.write(__doc__ or "")
        return 2
    which, *rest = arguments
    folder = ROOT / "build" / f"versions-{which}"
    venv.create(folder, clear=True, with_pip=True)
    python = str(folder / "bin" / "python")
    _run(python, "-m", "pip", "install", "--quiet", "uv")
    install = [python, "-m", "uv", "pip", "install", "--python", python, "--upgrade"]
    _run(*install, "--resolution", RESOLUTION[which], "--editable", ".[test]")
    _run(python, "-m", "uv", "pip", "list", "--python", python)
    # No PYTHONPATH: the tests see what was just installed.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    tests = [python, "-m", "pytest", *(rest or ["-n", "auto"])]
    return subprocess.run(tests, cwd=ROOT, env=env, check=False).returncode


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
