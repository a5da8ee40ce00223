"""A command that uses a variable which nothing sets, or a value that uses a later one."""

from __future__ import annotations

import os
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engines.model_routers import unset_variables
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.escape import visible
from stackgen.facts.containers import words
from stackgen.facts.injected_variables import is_injected
from stackgen.facts.shape import as_list, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_USE = regex(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
# Those of LeaderWorkerSet in a script, without a default.
_GROUP = regex(r"(?<!\$)\$(?:\{(LWS_[A-Z_]+)\}|(LWS_[A-Z_]+))")
_SHELLS = ("sh", "bash", "ash", "dash", "zsh")
# Names of LeaderWorkerSet that people misspell, beside those of the container.
_KNOWN = ("LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX", "JOB_COMPLETION_INDEX")


def check(context: Context) -> Violations:
    """One finding for each container and name.

    Services of KServe have presets: the names in their commands are left out.
    """
    for pod in pod_specs(context):
        if pod.resource.kind != "LLMInferenceService":
            for path, container in pod.containers():
                yield from _undefined(pod, path, container)
        for path, container in pod.containers():
            yield from _later(pod, path, container)
    yield from unset_variables(context)


def _later(pod: PodSpec, path: tuple[str | int, ...], container: dict[str, Any]) -> Violations:
    """Values that use a variable which the list has only after them."""
    env = [
        (i, text(one.get("name")), text(one.get("value"))) for i, one in maps(container.get("env"))
    ]
    first = {name: i for i, name, _ in reversed(env)}
    for i, name, value in env:
        used = next((x for x in _USE.findall(value) if first.get(x, i) > i), "")
        if used and not container.get("envFrom"):
            yield violation(
                f"{visible(name)} of container {visible(text(container.get('name')))} uses "
                f"{visible(used)}, which the list has only later",
                pod.place(*path, "env", i, "value"),
                impact=f"The program receives the text `$({visible(used)})`.",
                remedy=f"Move {visible(used)} before {visible(name)}.",
            )


def _undefined(pod: PodSpec, path: tuple[str | int, ...], container: dict[str, Any]) -> Violations:
    if container.get("envFrom"):
        return
    own = [text(one.get("name")) for _, one in maps(container.get("env"))]
    shell = os.path.basename(text(next(iter(as_list(container.get("command"))), ""))) in _SHELLS
    told, kind = set[str](), pod.resource.kind
    for inner, word in words(container):
        uses = _USE.findall(word)
        if shell:
            found = (a or b for a, b in _GROUP.findall(word))
            uses += [name for name in found if f"{name}=" not in word]
        for name in uses:
            # In a shell, `$(date)` runs a program. Their names have no upper-case letters.
            program = (shell or len(word.split()) > 1) and name == name.lower()
            if name in own or name in told or program or is_injected(name, kind):
                continue
            told.add(name)
            yield violation(
                f"container {visible(text(container.get('name')))} uses {visible(name)}, "
                f"and nothing sets it{did_you_mean(name, (*own, *_KNOWN))}",
                pod.place(*path, *inner),
            )
