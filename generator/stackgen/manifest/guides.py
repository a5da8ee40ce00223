"""Pages of Markdown that say how to set up a cluster: the manifests and commands in code blocks."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.manifest import shell
from stackgen.regex import regex

SUFFIXES = (".md",)
# What begins and ends a code block.
MARKS = ("```", "~~~")
_FENCE = regex(r"\s*(?:>\s*)?(?P<marks>`{3,}|~{3,})\s*(?P<language>[\w+-]*)")
_PROMPT = regex(r"^([ \t]*)\$ ")
_YAML = ("yaml", "yml")
# A block without a language has commands, or something without any.
_SHELL = ("", "bash", "console", "sh", "shell", "zsh")


def manifests(text: str) -> str:
    """The manifests in the code blocks of a page, and those in here-documents that are applied.

    They are on their own lines, with an empty line for every other line of the page; empty when
    there are none. A block without `apiVersion` and `kind` is a part of an object.
    """
    if "apiVersion:" not in text or "kind:" not in text:
        return ""
    lines = text.split("\n")
    kept = [""] * len(lines)
    for language, begin, end in _blocks(lines):
        if language in _YAML and _is_whole(lines[begin:end]):
            kept[begin - 1 : end + 1] = ["---", *map(_plain, lines[begin:end]), ""]
    for i, line in enumerate(shell.manifests(commands(text)).split("\n")):
        kept[i] = line or kept[i]
    return "\n".join(kept) if any(kept) else ""


def commands(text: str) -> str:
    """The commands in the code blocks of a page, on their own lines; empty when there are none."""
    lines = text.split("\n")
    kept = [""] * len(lines)
    for language, begin, end in _blocks(lines):
        if language in _SHELL:
            kept[begin:end] = (_PROMPT.sub(r"\1  ", line) for line in lines[begin:end])
    return "\n".join(kept) if any(kept) else ""


def _blocks(lines: list[str]) -> Iterator[tuple[str, int, int]]:
    """The code blocks: the language, the first line and the line after the last."""
    marks, language, begin = "", "", 0
    for i, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if not marks:
            marks, language, begin = fence["marks"], fence["language"].lower(), i
        elif fence["marks"].startswith(marks) and not fence["language"]:
            yield language, begin + 1, i
            marks = ""


def _is_whole(body: list[str]) -> bool:
    begins = [line.lstrip() for line in body]
    return all(any(x.startswith(key) for x in begins) for key in ("apiVersion:", "kind:"))


def _plain(line: str) -> str:
    """A line of a block, where `---` separates documents also in an indented block."""
    return "---" if line.strip() == "---" else line
