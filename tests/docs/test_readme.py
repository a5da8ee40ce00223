"""The line of the README that installs stackgen and builds the reference stack, word for word."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests import sandbox

TRY = re.compile(r"<!-- try -->\n```bash\n(.*)\n```\n")


def test_the_first_line_installs_and_builds(tmp_path: Path) -> None:
    (command,) = TRY.findall((sandbox.ROOT / "README.md").read_text(encoding="utf-8"))
    copy = sandbox.repository(tmp_path / "stackgen")
    shutil.rmtree(copy / "out")
    done = sandbox.run(["bash", "-c", command], copy, sandbox.environment(HOME=str(tmp_path)))
    if "No matching distribution" in done.stdout or "ConnectionError" in done.stdout:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stdout
    assert sandbox.same_trees(copy / "out", sandbox.ROOT / "out") == []
