"""The endpoint picker of a service: its pods, its ports, and what it may read."""

from __future__ import annotations

import pytest

from stackgen.platforms.kserve.expand import expand
from tests.platforms.kserve.services import FIRST, FULL, one, row, service

NAME = "qwen-kserve-router-scheduler"
LABELS = {
    "app.kubernetes.io/component": "llminferenceservice-router-scheduler",
    "app.kubernetes.io/name": "qwen",
    "app.kubernetes.io/part-of": "llminferenceservice",
}


@pytest.mark.parametrize("release", [FIRST, "odh-master"])
def test_service_and_deployment_select_the_same_pods(release: str) -> None:
    found = expand(service(**FULL), row(release))
    deployment = one(found, "Deployment", NAME)["spec"]
    assert deployment["selector"]["matchLabels"] == LABELS
    assert deployment["template"]["metadata"]["labels"] == LABELS
    assert deployment["template"]["spec"]["serviceAccountName"] == "qwen-epp-sa"
    assert one(found, "Service", "qwen-epp-service")["spec"]["selector"] == LABELS


def test_replicas_of_the_picker_are_a_field_of_later_releases() -> None:
    asked = service(router={"scheduler": {"replicas": 2}})
    old = one(expand(asked, row(FIRST)), "Deployment", NAME)["spec"]
    assert "replicas" not in old and "strategy" not in old
    new = one(expand(asked, row("odh-master")), "Deployment", NAME)["spec"]
    assert (new["replicas"], new["strategy"]) == (2, {"type": "Recreate"})
    plain = expand(service(router={"scheduler": {}}), row("odh-master"))
    assert one(plain, "Deployment", NAME)["spec"].get("replicas") is None


def test_known_ports_of_the_containers_are_those_of_the_service() -> None:
    ports = [
        {"name": "grpc", "containerPort": 9102},
        {"name": "metrics", "containerPort": 9090},
        {"name": "debug", "containerPort": 6060},
        {"name": "zmq"},
        {"containerPort": 7000},
    ]
    template = {"containers": [{"name": "main", "ports": ports}]}
    asked = service(router={"scheduler": {"template": template}})
    found = one(expand(asked, row(FIRST)), "Service", "qwen-epp-service")["spec"]
    assert {(p["name"], p["port"], p["targetPort"]) for p in found["ports"]} == {
        ("metrics", 9090, "metrics"),
        # Of the preset: ports are merged by their number.
        # Of a name that is there twice the last counts.
        ("grpc", 9002, "grpc"), ("grpc-health", 9003, "grpc-health"), ("zmq", 5557, "zmq"),
    }  # fmt: skip


def test_what_the_picker_may_read_and_who_may_ask_it() -> None:
    found = expand(service(**FULL), row(FIRST))
    read = ["get", "list", "watch"]
    old = ["inferencepools", "inferencemodels", "inferenceobjectives"]
    assert one(found, "Role", "qwen-epp-role")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": read},
        {"apiGroups": ["inference.networking.x-k8s.io"], "resources": old, "verbs": read},
        {
            "apiGroups": ["inference.networking.k8s.io"], "resources": ["inferencepools"],
            "verbs": read,
        },
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
    ]  # fmt: skip
    account = {"kind": "ServiceAccount", "name": "qwen-epp-sa", "namespace": "serving"}
    api = "rbac.authorization.k8s.io"
    bindings = {
        "RoleBinding": {"apiGroup": api, "kind": "Role", "name": "qwen-epp-role"},
        "ClusterRoleBinding": {
            "apiGroup": api, "kind": "ClusterRole", "name": "system:auth-delegator",
        },
    }  # fmt: skip
    for kind, ref in bindings.items():
        binding = one(found, kind)
        assert (binding["roleRef"], binding["subjects"]) == (ref, [account])
    assert "namespace" not in one(found, "ClusterRoleBinding")["metadata"]


def test_without_a_namespace_the_account_is_found_where_the_binding_is() -> None:
    data = service(**FULL)
    del data["metadata"]["namespace"]
    found = expand(data, row(FIRST))
    account = {"kind": "ServiceAccount", "name": "qwen-epp-sa"}
    assert one(found, "RoleBinding")["subjects"] == [account]
    assert one(found, "ClusterRoleBinding")["metadata"]["name"] == "default-qwen-epp-auth-rb"


@pytest.mark.parametrize(("release", "tls"), [("odh-master", True), ("kserve-0.20", False)])
def test_the_picker_serves_as_the_servers_do(release: str, tls: bool) -> None:
    found = one(expand(service(**FULL), row(release)), "Deployment", NAME)
    container = found["spec"]["template"]["spec"]["containers"][0]
    args = [*container.get("command", ()), *container.get("args", ())]
    assert ("--secure-serving=true" in args) is tls
    # A flag of older pickers is a plugin of later ones.
    config = args[args.index("--config-text") + 1]
    assert ("scheme: https" in config) is tls
