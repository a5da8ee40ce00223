"""What a service becomes, by release: what is named in facts of the sources, object by object."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.expand import Known, expand
from stackgen.platforms.kserve.release import controllers, fitting
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog
from tests.platforms.kserve.services import (
    CATALOG,
    FIRST,
    FULL,
    GROUPED,
    ROWS,
    SPLIT,
    names,
    one,
    row,
    service,
)  # fmt: skip


def test_the_objects_of_a_routed_service_in_the_first_release() -> None:
    assert names(expand(service(**FULL), row(FIRST))) == {
        ("Secret", "qwen-kserve-self-signed-certs"),
        ("DestinationRule", "qwen-kserve-scheduler"),
        ("DestinationRule", "qwen-kserve-workload"),
        ("DestinationRule", "qwen-kserve-workload-svc"),
        ("Deployment", "qwen-kserve"),
        ("Service", "qwen-kserve-workload-svc"),
        ("Deployment", "qwen-kserve-router-scheduler"),
        ("Service", "qwen-epp-service"),
        ("ServiceAccount", "qwen-epp-sa"),
        ("Role", "qwen-epp-role"),
        ("RoleBinding", "qwen-epp-rb"),
        ("ClusterRoleBinding", "serving-qwen-epp-auth-rb"),
        ("InferencePool", "qwen-inference-pool"),
        ("InferenceModel", "qwen-inference-model"),
        ("HTTPRoute", "qwen-kserve-route"),
    }


def test_pools_by_release() -> None:
    def groups(release: str) -> list[str]:
        found = expand(service(**FULL), row(release)).objects
        return [o["apiVersion"] for o in found if o["kind"] == "InferencePool"]

    both = ["inference.networking.x-k8s.io/v1alpha2", "inference.networking.k8s.io/v1"]
    assert groups(FIRST) == both
    assert groups("odh-master") == both


def test_the_project_itself_makes_no_destination_rules() -> None:
    kinds = {kind for kind, _ in names(expand(service(**FULL), row("kserve-0.20")))}
    assert "DestinationRule" not in kinds and "InferenceModel" not in kinds


def test_without_a_scheduler_requests_go_to_the_service() -> None:
    found = expand(service(router={"route": {}}), row(FIRST))
    route = one(found, "HTTPRoute")["spec"]
    backends = {b["kind"] for rule in route["rules"] for b in rule["backendRefs"]}
    assert backends == {"Service"}
    assert "InferencePool" not in {kind for kind, _ in names(found)}


def test_the_paths_of_the_route() -> None:
    route = one(expand(service(**FULL), row(FIRST)), "HTTPRoute")["spec"]
    paths = [m["path"]["value"] for rule in route["rules"] for m in rule["matches"]]
    assert paths == [
        "/serving/qwen/v1/completions",
        "/serving/qwen/v1/chat/completions",
        "/serving/qwen",
    ]
    later = one(expand(service(**FULL), row("odh-master")), "HTTPRoute")["spec"]
    assert len(later["rules"]) == 12 and all("name" in rule for rule in later["rules"])


def test_gateways_of_the_user_replace_the_preset_ones() -> None:
    gateway = {"refs": [{"name": "edge", "namespace": "gateways"}]}
    found = expand(service(router={"route": {}, "gateway": gateway}), row(FIRST))
    (parent,) = one(found, "HTTPRoute")["spec"]["parentRefs"]
    assert (parent["name"], parent["namespace"]) == ("edge", "gateways")


@pytest.mark.parametrize(
    "router", [None, {"gateway": {}}, {"route": {"http": {"refs": [{"name": "mine"}]}}}]
)
def test_no_route_is_made(router: Any) -> None:
    found = expand(service(**({"router": router} if router else {})), row(FIRST))
    assert "HTTPRoute" not in {kind for kind, _ in names(found)}


def test_probes_and_identity_after_the_merge() -> None:
    container = {"name": "main", "livenessProbe": {"periodSeconds": 30}}
    found = expand(service(template={"containers": [container]}), row(FIRST))
    (main,) = one(found, "Deployment", "qwen-kserve")["spec"]["template"]["spec"]["containers"]
    assert main["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert main["livenessProbe"]["periodSeconds"] == 30
    assert "startupProbe" not in main
    assert main["securityContext"]["runAsNonRoot"] is True
    later = expand(service(template={"containers": [container]}), row("kserve-0.20"))
    (main,) = one(later, "Deployment", "qwen-kserve")["spec"]["template"]["spec"]["containers"]
    assert main["livenessProbe"]["httpGet"]["scheme"] == "HTTP"
    assert main["startupProbe"]["failureThreshold"] == 60


def test_the_download_runs_in_an_init_container() -> None:
    spec = one(expand(service(), row(FIRST)), "Deployment")["spec"]["template"]["spec"]
    (init,) = spec["initContainers"]
    assert init["args"] == ["hf://Qwen/Qwen3-0.6B", "/mnt/models"]


def test_a_claim_is_mounted() -> None:
    model = {"uri": "pvc://models/qwen", "name": "qwen"}
    spec = one(expand(service(model=model), row(FIRST)), "Deployment")["spec"]["template"]["spec"]
    assert "initContainers" not in spec
    mounts = {m["mountPath"]: m for m in spec["containers"][0]["volumeMounts"]}
    assert mounts["/mnt/models"]["subPath"] == "qwen"


def test_groups_of_pods() -> None:
    found = expand(service(**GROUPED), row(FIRST))
    group = one(found, "LeaderWorkerSet")["spec"]["leaderWorkerTemplate"]
    assert group["size"] == 2
    worker = group["workerTemplate"]["metadata"]["labels"]
    assert worker["app.kubernetes.io/component"] == "llminferenceservice-workload-worker"
    assert "kserve.io/component" not in worker
    assert ("ServiceAccount", "qwen-kserve-mn") in names(found)


def test_decode_servers_stand_behind_the_routing_sidecar() -> None:
    found = expand(service(**SPLIT), row(FIRST))
    decode = one(found, "Deployment", "qwen-kserve")["spec"]["template"]
    assert decode["metadata"]["labels"]["llm-d.ai/role"] == "decode"
    assert decode["spec"]["containers"][0]["ports"][0]["containerPort"] == 8001
    assert ("Deployment", "qwen-kserve-prefill") in names(found)
    rule = one(found, "DestinationRule", "qwen-kserve-workload-svc")["spec"]["trafficPolicy"]["tls"]
    assert rule["insecureSkipVerify"] is True and "caCertificates" not in rule


def test_a_scheduler_template_without_containers_loses_them_in_old_releases() -> None:
    router = {"route": {}, "scheduler": {"template": {"imagePullSecrets": [{"name": "pull"}]}}}
    name = "qwen-kserve-router-scheduler"
    old = one(expand(service(router=router), row(FIRST)), "Deployment", name)
    assert "containers" not in old["spec"]["template"]["spec"]
    new = one(expand(service(router=router), row("odh-master")), "Deployment", name)
    assert new["spec"]["template"]["spec"]["containers"][0]["name"] == "main"


def test_configs_come_between_preset_and_service() -> None:
    def configs(namespace: str, name: str) -> Any:
        return {"replicas": 3, "template": {"nodeSelector": {"a": "1"}}} if name == "tpu" else None

    data = service(baseRefs=[{"name": "tpu"}, {"name": "gone"}], replicas=5)
    found = expand(data, row(FIRST), Known(configs))
    deployment = one(found, "Deployment")["spec"]
    assert deployment["replicas"] == 5
    assert deployment["template"]["spec"]["nodeSelector"] == {"a": "1"}
    assert found.effective.unknown == ("gone",)


def test_nothing_is_made_while_a_config_is_missing() -> None:
    data = service(baseRefs=[{"name": "gone"}], **FULL)
    found = expand(data, row(FIRST), Known(whole=True))
    assert found.objects == ()
    assert found.failed == "baseRefs names gone, which is not in the input"
    assert expand(data, row(FIRST)).objects


def test_a_group_without_a_preset_is_not_made() -> None:
    data = service(worker={}, parallelism={"pipeline": 2})
    found = expand(data, row(FIRST), Known(whole=True))
    assert found.objects == () and "worker-pipeline-parallel" in found.failed


@pytest.mark.parametrize(
    ("spec", "kinds"),
    [
        (
            {
                "router": {
                    "gateway": {"refs": [{"name": "a", "namespace": "b"}]},
                    "route": {},
                    "scheduler": {},
                }
            },
            3,
        ),
        ({"router": {"route": {"http": {"refs": [{"name": "mine"}]}}, "scheduler": {}}}, 3),
        (FULL, 16),
        ({**FULL, "model": {"uri": "ftp://a/b", "name": "x"}}, 1),
    ],
)
def test_the_controller_stops_where_something_is_missing(spec: dict[str, Any], kinds: int) -> None:
    """Secret, Deployment and Service come before the router; a model without a way, after one."""
    known = Known(gateways=lambda *_: False, routes=lambda *_: None, whole=True)
    assert len(expand(service(**spec), row(FIRST), known).objects) == kinds


def test_a_stopped_service_has_no_objects() -> None:
    data = service(**FULL)
    data["metadata"]["annotations"] = {"serving.kserve.io/stop": "true"}
    assert expand(data, row(FIRST)).objects == ()


def test_the_newest_release_that_serves_what_is_there() -> None:
    known = controllers(CATALOG)
    assert known[0].name == "kserve-0.21"
    model = ("inference.networking.x-k8s.io", "v1alpha2", "InferenceModel")
    assert [c.name for c in fitting(known, [model])] == [FIRST]
    later = ("serving.kserve.io", "v1alpha2", "LLMInferenceService")
    assert FIRST not in {c.name for c in fitting(known, [later])}


@pytest.mark.parametrize("release", ROWS)
@pytest.mark.parametrize("spec", [FULL, GROUPED, SPLIT], ids=["full", "grouped", "split"])
def test_an_api_server_would_take_every_object(release: str, spec: dict[str, Any]) -> None:
    schemas = SchemaCatalog((), CATALOG.variants(release))
    for data in expand(service(**spec), row(release)).objects:
        problems = [p for p in validate(data, catalog=schemas) if p.certain]
        assert [(data["kind"], p.path, p.message) for p in problems] == []


def test_a_group_is_told_what_its_service_is_told() -> None:
    asked = service(**GROUPED)
    key = "leaderworkerset.sigs.k8s.io/exclusive-topology"
    asked["metadata"]["annotations"] = {key: "cloud.google.com/gke-nodepool", "other": "x"}
    group = one(expand(asked, row(FIRST)), "LeaderWorkerSet")
    assert group["metadata"]["annotations"] == {key: "cloud.google.com/gke-nodepool"}
    templates = group["spec"]["leaderWorkerTemplate"]
    for which in ("leaderTemplate", "workerTemplate"):
        assert templates[which]["spec"]["serviceAccountName"] == "qwen-kserve-mn"
