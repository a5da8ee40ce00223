"""A container that gets less time to end than it is told to take."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts import command_line
from stackgen.facts.shape import as_list, at, maps, number, text
from stackgen.findings.model import Violations, violation

# Without the field, Kubernetes waits so long.
_DEFAULT = 30
_SLEEP = re.compile(r"\s*(?:exec\s+)?(?:/(?:usr/)?bin/)?sleep\s+(\d+)s?\s*")
_DRAIN = "shutdown-timeout"


def check(context: Context) -> Violations:
    """One finding for each container whose times are known."""
    for pod in merged_pod_specs(context):
        given = pod.spec.get("terminationGracePeriodSeconds", _DEFAULT)
        grace = number(given)
        for path, container in pod.containers() if grace is not None else ():
            sleeps, drains = _sleep(container), _drain(container)
            # A hook that ends with the period leaves the process two seconds.
            if not sleeps + drains or sleeps + drains < (grace or 0) or grace is None:
                continue
            if sleeps + drains == grace and drains:
                continue
            parts = [f"sleeps {sleeps} s in preStop"] if sleeps else []
            parts += [f"finishes its requests in {drains} s (--{_DRAIN})"] if drains else []
            field = "terminationGracePeriodSeconds"
            place = pod.place(field) if field in pod.spec else pod.place(*path)
            yield violation(
                f"container {visible(text(container.get('name')))} {' and '.join(parts)}; the Pod "
                f"has {grace} s to end",
                place,
            )


def _sleep(container: Mapping[str, Any]) -> int:
    """The seconds that a preStop hook sleeps, if that is all it does."""
    hook = at(container, "lifecycle", "preStop")
    seconds = number(at(hook, "sleep", "seconds"))
    words = [w for w in as_list(at(hook, "exec", "command")) if isinstance(w, str)]
    script = words[-1] if len(words) > 1 and _shell(words[0]) else " ".join(words)
    found = _SLEEP.fullmatch(script)
    return seconds if seconds is not None else int(found[1]) if found else 0


def _shell(word: str) -> bool:
    return os.path.basename(word) in command_line.SHELLS


def _drain(container: Mapping[str, Any]) -> int:
    """The seconds that vLLM gives running requests."""
    environment = {
        text(one.get("name")): text(one.get("value")) for _, one in maps(container.get("env"))
    }
    line = command_line.read(container.get("command"), container.get("args"), environment, ())
    return (line.number(_DRAIN) or 0) if _DRAIN in line.flags else 0
