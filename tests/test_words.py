"""Words that the writing style rules out, in what has been rewritten: see CONTRIBUTING.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox import ROOT

# Files, and folders with all below them. The list only grows.
CONVERTED = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/adopt.md",
    "docs/architecture.md",
    "docs/design-notes.md",
    "docs/editors.md",
    "docs/findings.md",
    "docs/gateway.md",
    "docs/lint-review.md",
    "docs/output.md",
    "docs/plan.md",
    "docs/policies.md",
    "docs/provenance.md",
    "docs/reliability.md",
    "docs/review.md",
    "docs/rollout.md",
    "docs/rules",
    "docs/schema-disagreements.md",
    "docs/schemas.md",
    "docs/serving.md",
    "docs/start.md",
    "docs/workflow.md",
    "docs/network.md",
    "generator/stackgen",
    "policies",
    "tools",
    "benchmarks",
    "Containerfile",
    ".github",
)
# What to write instead.
WORDS = {
    r"nobody": "no one, or say which client, user or object",
    r"(some|any)body": "someone, or say who",
    r"who(so)?ever": "anyone who, or say who",
    r"for ?ever": "permanently, or until what",
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again, or recreated",
    r"reckon(s|ed|ing)?": "compute, or assume",
    r"thereby|whereby|hence|thence|whence": "so, or so that",
    r"catalogues?": "catalog",
    r"pass(ed|es|ing)? over": "skip",
    r"no more(?! than)": "no longer",
    r"naught|nought|ought": "nothing, or must",
    r"at once": "immediately, or at the same time",
    r"lest|albeit|amidst|whilst": "so that not, although, while",
}
FORBIDDEN = {re.compile(rf"\b({word})\b", re.IGNORECASE): say for word, say in WORDS.items()}
# Ids of risks stay, since reports name them.
RISKS = ROOT / "generator" / "stackgen" / "review" / "risks.yaml"
_IDS = re.findall(r"^- id: (\S+)$", RISKS.read_text(encoding="utf-8"), re.MULTILINE)
IDS = re.compile(rf"(?<![-\w])({'|'.join(_IDS)})(?![-\w])")
# Code in a page is what a command prints, and the table of the guide names the words to avoid.
NOT_PROSE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
GUIDE = re.compile(r"^\| write \| not \|.*?\n\n", re.DOTALL | re.MULTILINE)


def _files(name: str) -> Iterator[Path]:
    path = ROOT / name
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    yield from (f for f in files if f.is_file() and "__pycache__" not in f.parts)


def _prose(file: Path) -> str:
    """The text of a file, with blanks for what is not prose, so that lines keep their numbers."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".md":
        return IDS.sub("", text)
    for left_out in (GUIDE, NOT_PROSE):
        text = left_out.sub(lambda match: "\n" * match[0].count("\n"), text)
    return text


def found(text: str) -> list[str]:
    """Each forbidden word of a text as `line: word, instead`."""
    return [
        f"{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}: write {say}"
        for pattern, say in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]


@pytest.mark.parametrize("name", CONVERTED)
def test_what_is_converted_has_no_forbidden_word(name: str) -> None:
    files = list(_files(name))
    assert files
    assert {str(f.relative_to(ROOT)): w for f in files if (w := found(_prose(f)))} == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nobody mends it.", ["1: 'Nobody'", "1: 'mends'"]),
        ("It is no more\nthere, for ever.", ["1: 'no more'", "2: 'for ever'"]),
        ("No more than 3 recommended amendments; the forum.", []),
    ],
)
def test_forbidden_words_are_found(text: str, words: list[str]) -> None:
    assert sorted(line.rpartition(": write")[0] for line in found(text)) == sorted(words)
