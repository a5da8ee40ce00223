"""What a Pod template changes: the times of the end of a server, and the volumes that it mounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.catalog.load import Catalog
from stackgen.facts.lifecycle import pre_stop_seconds
from stackgen.origin import Origin, Traced
from stackgen.plan.model import Release
from stackgen.plan.pod_template import drain, grace, pre_stop, replaces
from stackgen.spec.serving import Model
from tests.plan import planning

T = TypeVar("T")


def _traced(value: T) -> Traced[T]:
    return Traced(value, Origin("rule", "test", "of the test"))


USUAL = _traced("--shutdown-timeout=45")


@pytest.fixture(scope="module")
def model() -> Model:
    return planning.model("{}").spec


@pytest.fixture(scope="module")
def release() -> Release:
    (row,) = [r for r in Catalog().rows("release") if r.key == "llm-d-0.9"]
    return Release(row, _traced("llm-d-0.9"), _traced(None))


def _with(model: Model, **spec: Any) -> Model:
    return replace(model, template=_traced({"spec": spec}))


def _container(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": "modelserver", **fields}]


def _times(model: Model, release: Release) -> tuple[int, int, str]:
    ends, waits = grace(model, release).value, pre_stop(model, release).value
    return ends, waits, drain(model, release, USUAL).value.partition("=")[2]


@given(seconds=st.integers(0, 4000), hook=st.none() | st.integers(1, 4000))
def test_pre_stop_and_answers_fit_into_any_grace_period(
    model: Model, release: Release, seconds: int, hook: int | None
) -> None:
    sleep = {} if hook is None else {"lifecycle": {"preStop": {"sleep": {"seconds": hook}}}}
    given = _with(model, terminationGracePeriodSeconds=seconds, containers=_container(**sleep))
    ends, waits, drains = _times(given, release)
    assert ends == seconds
    assert hook in (None, waits)
    assert 0 <= int(drains) <= max(ends - waits, 0)
    assert int(drains) <= 45
    assert waits <= ends or waits == hook
    assert waits or not ends


@pytest.mark.parametrize(
    ("spec", "times"),
    [
        ({}, (75, 15, "45")),
        ({"terminationGracePeriodSeconds": 300}, (300, 15, "45")),
        ({"terminationGracePeriodSeconds": 45}, (45, 15, "20")),
        ({"terminationGracePeriodSeconds": None}, (30, 10, "14")),
        (
            {
                "containers": _container(
                    lifecycle={"preStop": {"exec": {"command": ["sleep", "60"]}}}
                )
            },
            (75, 60, "10"),
        ),
    ],
)
def test_the_times_of_a_server(
    model: Model, release: Release, spec: dict[str, Any], times: tuple[int, int, str]
) -> None:
    assert _times(_with(model, **spec), release) == times


def test_other_flags_stay_as_they_are(model: Model, release: Release) -> None:
    short = _with(model, terminationGracePeriodSeconds=5)
    for flag in ("--dtype=auto", "--shutdown-timeout=1", "--shutdown-timeout=x"):
        assert drain(short, release, _traced(flag)).value == flag


def test_a_volume_of_the_template_takes_the_place_of_one_at_its_path(
    model: Model, release: Release
) -> None:
    mounts = [{"name": "shm", "mountPath": "/dev/shm"}]
    given = _with(model, volumes=[{"name": "shm"}], containers=_container(volumeMounts=mounts))
    assert replaces(given, release, "/dev/shm", "dshm")
    assert not replaces(given, release, "/dev/shm", "shm")
    assert not replaces(given, release, "/tmp", "tmp")
    unknown = _with(model, containers=_container(volumeMounts=mounts))
    assert not replaces(unknown, release, "/dev/shm", "dshm")


def test_the_sleep_of_a_hook() -> None:
    hooks = [
        {"sleep": {"seconds": 7}}, {"exec": {"command": ["sh", "-c", "exec /bin/sleep 7s"]}},
        {"exec": {"command": ["sh", "-c", "sleep 7; stop"]}}, {"httpGet": {"port": 1}}, None, {},
    ]  # fmt: skip
    found = [pre_stop_seconds({"lifecycle": {"preStop": hook}}) for hook in hooks]
    assert found == [7, 7, 7, 0, 0, 0]
