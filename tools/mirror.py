"""Write a mirror for pre-commit: a small repository that installs a released stackgen.

    python tools/mirror.py VERSION FOLDER

pre-commit clones the repository of a hook and installs it. The mirror has the hooks of
.pre-commit-hooks.yaml and no code: its one dependency is the package stackgen of that version.
Commit the files there, and tag them with the version.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = """\
[project]
name = "stackgen-pre-commit"
version = "{version}"
requires-python = ">=3.11"
dependencies = ["stackgen=={version}"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = []
"""
README = """\
# stackgen for pre-commit

```yaml
repos:
  - repo: https://github.com/acme/stackgen-pre-commit     # where this mirror lives
    rev: v{version}
    hooks:
      - id: stackgen-build
```
"""
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?")


def files(version: str) -> dict[str, str]:
    """The files of the mirror. Raises ValueError for what is no version."""
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is not a version such as 0.2.0")
    return {
        "pyproject.toml": PYPROJECT.format(version=version),
        "README.md": README.format(version=version),
        "LICENSE": (ROOT / "LICENSE").read_text(encoding="utf-8"),
        ".pre-commit-hooks.yaml": (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"),
    }


def main(arguments: list[str]) -> int:
    """Write the files into the folder."""
    if len(arguments) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    version, folder = arguments
    for name, text in files(version).items():
        file = Path(folder) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
