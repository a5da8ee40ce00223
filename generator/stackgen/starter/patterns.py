"""The patterns to start from: folders of `patterns/`, each a whole stack."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from stackgen import paths
from stackgen.errors import UsageError
from stackgen.reading import read_bytes, read_text, walk
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# What the reference architecture calls them.
_NUMBERS = {"1": "single", "2": "multi-model", "3": "replicas", "4": "multi-host"}
_SPEC = "stack.yaml"
# Serving platforms to start with, and how the folders of their patterns begin. xks: the reference
# architecture, llm-d-infra-xks.
PLATFORMS = {"xks": "", "kserve": "kserve-", "llm-d": "llm-d-"}


def names() -> tuple[str, ...]:
    """The folders of all patterns, sorted."""
    folder = paths.patterns()
    return tuple(n for n in sorted(os.listdir(folder)) if os.path.isfile(paths.patterns(n, _SPEC)))


def of_platform(platform: str) -> dict[str, str]:
    """The folders of a platform's patterns, by the name of the pattern."""
    prefix = PLATFORMS[platform]
    others = tuple(p for p in PLATFORMS.values() if p.startswith(prefix) and p != prefix)
    mine = (n for n in names() if n.startswith(prefix) and not n.startswith(others))
    return {n.removeprefix(prefix): n for n in mine}


def named(word: str, platform: str) -> str:
    """The folder of the pattern that `word` names, by its name or number.

    platform: one of PLATFORMS. Raises UsageError for other words.
    """
    known = of_platform(platform)
    name = _NUMBERS.get(word, word)
    if name not in known:
        hint = did_you_mean(word, known) or f"; there is {', '.join(known)}"
        raise UsageError(f"no pattern of {platform} is called {word!r}{hint}")
    return known[name]


def summary(name: str) -> str:
    """What a pattern is, in a sentence: the first line of its spec."""
    first, _, _ = read_text(paths.patterns(name, _SPEC)).partition("\n")
    return first.lstrip("# ").strip()


def files(name: str) -> Iterator[tuple[str, bytes]]:
    """The files of a pattern: path, with slashes, and content."""
    top = paths.patterns(name)
    for folder, _, found in walk(top):
        for file in found:
            path = os.path.join(folder, file)
            yield os.path.relpath(path, top).replace(os.sep, "/"), read_bytes(path)


# Where each kind of CI looks for its file, and the file here.
CI = {
    "github": (".github/workflows/stackgen.yml", "github.yml"),
    "gitlab": (".gitlab-ci.yml", "gitlab.yml"),
    "argo": ("ci/argo-workflow.yaml", "argo.yml"),
    "none": None,
}
_CHANGE = regex(r"# change: (.*)$")


def pattern_files(stack: Mapping[str, bytes], ci: str) -> dict[str, bytes]:
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
