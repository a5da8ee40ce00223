"""A variable in the form of a shell, in a command that no shell runs."""

from __future__ import annotations

import os
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.escape import visible
from stackgen.facts.command_line import SHELLS
from stackgen.facts.containers import words
from stackgen.facts.injected_variables import is_injected
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.regex import regex

_USE = regex(r"\$(?:\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))")
_SCRIPT = regex(r"#!\s*(?:/usr)?/bin/(?:env +)?(?:ba|da|z)?sh\b")
_KUBERNETES = regex(r"(?<![\\$])\$\(([A-Z][A-Z0-9]*_[A-Z0-9_]+)\)")
_PATHS = frozenset({"LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "CUDA_HOME", "CLASSPATH"})
_COMMENT = regex(r"(?m)^\s*#[^\n]*")
_LARGE = 200_000  # characters
# A JSON argument in single quotes.
_JSON = regex(r"(?:[\s=])'(\{[^']*\})'")
# Options whose next word is a program in a language of its own.
_PROGRAMS = frozenset({"-c", "-ec", "-lc", "-e", "--eval", "--command"})


def check(context: Context) -> Violations:
    """One finding for each container and name. Services of KServe have presets: left out."""
    yield from _of_scripts(context)
    for pod in pod_specs(context):
        if pod.resource.kind != "LLMInferenceService":
            for path, container in pod.containers():
                yield from _literal(pod, path, container)
                yield from _search_path(pod, path, container)


def _search_path(
    pod: PodSpec, path: tuple[str | int, ...], container: dict[str, Any]
) -> Violations:
    """A list of folders that is to be longer by one, and loses those of the image."""
    for i, one in maps(container.get("env")):
        name = text(one.get("name"))
        if name in _PATHS and f"${{{name}}}" in text(one.get("value")):
            yield violation(
                f"{name} has the text ${{{name}}}, which no shell expands; it replaces the value "
                "of the image",
                pod.place(*path, "env", i, "value"),
                severity=Severity.WARNING,
                remedy="Write the whole list.",
            )


def _of_scripts(context: Context) -> Violations:
    """Variables in the form of Kubernetes in a file of a ConfigMap that a shell runs."""
    for config in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(config.get("data")).items():
            script = isinstance(value, str) and len(value) <= _LARGE and _SCRIPT.match(value)
            for use in _KUBERNETES.finditer(_COMMENT.sub("", value)) if script else ():
                if f"{use[1]}()" in value:
                    continue  # a function of the script
                yield violation(
                    f"the shell takes $({use[1]}) for a command; Kubernetes expands this form in "
                    "the fields of a container, and not in a file",
                    Place(config, ("data", str(key))),
                    severity=Severity.WARNING,
                    remedy=f"Write ${{{use[1]}}}.",
                )
                break


def _literal(pod: PodSpec, path: tuple[str | int, ...], container: dict[str, Any]) -> Violations:
    said = list(words(container))
    own = {text(one.get("name")) for _, one in maps(container.get("env"))}
    if any(word in _PROGRAMS or os.path.basename(word) in SHELLS for _, word in said):
        for inner, word in said:
            for match in _JSON.finditer(word):
                for use in _USE.finditer(match[1]):
                    if (use[1] or use[2]) in own or is_injected(use[1] or use[2]):
                        yield violation(
                            f"container {visible(text(container.get('name')))} has {use[0]} in "
                            "single quotes, in which the shell does not expand it",
                            pod.place(*path, *inner),
                            severity=Severity.WARNING,
                        )
        return
    told: set[str] = set()
    for inner, word in said:
        for match in _USE.finditer(word) if "\n" not in word else ():
            name = match[1] or match[2]
            if name in told or not (name in own or is_injected(name)):
                continue
            told.add(name)
            # Without a command, the entry point of the image may be a script that expands it.
            yield violation(
                f"container {visible(text(container.get('name')))} has {match[0]} in its "
                f"{inner[0]}, but no shell runs it; Kubernetes expands $({name})",
                pod.place(*path, *inner),
                severity=None if container.get("command") else Severity.WARNING,
                confidence=None if container.get("command") else "medium",
            )
