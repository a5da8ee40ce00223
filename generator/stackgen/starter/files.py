"""The files of a new stack: the pattern's, and those that keep it in step."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stackgen import paths
from stackgen.reading import read_bytes

# Where each kind of CI looks for its file, and the file here.
CI = {
    "github": (".github/workflows/stackgen.yml", "github.yml"),
    "gitlab": (".gitlab-ci.yml", "gitlab.yml"),
    "argo": ("ci/argo-workflow.yaml", "argo.yml"),
    "none": None,
}
_CHANGE = re.compile(r"# change: (.*)$")


def files(stack: Mapping[str, bytes], ci: str) -> dict[str, bytes]:
    """What to write, by path, sorted. stack: the spec and its overlays. ci: a key of CI."""
    found = dict(stack)
    found[".pre-commit-config.yaml"] = _read("pre-commit-config.yaml")
    place = CI[ci]
    row = b""
    if place is not None:
        file, source = place
        found[file] = _read(source)
        row = f"| `{file}` | the same on every pull request |\n".encode()
    found["README.md"] = _read("readme.md").replace(b"{ci}\n", row)
    return dict(sorted(found.items()))


def to_change(content: bytes) -> list[tuple[int, str]]:
    """The lines of a file that its owner has to change: number, and what belongs there."""
    lines = content.decode("utf-8").splitlines()
    found = ((number, _CHANGE.search(line)) for number, line in enumerate(lines, 1))
    return [(number, match[1]) for number, match in found if match is not None]


def _read(name: str) -> bytes:
    return read_bytes(paths.starter(name))
