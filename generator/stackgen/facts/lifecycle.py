"""How long a container may take to start, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from stackgen.facts import command_line
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_list, at, number, text
from stackgen.facts.workloads import Container
from stackgen.findings.model import Place
from stackgen.record import record
from stackgen.regex import regex

# Without the field, Kubernetes waits so long. Source: Pod v1 API reference, Kubernetes 1.36.
DEFAULT_GRACE = 30
_SLEEP = regex(
    r"(?m)(?:^|[;&]|\bthen\b)\s*(?:exec\s+)?(?:/(?:usr/)?bin/)?sleep\s+(\d+)s?\s*(?=$|;|&&|\|\|)"
)
# What may end the hook before a sleep, or run it several times.
_BRANCHES = regex(r"\b(?:if|while|until|for|case|exit|timeout)\b")


def pre_stop_seconds(container: Mapping[str, Any]) -> int:
    """The seconds that a preStop hook sleeps at the least; 0 where it has branches."""
    hook = at(container, "lifecycle", "preStop")
    seconds = number(at(hook, "sleep", "seconds"))
    words = [w for w in as_list(at(hook, "exec", "command")) if isinstance(w, str)]
    script = words[-1] if len(words) > 1 and _shell(words[0]) else " ".join(words)
    if seconds is not None or _BRANCHES.search(script):
        return seconds or 0
    return sum(int(found) for found in _SLEEP.findall(script))


def _shell(word: str) -> bool:
    return os.path.basename(text(word)) in command_line.SHELLS


# What Kubernetes takes for fields that are left out.
DEFAULTS = {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 3}


@record
class StartupBudget:
    """seconds: from start to kill. sum: how they come about, in words. place: of the probe."""

    seconds: int
    sum: str
    place: Place


def startup_budget(container: Container) -> StartupBudget | None:
    """What the startupProbe allows, or else the livenessProbe; None when nothing kills it."""
    for name in ("startupProbe", "livenessProbe"):
        probe = container.probe(name)
        if probe is None:
            continue
        numbers = [_number(probe, key, default) for key, default in DEFAULTS.items()]
        if any(n is None for n in numbers):
            return None
        delay, period, failures = (n or 0 for n in numbers)
        seconds = delay + period * failures
        words = (
            f"{name} {delay} + {period} x {failures} s"
            if delay
            else (f"{name} {period} x {failures} s")
        )
        preset = None if isinstance(container.data.get(name), dict) else container.preset
        if preset is None:
            return StartupBudget(seconds, words, container.place(name, key=True))
        words = f"{words} of {preset.platform}'s preset"
        return StartupBudget(seconds, words, container.place("name"))
    return None


def _number(probe: dict[str, Any], key: str, default: int) -> int | None:
    value = probe.get(key)
    return default if value is None else whole(value)
