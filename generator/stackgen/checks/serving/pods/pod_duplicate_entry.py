"""Variables and ports that a container has twice, which server-side apply rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.escape import visible
from stackgen.facts.quantity import whole
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

# The API server rejects the same in custom resources: `schema-duplicate-item` says so.
_NATIVE = ("", "apps", "batch")


def check(context: Context) -> Violations:
    """One finding for each entry that repeats an earlier one of its container."""
    for pod in pod_specs(context):
        if pod.resource.group in _NATIVE:
            for path, container in pod.containers():
                yield from _repeated(pod, path, container)


def _repeated(pod: PodSpec, path: Path, container: dict[str, Any]) -> Violations:
    for field, entries in (("env", _variables(container)), ("ports", _ports(container))):
        seen = dict[str, int]()
        for i, (words, key) in entries:
            first = seen.setdefault(key, i)
            if first != i:
                name = visible(text(container.get("name")))
                yield violation(
                    f"container {name} has {words} twice, first in {field}[{first}]",
                    pod.place(*path, field, i),
                )


def _variables(container: dict[str, Any]) -> Iterator[tuple[int, tuple[str, str]]]:
    for i, one in maps(container.get("env")):
        if name := text(one.get("name")):
            yield i, (f"the variable {visible(name)}", name)


def _ports(container: dict[str, Any]) -> Iterator[tuple[int, tuple[str, str]]]:
    for i, one in maps(container.get("ports")):
        number, protocol = whole(one.get("containerPort")), text(one.get("protocol")) or "TCP"
        if number is not None:
            yield i, (f"the port {number}/{visible(protocol)}", f"{number}/{protocol}")
