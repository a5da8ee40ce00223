"""Lines of scripts that begin with a flag, because the command above them has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.regex import regex

_FLAG = regex(r"\s*(--[a-z][\w-]*)(?:[=\s]|\Z)")
# Programs that set up clusters, at the begin of a command.
_COMMAND = regex(r"\s*(?:sudo\s+)?(?:kubectl|oc|gcloud|helm|flux|argocd|terraform|eksctl|az|aws)\s")
_HERE = regex(r"(?<!<)<<-?\s*['\"\\]?(\w+)['\"]?")


def flags_alone(text: str) -> Iterator[tuple[int, str, int]]:
    """The number of such a line, its flag, and the number of the line that ended the command."""
    lines = text.split("\n")
    inside = _in_documents(lines)
    for i, line in enumerate(lines):
        found = _FLAG.match(line) if "--" in line and i and not inside[i] else None
        if found is None or lines[i - 1].endswith("\\"):
            continue
        end = i - 1
        # What is between the flag and the command: comments and empty lines below a backslash.
        while end > 0 and _is_empty(lines[end]):
            end -= 1
        if end < i - 1 and not lines[end].endswith("\\"):
            continue
        start = end
        while start > 0 and lines[start - 1].endswith("\\"):
            start -= 1
        command = " ".join(one.rstrip("\\ ") for one in lines[start : end + 1])
        if _COMMAND.match(command) and _is_whole(command):
            yield i + 1, found[1], (end if end == i - 1 else end + 1) + 1


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _is_whole(command: str) -> bool:
    """Whether quotes and parentheses are closed, and nothing has to follow."""
    closed = all(command.count(one) % 2 == 0 for one in ("'", '"', "`"))
    paired = command.count("(") == command.count(")") and command.count("{") == command.count("}")
    return closed and paired and not command.rstrip().endswith(("|", "&&", "||"))


def _in_documents(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is in the body of a here-document."""
    found, end = [], ""
    for line in lines:
        found.append(bool(end))
        if end:
            end = "" if line.strip() == end else end
        elif (here := _HERE.search(line)) is not None and not line.lstrip().startswith("#"):
            end = here[1]
    return found
