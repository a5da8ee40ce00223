"""A command that installs packages of the system as a user that may not."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.escape import visible
from stackgen.facts.containers import words
from stackgen.facts.shape import at, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex

# A statement of its own: not after `||`, not an argument of another program, and not one whose
# failure the script ignores.
_INSTALLS = regex(
    r"(?m)(?:^|[;&(]|\bthen\b|\bdo\b)\s*(?:\w+=\S*\s+)*"
    r"(?P<program>apt-get|apt|yum|dnf|microdnf|apk)\s+(?:-\S+\s+)*(?:install|add|update)\b"
    r"(?![^\n;]*\|\|\s*(?:true|:|echo)\b)"
)


def check(context: Context) -> Violations:
    """One finding for each container that must not run as root."""
    for pod in pod_specs(context):
        for path, container in pod.containers():
            if _not_root(pod, container):
                yield from _installs(pod, path, container)


def _installs(pod: PodSpec, path: Path, container: dict[str, Any]) -> Violations:
    for inner, word in words(container):
        found = _INSTALLS.search(word)
        if found is not None:
            yield violation(
                f"container {visible(text(container.get('name')))} runs {found['program']}, "
                "and its Pod does not run as root",
                pod.place(*path, *inner),
            )
            return


def _not_root(pod: PodSpec, container: dict[str, Any]) -> bool:
    settings = (container, pod.spec)
    users = [at(one, "securityContext", "runAsUser") for one in settings]
    user = next((one for one in users if one is not None), None)
    required = [at(one, "securityContext", "runAsNonRoot") for one in settings]
    asked = next((one for one in required if one is not None), None)
    return (isinstance(user, int) and user != 0) or (user is None and asked is True)
