"""Lock the versions that are installed: requirements/*.txt and the pins of the pre-commit hooks.

    python tools/lock.py             after a change of pyproject.toml; keeps versions that still fit
    python tools/lock.py --upgrade   moves every version to the newest that the bounds allow

Needs `uv` (`pip install uv`) and a package index. The files hold the hashes of every file of a
version, so one lock serves all platforms and Python versions.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
# The extras of pyproject.toml that each file holds, and what the file is for.
FILES = {
    "test.txt": (("test",), "to install stackgen from source and to run its tests"),
    "release.txt": (("release",), "to build the docs, write the bill of materials and publish"),
    "install.txt": ((), "to install stackgen from source: what it imports, and what builds it"),
}
HEADER = """\
# Exact versions with hashes, {purpose}.
# Made by `python tools/lock.py` from pyproject.toml. Do not edit.
# Wheels only: nothing that is downloaded runs code while it is installed.
--only-binary :all:
"""


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--upgrade"]):
        sys.stderr.write(__doc__ or "")
        return 2
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = "\n".join(project["build-system"]["requires"])
    for name, (extras, purpose) in FILES.items():
        file = FOLDER / name
        # The smaller file takes the versions of the larger one.
        same = [] if name == "test.txt" else ["--constraints", str(FOLDER / "test.txt")]
        extra = [f"--extra={extra}" for extra in extras]
        command = ["--generate-hashes", *extra, *arguments, *same, "--output-file", str(file), "-"]
        _compile(command, build)
        pins = file.read_text(encoding="utf-8")
        file.write_text(HEADER.format(purpose=purpose) + pins, encoding="utf-8")
    _pin_hooks()
    return 0


def _compile(arguments: list[str], build: str = "") -> str:
    """The exact versions for pyproject.toml on every platform. build: more requirements."""
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--no-header",
        "--no-annotate", "--python-version", "3.11", "pyproject.toml", *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, input=build, text=True, stdout=subprocess.PIPE, check=True
    )
    return done.stdout


def _pin_hooks() -> None:
    """pre-commit installs `.` and these in one pip call, which cannot take hashes."""
    pins = _compile(["--constraints", str(FOLDER / "install.txt")]).splitlines()
    line = f"  additional_dependencies: &locked {json.dumps(pins)}"
    text = HOOKS.read_text(encoding="utf-8")
    HOOKS.write_text(
        re.sub(r"  additional_dependencies: &locked .*", lambda _: line, text), "utf-8"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
