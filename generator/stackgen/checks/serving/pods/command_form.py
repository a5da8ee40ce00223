"""A command whose form makes another program of it than it looks like."""

from __future__ import annotations

import os
import re
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.escape import visible
from stackgen.facts.command_line import SHELLS
from stackgen.facts.containers import words
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex

_PROGRAMS = {*SHELLS, "python", "python3"}
_SCRIPT = regex(r"-[a-z]*c[a-z]*")
# A statement of its own, not one of an `if` or in the background.
_SLEEP = regex(r"(?:^|[;\n]|&&)\s*(?:sleep\s+inf(?:inity)?|tail\s+-f\s+/dev/null)\s*(?:;|\n|&&)")
_ONLY_SLEEP = regex(r"(?:\S*sh -\S*c )?(?:\S*sleep\s+inf(?:inity)?|tail -f /dev/null);?")
# A command line that a shell would split.
_LINE = regex(r"(?:python3?|vllm|sglang|trtllm-serve) +\S+ +\S[^\n]*\Z")
_SERVER = regex(r"\bvllm serve\b|vllm\.entrypoints|sglang\.launch_server|\bsglang serve\b")


def check(context: Context) -> Violations:
    """One finding for each container: a script of one word, a program with spaces or in `args`."""
    catalog = context.catalog.copy()
    for pod in pod_specs(context):
        for path, container in pod.containers():
            yield from _violations(catalog, pod, path, container)


def _sleeps(
    pod: PodSpec, path: Path, container: dict[str, Any], said: list[tuple[Path, str]]
) -> Violations:
    """A wait without an end, before the command of a server or in place of it."""
    name = visible(text(container.get("name")))
    for where, word in said:
        found = _SLEEP.search(word)
        rest = word[found.end() :] if found is not None else ""
        if _SERVER.search(rest) and not _SERVER.search(word[: len(word) - len(rest)]):
            yield violation(
                f"container {name} sleeps without an end before it starts the server",
                pod.place(*path, *where),
                remedy="Remove `sleep` from the command.",
            )
    asked = [probe for probe in ("startupProbe", "readinessProbe") if container.get(probe)]
    if asked and _ONLY_SLEEP.fullmatch(" ".join(word for _, word in said).strip()):
        yield violation(
            f"container {name} only sleeps, and its {asked[0]} never succeeds",
            pod.place(*path, *said[0][0]),
            remedy="Set the command of the server.",
        )


def _violations(
    catalog: Catalog, pod: PodSpec, path: Path, container: dict[str, Any]
) -> Violations:
    said = list(words(container))
    name = visible(text(container.get("name")))
    if not said:
        return
    where, first = said[0]
    if not container.get("command"):
        row = image_row(catalog, text(container.get("image")))
        starts = text(row.data.get("entrypoint")) if row is not None else ""
        if starts and os.path.basename(first) in {*_PROGRAMS, *starts.split()}:
            yield violation(
                f"container {name} has no command, so that {visible(first)} is an argument of "
                f"{starts}, which the image starts",
                pod.place(*path, *where),
                remedy="Move the program to `command`, or keep only the options in `args`.",
            )
        elif len(said) == 1 and _LINE.match(first):
            yield violation(
                f"container {name} has no command, and args is one word with spaces: the program "
                f"that the image starts gets {visible(repr(first))} as a single argument",
                pod.place(*path, *where),
                severity=Severity.WARNING,
                confidence="medium",
                remedy="Write each word as a separate item, with the program in `command`.",
            )
        return
    if " " in first.strip() and plain(first) and "\n" not in first and not os.path.isabs(first):
        yield violation(
            f"container {name} runs a program called {visible(repr(first))}, with spaces in "
            "its name; write each word as a separate item",
            pod.place(*path, *where),
        )
        return
    yield from _sleeps(pod, path, container, said)
    if os.path.basename(first) in SHELLS:
        found = next((k for k, w in enumerate(said[1:], 1) if _SCRIPT.fullmatch(w[1])), None)
        if found is None or found + 2 >= len(said):
            return
        where, script = said[found + 1]
        others = [word for _, word in said[found + 2 :]]
        # `sh -c 'exec "$@"' -- ...` uses them; a single name for $0 is a habit.
        if re.fullmatch(r"[\w./-]+", script) and (len(others) > 1 or others[0].startswith("-")):
            yield violation(
                f"container {name} runs {visible(script)} alone: the shell takes the words after "
                f"it, from {visible(others[0])}, as its own arguments",
                pod.place(*path, *where),
            )
