"""The strategic merge, as `kubectl patch --local --type=strategic` does it on pod specs."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.merge import merge

PRESET: dict[str, Any] = {
    "tolerations": [{"key": "a"}],
    "nodeSelector": {"a": "1"},
    "containers": [
        {
            "name": "main",
            "args": ["preset"],
            "env": [{"name": "HOME", "value": "/home"}],
            "volumeMounts": [{"mountPath": "/dev/shm", "name": "dshm"}],
            "ports": [{"containerPort": 8000, "protocol": "TCP"}],
            "livenessProbe": {
                "httpGet": {"path": "/health", "scheme": "HTTPS"},
                "periodSeconds": 10,
            },
        }
    ],
}


def pods(user: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = merge({"template": PRESET}, {"template": user})
    return dict(merged["template"])


def main(user: dict[str, Any]) -> dict[str, Any]:
    (container,) = pods({"containers": [{"name": "main", **user}]})["containers"]
    return dict(container)


def test_lists_without_a_merge_key_are_replaced() -> None:
    assert main({"args": ["mine"]})["args"] == ["mine"]
    assert pods({"tolerations": [{"key": "b"}]})["tolerations"] == [{"key": "b"}]


def test_maps_are_merged() -> None:
    assert pods({"nodeSelector": {"b": "2"}})["nodeSelector"] == {"a": "1", "b": "2"}


def test_lists_with_a_merge_key_are_merged_by_it() -> None:
    env = main({"env": [{"name": "HOME", "value": "/root"}, {"name": "X", "value": "y"}]})["env"]
    assert env == [{"name": "HOME", "value": "/root"}, {"name": "X", "value": "y"}]
    mounts = main({"volumeMounts": [{"mountPath": "/dev/shm", "name": "shm"}]})["volumeMounts"]
    assert mounts == [{"mountPath": "/dev/shm", "name": "shm"}]
    assert len(main({"ports": [{"containerPort": 9000}]})["ports"]) == 2


def test_a_probe_inherits_the_fields_it_leaves_out() -> None:
    probe = main({"livenessProbe": {"httpGet": {"path": "/live"}}})["livenessProbe"]
    assert probe == {"httpGet": {"path": "/live", "scheme": "HTTPS"}, "periodSeconds": 10}


def test_another_handler_does_not_replace_the_first() -> None:
    probe = main({"livenessProbe": {"tcpSocket": {"port": 8000}}})["livenessProbe"]
    assert {"httpGet", "tcpSocket"} <= set(probe)


def test_a_null_deletes() -> None:
    assert "containers" not in pods({"containers": None})
    assert "httpGet" not in main({"livenessProbe": {"httpGet": None}})["livenessProbe"]


def test_a_container_of_another_name_is_added() -> None:
    names = [c["name"] for c in pods({"containers": [{"name": "vllm"}]})["containers"]]
    assert names == ["vllm", "main"]


def test_outside_of_pods_lists_are_replaced() -> None:
    below = {"router": {"route": {"http": {"spec": {"rules": [{"name": "a"}, {"name": "b"}]}}}}}
    above = {"router": {"route": {"http": {"spec": {"rules": [{"name": "a"}]}}}}}
    assert merge(below, above) == above


@pytest.mark.parametrize("above", [{}, {"containers": []}])
def test_nothing_changes_nothing(above: dict[str, Any]) -> None:
    assert pods(above) == PRESET


def test_the_operands_stay_as_they_are() -> None:
    before = repr(PRESET)
    main({"env": [{"name": "HOME", "value": "/root"}]})["env"].clear()
    assert repr(PRESET) == before
