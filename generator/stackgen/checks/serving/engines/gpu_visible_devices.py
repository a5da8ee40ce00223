"""A variable that names GPUs which the container does not have, or more than it requests."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

_CUDA, _RUNTIME = "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"
_UUID = regex(r"\b(?:GPU|MIG)-[0-9a-fA-F-]{8,}")
_INDEXES = regex(r"\d{1,3}(?:\s*,\s*\d{1,3})*")
_REQUESTED = regex(r"nvidia\.com/(?:gpu|mig-[\w.]+)")


def check(context: Context) -> Violations:
    """One finding for each variable of a container that requests GPUs."""
    for pod in pod_specs(context):
        for path, container in pod.containers():
            count = _gpus(container)
            if count is None or at(container, "securityContext", "privileged") is True:
                continue
            for i, env in maps(container.get("env")):
                said = _wrong(text(env.get("name")), text(env.get("value")), count)
                if said:
                    yield violation(said, pod.place(*path, "env", i, "value"))


def _gpus(container: dict[str, Any]) -> int | None:
    """The GPUs or slices that a container requests; None for none."""
    limits = as_dict(as_dict(container.get("resources")).get("limits"))
    found = [whole(amount) for key, amount in limits.items() if _REQUESTED.fullmatch(str(key))]
    return sum(n or 0 for n in found) or None


def _wrong(name: str, value: str, count: int) -> str:
    if name == _RUNTIME and value == "all":
        return f"{name} gives the container all GPUs of its node; it requests {count}"
    if name != _CUDA:
        return ""
    uuid = _UUID.search(value)
    if uuid is not None:
        return f"{name} names {uuid[0]}; the device plugin chooses which device the container gets"
    if _INDEXES.fullmatch(value):
        most = max(int(index) for index in value.split(","))
        if most >= count:
            return f"{name} names device {most}; the container has {count}, which begin with 0"
    return ""
