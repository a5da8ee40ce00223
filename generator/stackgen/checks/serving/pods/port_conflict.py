"""Two containers of a Pod that listen on one port."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import maps, number, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each second container that declares a port of another one."""
    for pod in merged_pod_specs(context):
        yield from _violations(pod)


def _violations(pod: PodSpec) -> Violations:
    taken: dict[tuple[Any, ...], tuple[str, Path]] = {}
    for path, container in pod.containers():
        # An init container has ended, unless it is a sidecar.
        if path[0] == "initContainers" and container.get("restartPolicy") != "Always":
            continue
        name = text(container.get("name"))
        own: set[tuple[Any, ...]] = set()
        for i, port in maps(container.get("ports")):
            number_ = number(port.get("containerPort"))
            key = (number_, port.get("protocol") or "TCP", port.get("hostIP"))
            where = (*path, "ports", i)
            if number_ is None or key in own:
                continue
            own.add(key)
            if _moved(container, number_):
                continue
            if key in taken and taken[key][0] != name:
                yield violation(
                    f"containers {visible(taken[key][0])} and {visible(name)} both listen on port "
                    f"{number_}; containers of a Pod share its network",
                    pod.place(*where),
                    pod.place(*taken[key][1]),
                )
            else:
                taken[key] = (name, where)


def _moved(container: dict[str, Any], declared: Any) -> bool:
    """Whether the variable PORT has another port than the one that is declared."""
    given = {
        str(one.get("value")) for _, one in maps(container.get("env")) if one.get("name") == "PORT"
    }
    return bool(given) and str(declared) not in given
