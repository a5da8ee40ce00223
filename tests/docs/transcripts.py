"""Commands in the documentation, and what they print.

A block after `<!-- run -->` is run as it stands: lines that begin with `$ ` are commands, the
lines below one are what it prints on both streams. `<!-- run: exit 1 -->` says how the last
command ends. The blocks of a page run in order, in one copy of the reference stack.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests import sandbox

BLOCK = re.compile(r"<!-- run(?:: exit \d)? -->\n```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every page of the documentation."""
    return sorted(sandbox.ROOT.glob("*.md")) + sorted((sandbox.ROOT / "docs").rglob("*.md"))


def commands(body: str) -> list[str]:
    """The commands of a block."""
    return re.findall(r"^\$ (.*)$", body, flags=re.MULTILINE)


def rerun(text: str, folder: Path, limit: float | None = None) -> str:
    """The page with what its commands print now, in a copy of the reference stack below `folder`.

    limit: seconds for one command, or subprocess.TimeoutExpired is raised.
    """
    root = sandbox.stack(folder / "stackgen")
    env = sandbox.environment(PYTHONPATH=str(sandbox.ROOT / "generator"), HOME=str(folder))

    def block(match: re.Match[str]) -> str:
        body, code = "", 0
        for command in commands(match[1]):
            done = sandbox.run(["bash", "-c", command], root, env, limit)
            body, code = f"{body}$ {command}\n{done.stdout}", done.returncode
            assert code in (0, 1, 2), f"{command}\n{done.stdout}"
        mark = f": exit {code}" if code else ""
        return f"<!-- run{mark} -->\n```console\n{body}```"

    return BLOCK.sub(block, text)
