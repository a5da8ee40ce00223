"""The Pods of a service as its manifest describes them, with what the preset adds."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.facts.workloads import Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.workloads import described, templates_of
from tests.platforms.kserve.services import CATALOG, ROWS, service

MAIN: dict[str, Any] = {"containers": [{"name": "main"}]}


def _workloads(release: str = "", **spec: Any) -> list[Workload]:
    found = described(CATALOG, release, Bundle(()))(Resource(service(**spec), "a.yaml"))
    return list(found)


@pytest.mark.parametrize("release", ROWS)
def test_a_server_behind_a_sidecar_is_probed_on_its_own_port(release: str) -> None:
    """With prefill servers, the port of the service is the sidecar's."""
    (alone,) = _workloads(release, template=MAIN)
    decode, _ = _workloads(release, template=MAIN, prefill={"template": MAIN})
    ports = [
        next(one for one in found.containers if one.name == "main").probe("livenessProbe")
        for found in (alone, decode)
    ]
    assert [probe["httpGet"]["port"] for probe in ports if probe] == [8000, 8001]


def test_a_command_of_the_user_keeps_the_preset_from_splitting_the_model() -> None:
    main = {"name": "main", "resources": {"limits": {"google.com/tpu": "4"}}}
    own = {**main, "command": ["vllm", "serve"]}
    split = {"tensor": 4}
    (by_preset,) = _workloads(template={"containers": [main]}, parallelism=split)
    (by_user,) = _workloads(template={"containers": [own]}, parallelism=split)
    assert by_preset.service is not None and by_preset.service.splits
    assert by_user.service is not None and not by_user.service.splits


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ({"leaderTemplate": {}, "workerTemplate": {}}, ["a", "a-worker"]),
        # The workers serve themselves.
        ({"workerTemplate": {}}, ["a"]),
    ],
)
def test_the_pods_of_a_group_are_named_by_who_serves(group: Any, names: list[str]) -> None:
    data = {
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "a"},
        "spec": {"leaderWorkerTemplate": group},
    }
    assert [name for name, _ in templates_of(data)] == names
