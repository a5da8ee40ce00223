"""The InferencePools of a service in full, and whose settings they take."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.expand import expand
from tests.platforms.kserve.services import FIRST, names, one, row, service

SERVERS = {
    "app.kubernetes.io/name": "qwen",
    "app.kubernetes.io/part-of": "llminferenceservice",
    "kserve.io/component": "workload",
}
OLD = {
    "selector": SERVERS,
    "targetPortNumber": 8000,
    "extensionRef": {
        "kind": "Service", "name": "qwen-epp-service", "failureMode": "FailOpen",
    },
}  # fmt: skip
V1 = {
    "selector": {"matchLabels": SERVERS},
    "targetPorts": [{"number": 8000}],
    "endpointPickerRef": {
        "kind": "Service", "name": "qwen-epp-service", "port": {"number": 9002},
        "failureMode": "FailOpen",
    },
}  # fmt: skip


def pools(scheduler: Any) -> dict[str, Any]:
    """The pools of the first release by API group."""
    found = expand(service(router={"scheduler": scheduler}), row(FIRST)).objects
    return {
        o["apiVersion"].partition("/")[0]: o["spec"] for o in found if o["kind"] == "InferencePool"
    }


def test_the_pools_select_the_servers_and_name_the_endpoint_picker() -> None:
    assert pools({}) == {
        "inference.networking.x-k8s.io": OLD,
        "inference.networking.k8s.io": V1,
    }


def test_a_pool_spec_of_the_user_reaches_both_groups() -> None:
    """The controller makes one from the other; fields of a later version are dropped."""
    picker = {"name": "mine", "port": {"number": 9999}}
    assert pools({"pool": {"spec": {"endpointPickerRef": picker}}}) == {
        "inference.networking.x-k8s.io": OLD,
        "inference.networking.k8s.io": V1,
    }
    assert pools({"pool": {"spec": {"targetPortNumber": 9000}}}) == {
        "inference.networking.x-k8s.io": {**OLD, "targetPortNumber": 9000},
        "inference.networking.k8s.io": {**V1, "targetPorts": [{"number": 9000}]},
    }


@pytest.mark.parametrize("scheduler", [None, {"pool": {"ref": {"name": "mine"}}}])
def test_no_pool_is_made(scheduler: Any) -> None:
    found = expand(service(router={"scheduler": scheduler}), row(FIRST))
    assert not {kind for kind, _ in names(found)} & {"InferencePool", "InferenceModel"}


def test_the_inference_model() -> None:
    found = one(expand(service(router={"scheduler": {}}), row(FIRST)), "InferenceModel")
    assert found["spec"] == {
        "modelName": "Qwen/Qwen3-0.6B",
        "criticality": "Critical",
        "poolRef": {
            "group": "inference.networking.x-k8s.io", "kind": "InferencePool",
            "name": "qwen-inference-pool",
        },
    }  # fmt: skip
    asked = service(router={"scheduler": {}}, model={"uri": "hf://a/b", "criticality": "Sheddable"})
    spec = one(expand(asked, row(FIRST)), "InferenceModel")["spec"]
    assert (spec["modelName"], spec["criticality"]) == ("qwen", "Sheddable")
