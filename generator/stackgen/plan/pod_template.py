"""What the Pod template of a model changes: how its server ends, and what it mounts."""

from __future__ import annotations

from typing import Any

from stackgen.facts.lifecycle import DEFAULT_GRACE, pre_stop_seconds
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.origin import Traced, computed, flatten, given_or, is_value
from stackgen.plan.model import Release
from stackgen.spec.serving import Model

DTYPE = "--dtype"
_STORAGE = "ephemeral-storage"
DRAIN = "--shutdown-timeout"
_WHY = "the Pod template says otherwise"


def usual(model: Model) -> Traced[bool]:
    """Whether the Pods of a model have what a stack gives to all Pods."""
    return is_value(model.podDefaults, "stack")


def optional_flags(release: Release) -> set[str]:
    """Names of flags that servers have by default, and can do without."""
    return {DTYPE, *(map(named, release.row.data[release.platform].get("flags", ())))}


def named(flag: str) -> str:
    """The name of a flag that has its value after `=`."""
    return str(flag).partition("=")[0]


def replaces(model: Model, release: Release, path: str, volume: str) -> bool:
    """Whether the server mounts a volume of the template at `path`, in place of `volume`."""
    volumes = maps(at(_template(model).value, "spec", "volumes"))
    own = {text(v.get("name")) for _, v in volumes} - {"", volume}
    mounts = maps(_server(model, release).value.get("volumeMounts"))
    return any(m.get("mountPath") == path and text(m.get("name")) in own for _, m in mounts)


def grace(model: Model, release: Release) -> Traced[int]:
    """Seconds between the deletion of a Pod and its end."""
    return given_or(_template(model).map("grace period", _WHY, _grace), _of(release, "grace"))


def pre_stop(model: Model, release: Release) -> Traced[int]:
    """Seconds before the server is told: in a shorter period a third of it."""
    usual, own = _of(release, "pre_stop"), _server(model, release)
    if own_seconds := pre_stop_seconds(own.value):
        return own.map("preStop", _WHY, lambda _: own_seconds)
    period = grace(model, release)
    if period.value >= 3 * usual.value:
        return usual
    return computed(
        "a third", _WHY, lambda g, most: min(most, max(g // 3, min(g, 1))), period, usual
    )


def drain(model: Model, release: Release, flag: Traced[str]) -> Traced[str]:
    """The flag for the seconds of running answers: no more than are left after preStop.

    The server ends in a third of what is left, at most in the time that the release has for it.
    """
    name, _, usual = flag.value.partition("=")
    if name != DRAIN or not usual.isdecimal():
        return flag
    found = computed(
        DRAIN, _WHY, _drain_flag,
        flag, grace(model, release), pre_stop(model, release),
        _of(release, "grace"), _of(release, "pre_stop"),
    )  # fmt: skip
    return flag if found.value == flag.value else found


def _drain_flag(flag: str, period: int, before: int, usual_period: int, usual_before: int) -> str:
    usual = int(flag.partition("=")[2])
    left = max(period - before, 0)
    ends = usual_period - usual_before - usual
    return f"{DRAIN}={min(usual, left - min(ends, left // 3))}"


def plain(given: Traced[Any]) -> Traced[Any]:
    """An object of the spec as plain values."""
    return Traced(flatten(given, given.origin).data, given.origin)


def _template(model: Model) -> Traced[Any]:
    return plain(model.template)


def _server(model: Model, release: Release) -> Traced[dict[str, Any]]:
    """What the template says of the container of the server; empty for nothing."""
    name = str(release.serving("container").value)
    return _template(model).map(
        f"container {name}", "of the Pod template",
        lambda given: next(
            (dict(c) for _, c in maps(at(given, "spec", "containers")) if c.get("name") == name), {}
        ),
    )  # fmt: skip


def storage_request(model: Model, release: Release, planned: str) -> str:
    """The ephemeral storage that the rendered Pod requests; empty for none.

    planned: what a stack requests, unless the Pod template says otherwise.
    """
    asked = at(_server(model, release).value, "resources", "requests")
    if isinstance(asked, dict) and _STORAGE in asked:
        return text(asked[_STORAGE])
    return planned if usual(model).value else ""


def _of(release: Release, name: str) -> Traced[int]:
    return release.serving(f"{name}_seconds")


def _grace(given: Any) -> int | None:
    """The period that a Pod template sets; None for none. With null Kubernetes has its default."""
    spec = as_dict(at(given, "spec"))
    if "terminationGracePeriodSeconds" not in spec:
        return None
    seconds = spec["terminationGracePeriodSeconds"]
    return seconds if isinstance(seconds, int) and seconds >= 0 else DEFAULT_GRACE
