"""Workloads, their Service and their accounts, as the controller of a release writes them."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.expand import expand
from stackgen.platforms.kserve.objects import group_size
from tests.platforms.kserve.services import FIRST, FULL, GROUPED, SPLIT, one, row, service

LATER = "odh-master"
MOUNT = {"mountPath": "/mnt/models", "readOnly": True, "name": "kserve-provision-location"}


@pytest.mark.parametrize(
    ("parallelism", "size"),
    [
        ({"data": 8, "dataLocal": 4}, 2),
        ({"data": 8, "dataLocal": 1}, 8),
        ({"data": 2, "dataLocal": 4}, 1),
        ({"data": 8, "dataLocal": 4, "pipeline": 3}, 2),
        ({"pipeline": 3}, 3),
        ({"data": 8, "pipeline": 3}, 8),
        ({"dataLocal": 4, "pipeline": 3}, 1),
        ({"data": 8, "dataLocal": 0}, 8),
        ({"data": "8", "dataLocal": 4}, 1),
        ({"data": 8, "dataLocal": "4"}, 8),
        ({"pipeline": 0}, None),
        ({"pipeline": "3"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_pods_of_a_group(parallelism: Any, size: int | None) -> None:
    assert group_size({"parallelism": parallelism}) == size


def test_the_service_of_the_servers() -> None:
    for release, scheme in ((FIRST, "https"), ("kserve-0.20", "http")):
        found = one(expand(service(), row(release)), "Service")
        assert found["metadata"]["namespace"] == "serving"
        assert found["spec"] == {
            "type": "ClusterIP",
            "selector": {
                "app.kubernetes.io/name": "qwen",
                "app.kubernetes.io/part-of": "llminferenceservice",
                "kserve.io/component": "workload",
            },
            "ports": [
                {
                    "name": scheme, "appProtocol": scheme, "port": 8000, "targetPort": 8000,
                    "protocol": "TCP",
                }
            ],
        }  # fmt: skip


def test_objects_of_a_service_without_a_namespace_have_none() -> None:
    data = service(**FULL)
    del data["metadata"]["namespace"]
    for found in expand(data, row(FIRST)).objects:
        assert "namespace" not in found["metadata"]


def test_replicas_are_said_where_the_service_says_them() -> None:
    for kind, spec in (("Deployment", {}), ("LeaderWorkerSet", GROUPED)):
        assert "replicas" not in one(expand(service(**spec), row(FIRST)), kind)["spec"]
        found = one(expand(service(**spec, replicas=0), row(FIRST)), kind)
        assert found["spec"]["replicas"] == 0


def test_a_group_is_recreated_as_a_whole_and_starts_with_its_leader() -> None:
    spec = one(expand(service(**GROUPED), row(FIRST)), "LeaderWorkerSet")["spec"]
    assert spec["startupPolicy"] == "LeaderCreated"
    assert spec["rolloutStrategy"] == {"type": "RollingUpdate"}
    group = spec["leaderWorkerTemplate"]
    assert group["restartPolicy"] == "RecreateGroupOnPodRestart"
    roles = {which: group[which]["metadata"]["labels"] for which in group if "Template" in which}
    assert {r: labels["app.kubernetes.io/component"] for r, labels in roles.items()} == {
        "leaderTemplate": "llminferenceservice-workload-leader",
        "workerTemplate": "llminferenceservice-workload-worker",
    }


def test_workers_alone_are_servers_themselves() -> None:
    """Without a preset for it there is no leader template, so workers answer."""
    asked = service(worker={"containers": [{"name": "main"}]}, parallelism={"pipeline": 2})
    spec = one(expand(asked, row(FIRST)), "LeaderWorkerSet")["spec"]
    group = spec["leaderWorkerTemplate"]
    assert "leaderTemplate" not in group
    labels = group["workerTemplate"]["metadata"]["labels"]
    assert labels["kserve.io/component"] == "workload"
    assert labels["app.kubernetes.io/component"] == "llminferenceservice-workload-worker"


def test_the_update_of_a_deployment_is_what_the_service_asks_for() -> None:
    asked = service(rolloutStrategy={"maxSurge": 0, "maxUnavailable": 1})
    found = one(expand(asked, row(LATER)), "Deployment")["spec"]
    assert found["strategy"] == {
        "type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }  # fmt: skip
    assert "strategy" not in one(expand(service(), row(LATER)), "Deployment")["spec"]


def test_labels_and_annotations_reach_the_pods_in_releases_that_have_the_fields() -> None:
    asked = service(labels={"team": "a"}, annotations={"note": "b"})
    asked["metadata"]["annotations"] = {
        "prometheus.io/port": "1",
        "kueue.x-k8s.io/x": "y",
        "z": "z",
    }
    asked["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "q", "other": "o"}

    def metadata(release: str) -> tuple[Any, Any]:
        found = one(expand(asked, row(release)), "Deployment")["spec"]["template"]["metadata"]
        own = {k: v for k, v in found["labels"].items() if k in ("team", "other") or "kueue" in k}
        return own, found.get("annotations")

    queue = {"kueue.x-k8s.io/queue-name": "q"}
    assert metadata(FIRST) == (queue, {"kueue.x-k8s.io/x": "y"})
    assert metadata(LATER) == (
        {"team": "a", **queue},
        {"kueue.x-k8s.io/x": "y", "note": "b", "prometheus.io/port": "1"},
    )


# -- the model ------------------------------------------------------------------------------------


def pod(release: str = FIRST, **spec: Any) -> dict[str, Any]:
    found = one(expand(service(**spec), row(release)), "Deployment")
    template: dict[str, Any] = found["spec"]["template"]["spec"]
    return template


def mounts(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [m for m in found["containers"][0]["volumeMounts"] if m["mountPath"] == "/mnt/models"]


def volumes(found: dict[str, Any]) -> dict[str, Any]:
    return {v["name"]: v for v in found["volumes"] if v["name"].startswith("kserve-")}


def test_a_downloaded_model_is_read_only_to_the_server() -> None:
    for uri in ("hf://a/b", "s3://a/b"):
        found = pod(model={"uri": uri, "name": "x"})
        assert mounts(found) == [MOUNT]
        assert volumes(found) == {
            "kserve-provision-location": {"name": "kserve-provision-location", "emptyDir": {}}
        }
        (init,) = found["initContainers"]
        assert init["args"] == [uri, "/mnt/models"]
        assert init["volumeMounts"] == [
            {"mountPath": "/mnt/models", "name": "kserve-provision-location"}
        ]


@pytest.mark.parametrize(("uri", "path"), [("pvc://claim/a/b", "a/b"), ("pvc://claim", None)])
def test_a_claim_takes_the_place_of_the_download(uri: str, path: str | None) -> None:
    found = pod(model={"uri": uri, "name": "x"})
    assert volumes(found) == {
        "kserve-pvc-source": {
            "name": "kserve-pvc-source", "persistentVolumeClaim": {"claimName": "claim"},
        }
    }  # fmt: skip
    (mount,) = mounts(found)
    assert mount.pop("subPath", None) == path
    assert mount == {**MOUNT, "name": "kserve-pvc-source"}
    assert "initContainers" not in found


@pytest.mark.parametrize("uri", ["gs://a/b", "pvc-like://a", 7])
def test_other_addresses_bring_neither_volume_nor_download(uri: Any) -> None:
    found = pod(model={"uri": uri, "name": "x"})
    assert volumes(found) == {} and mounts(found) == []
    assert "initContainers" not in found


def test_a_download_can_be_switched_off_in_releases_that_have_the_field() -> None:
    for switch, release, downloads in (
        ({"enabled": False}, LATER, False),
        ({"enabled": True}, LATER, True),
        ({}, LATER, True),
        ({"enabled": False}, FIRST, True),
    ):
        found = pod(release, storageInitializer=switch)
        assert ("initContainers" in found) is downloads, (switch, release)


def test_what_the_user_brings_for_the_model_stays() -> None:
    own = {"name": "storage-initializer", "image": "mine"}
    other = {"name": "fetch", "image": "other"}
    mine = {"mountPath": "/mnt/models", "name": "mine"}
    side = {"name": "side", "image": "x"}
    main = {"name": "main", "volumeMounts": [mine]}
    found = pod(template={"initContainers": [own, other], "containers": [main, side]})
    assert [c["image"] for c in found["initContainers"]] == ["mine", "other"]
    # The controller looks for its volume, not for the path.
    assert mounts(found) == [mine, MOUNT]
    assert side in found["containers"]
    found = pod(template={"initContainers": [other]})
    assert [c["name"] for c in found["initContainers"]] == ["fetch", "storage-initializer"]


def test_later_releases_merge_what_the_user_says_of_the_download() -> None:
    own = {
        "name": "storage-initializer",
        "args": ["mine"],
        "env": [{"name": "HTTPS_PROXY", "value": "http://proxy"}],
        "resources": {"limits": {"memory": "2Gi"}},
    }
    (init,) = pod(LATER, template={"initContainers": [own]})["initContainers"]
    assert init["args"] == ["hf://Qwen/Qwen3-0.6B", "/mnt/models"]
    assert init["env"][0] == {"name": "HTTPS_PROXY", "value": "http://proxy"}
    assert init["resources"]["limits"] == {"memory": "2Gi", "cpu": "1"}


def test_an_image_with_the_model_runs_beside_the_server() -> None:
    found = pod(model={"uri": "oci://registry.example/model:1", "name": "x"})
    car, init = found["containers"][-1], found["initContainers"][-1]
    assert (car["name"], init["name"]) == ("modelcar", "modelcar-init")
    assert car["image"] == init["image"] == "registry.example/model:1"
    assert found["shareProcessNamespace"] is True
    main = found["containers"][0]
    assert {"name": "MODEL_INIT_MODE", "value": "async"} in main["env"]
    assert {"name": "kserve-provision-location", "mountPath": "/mnt"} in main["volumeMounts"]


# -- accounts -------------------------------------------------------------------------------------


def test_decode_servers_may_read_pods_and_pools() -> None:
    found = expand(service(**SPLIT), row(FIRST))
    read = ["get", "list", "watch"]
    assert one(found, "Role", "qwen-kserve-role")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": read},
        {
            "apiGroups": ["inference.networking.x-k8s.io", "inference.networking.k8s.io"],
            "resources": ["inferencepools"],
            "verbs": read,
        },
    ]
    binding = one(found, "RoleBinding", "qwen-kserve-rb")
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "qwen-kserve-role",
    }  # fmt: skip
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "qwen-kserve", "namespace": "serving"}
    ]
    assert one(found, "ServiceAccount", "qwen-kserve")


@pytest.mark.parametrize(
    ("spec", "accounts"),
    [
        ({}, set()),
        (GROUPED, {"qwen-kserve-mn"}),
        (SPLIT, {"qwen-kserve", "qwen-epp-sa"}),
        ({**GROUPED, "prefill": {}}, {"qwen-kserve-mn", "qwen-kserve"}),
        ({"prefill": GROUPED}, {"qwen-kserve", "qwen-kserve-mn-prefill"}),
    ],
)
def test_the_accounts_of_a_service(spec: dict[str, Any], accounts: set[str]) -> None:
    found = expand(service(**spec), row(FIRST)).objects
    assert {o["metadata"]["name"] for o in found if o["kind"] == "ServiceAccount"} == accounts
