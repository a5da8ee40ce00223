"""What must hold of the rendered reference stack, each with the fact that it stands for."""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Any

import pytest

from stackgen.layers.smoke import NAME as SMOKE
from tests.layers.reference import ARGO, FLUX, keyed, objects, of, one, strings

ENVS = (FLUX, ARGO)
MODEL = "qwen2-3b-pattern1"
SPACE = "llm-d-inference-scheduling"
pytestmark = pytest.mark.parametrize("env", ENVS)


def _pod(env: str) -> Any:
    return one(env, "LLMInferenceService")["spec"]["template"]


def _main(env: str) -> Any:
    (container,) = _pod(env)["containers"]
    return container


# -- the model server (KServe release-v0.15) ------------------------------------------------------


def test_the_api_version_is_the_one_this_release_serves(env: str) -> None:
    assert one(env, "LLMInferenceService")["apiVersion"] == "serving.kserve.io/v1alpha1"


def test_the_container_is_called_main(env: str) -> None:
    """A container of another name is added beside the preset's, which goes on running."""
    assert _main(env)["name"] == "main"


def test_command_and_args_are_both_set(env: str) -> None:
    """The preset runs args[0] by `bash -c`; with a command of one's own it does not."""
    container = _main(env)
    assert container["command"] == ["python3", "-m", "vllm.entrypoints.openai.api_server"]
    assert all(re.fullmatch(r"--[a-z-]+(=\S+)?", flag) for flag in container["args"])


def test_the_server_is_told_name_port_and_certificate(env: str) -> None:
    """Own commands lose what the preset's script passes."""
    args = _main(env)["args"]
    assert "--model=/mnt/models" in args
    assert "--served-model-name=Qwen/Qwen2.5-3B-Instruct" in args
    assert "--port=8000" in args
    assert "--ssl-certfile=/var/run/kserve/tls/tls.crt" in args
    assert "--ssl-keyfile=/var/run/kserve/tls/tls.key" in args
    assert one(env, "LLMInferenceService")["spec"]["model"]["name"] == "Qwen/Qwen2.5-3B-Instruct"


def test_no_flag_is_given_twice(env: str) -> None:
    flags = [flag.partition("=")[0] for flag in _main(env)["args"]]
    assert len(flags) == len(set(flags))


def test_probes_ask_over_https_on_the_serving_port(env: str) -> None:
    """The server speaks TLS only; an HTTP probe would restart it again and again."""
    probes = {k: v for k, v in _main(env).items() if k.endswith("Probe")}
    assert set(probes) == {"startupProbe", "livenessProbe", "readinessProbe"}
    for probe in probes.values():
        assert (probe["httpGet"]["scheme"], probe["httpGet"]["port"]) == ("HTTPS", 8000)
        assert set(probe) <= {"httpGet", "periodSeconds", "timeoutSeconds", "failureThreshold"}


def test_the_startup_probe_waits_for_the_compilation(env: str) -> None:
    """Loading and compiling take minutes; the later preset's 600 seconds are not enough."""
    probe = _main(env)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 1200


def test_the_scheduler_template_keeps_its_container(env: str) -> None:
    """Without containers this release deletes the preset's container."""
    router = one(env, "LLMInferenceService")["spec"]["router"]
    assert router["scheduler"]["template"]["containers"] == [{"name": "main"}]
    assert router["scheduler"]["template"]["imagePullSecrets"] == [{"name": "redhat-pull-secret"}]
    assert router["route"] == {}


def test_the_gateway_reference_names_its_namespace(env: str) -> None:
    gateway = one(env, "Gateway")["metadata"]
    assert one(env, "LLMInferenceService")["spec"]["router"]["gateway"]["refs"] == [
        {"name": gateway["name"], "namespace": gateway["namespace"]}
    ]


def test_names_leave_room_for_what_the_controller_appends(env: str) -> None:
    name = one(env, "LLMInferenceService")["metadata"]["name"]
    assert len(name) <= 38
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)


def test_the_token_comes_through_the_service_account(env: str) -> None:
    """The storage initializer reads the Secret of the ServiceAccount, key HF_TOKEN."""
    account = one(env, "ServiceAccount", "model-server")
    assert _pod(env)["serviceAccountName"] == "model-server"
    assert account["metadata"]["namespace"] == SPACE
    (secret,) = account["secrets"]
    token = one(env, "ExternalSecret", secret["name"])
    assert token["metadata"]["namespace"] == SPACE
    assert [item["secretKey"] for item in token["spec"]["data"]] == ["HF_TOKEN"]
    assert not [e for e in _main(env).get("env", []) if "TOKEN" in e["name"]]


def test_models_never_call_the_api_server(env: str) -> None:
    assert _pod(env)["automountServiceAccountToken"] is False
    assert one(env, "ServiceAccount", "model-server")["automountServiceAccountToken"] is False


def test_the_namespace_is_not_injected(env: str) -> None:
    """A sidecar would wrap TLS in TLS; the pods' labels cannot be set in this release."""
    labels = one(env, "Namespace", SPACE)["metadata"]["labels"]
    assert labels["istio-injection"] == "disabled"


# -- TPUs -----------------------------------------------------------------------------------------


def test_both_tpu_selectors_are_set(env: str) -> None:
    """GKE refuses TPU pods that name only one."""
    selector = _pod(env)["nodeSelector"]
    assert selector["cloud.google.com/gke-tpu-accelerator"] == "tpu-v6e-slice"
    assert selector["cloud.google.com/gke-tpu-topology"] == "2x2"


def test_all_chips_of_the_host_are_asked_for_alike(env: str) -> None:
    resources = _main(env)["resources"]
    assert resources["requests"]["google.com/tpu"] == resources["limits"]["google.com/tpu"] == "4"
    assert "--tensor-parallel-size=4" in _main(env)["args"]


def test_the_tpu_variables_are_those_the_device_plugin_sets(env: str) -> None:
    variables = {e["name"]: e["value"] for e in _main(env)["env"]}
    assert variables == {
        "TPU_CHIPS_PER_HOST_BOUNDS": "2,2,1",
        "TPU_HOST_BOUNDS": "1,1,1",
        "PJRT_DEVICE": "TPU",
        "TPU_WORKER_HOSTNAMES": "localhost",
        "TPU_WORKER_ID": "0",
        "TPU_NUM_DEVICES": "4",
    }
    chips = [int(n) for n in variables["TPU_CHIPS_PER_HOST_BOUNDS"].split(",")]
    assert math.prod(chips) == int(variables["TPU_NUM_DEVICES"])


def test_the_pod_tolerates_the_taint_of_tpu_nodes(env: str) -> None:
    assert {
        "key": "google.com/tpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"
    } in _pod(env)["tolerations"]  # fmt: skip


def test_the_pod_needs_neither_privileges_nor_host(env: str) -> None:
    assert _main(env)["securityContext"]["allowPrivilegeEscalation"] is False
    for key in ("privileged", "hostPath", "hostNetwork", "hostPID", "hostIPC"):
        assert not any(list(keyed(r.data, key)) for r in objects(env)), key


# -- node pools (Config Connector) ----------------------------------------------------------------


def test_single_host_pools_carry_no_placement_policy(env: str) -> None:
    """With a topology the API takes the pool for one slice and refuses any other size."""
    for pool in of(env, "ContainerNodePool"):
        assert "placementPolicy" not in pool["spec"], pool["metadata"]["name"]


def test_the_machine_holds_the_topology(env: str) -> None:
    pool = one(env, "ContainerNodePool", "tpu-v6e-pool")["spec"]
    assert pool["nodeConfig"]["machineType"] == "ct6e-standard-4t"
    assert len(pool["nodeLocations"]) == 1
    scaling = pool["autoscaling"]
    assert set(scaling) == {"minNodeCount", "maxNodeCount", "locationPolicy"}
    assert pool["initialNodeCount"] == scaling["minNodeCount"] <= scaling["maxNodeCount"]


def test_what_gke_sets_itself_is_left_to_gke(env: str) -> None:
    node = one(env, "ContainerNodePool", "tpu-v6e-pool")["spec"]["nodeConfig"]
    assert "taint" not in node and "labels" not in node


def test_taints_are_spelt_as_google_cloud_spells_them(env: str) -> None:
    effects = [t["effect"] for p in of(env, "ContainerNodePool") for t in keyed(p, "taint") if t]
    assert all(effect in {"NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"} for effect in effects)


def test_pools_name_their_cluster_and_project(env: str) -> None:
    cluster = one(env, "ContainerCluster")["metadata"]
    for pool in of(env, "ContainerNodePool"):
        assert pool["spec"]["clusterRef"] == {"name": cluster["name"]}
        assert pool["metadata"]["namespace"] == cluster["namespace"]
        key = "cnrm.cloud.google.com/project-id"
        assert pool["metadata"]["annotations"][key] == cluster["annotations"][key] == "my-project"


def test_the_cluster_enforces_policies_and_knows_workload_identity(env: str) -> None:
    spec = one(env, "ContainerCluster")["spec"]
    assert spec["datapathProvider"] == "ADVANCED_DATAPATH"
    assert "networkPolicy" not in spec  # of the legacy data plane
    assert spec["workloadIdentityConfig"]["workloadPool"] == "my-project.svc.id.goog"
    assert spec["gatewayApiConfig"]["channel"] == "CHANNEL_STANDARD"
    assert spec["initialNodeCount"] >= 1
    annotations = one(env, "ContainerCluster")["metadata"]["annotations"]
    assert annotations["cnrm.cloud.google.com/remove-default-node-pool"] == "true"
    assert annotations["cnrm.cloud.google.com/deletion-policy"] == "abandon"


# -- secrets --------------------------------------------------------------------------------------


def test_no_secret_value_is_rendered(env: str) -> None:
    for secret in of(env, "Secret"):
        assert not {"data", "stringData"} & set(secret), secret["metadata"]["name"]
        assert secret["type"] == "kubernetes.io/service-account-token"
    shapes = re.compile(r"hf_[A-Za-z0-9]{20,}|-----BEGIN|eyJ[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}")
    for resource in objects(env):
        for text in strings(resource.data):
            assert not shapes.search(text), resource.file


# -- certificates and gateway ---------------------------------------------------------------------


def test_the_authority_has_an_rsa_key(env: str) -> None:
    """The controller of this release cannot sign with another."""
    certificate = one(env, "Certificate", "opendatahub-ca")
    assert certificate["metadata"]["namespace"] == "cert-manager"
    assert certificate["spec"]["privateKey"] == {"algorithm": "RSA", "size": 4096}
    assert certificate["spec"]["isCA"] is True


def test_the_gateway_mounts_the_authority_where_the_controller_expects_it(env: str) -> None:
    """Without it every rule that leads to a Service answers 503."""
    bundle = one(env, "Bundle")
    gateway = one(env, "Gateway")
    name = gateway["spec"]["infrastructure"]["parametersRef"]["name"]
    config = one(env, "ConfigMap", name)
    assert config["metadata"]["namespace"] == gateway["metadata"]["namespace"]
    assert "mountPath: /var/run/secrets/opendatahub" in config["data"]["deployment"]
    assert f"name: {bundle['metadata']['name']}" in config["data"]["deployment"]
    assert bundle["spec"]["target"]["configMap"]["key"] == "ca.crt"


def test_only_the_models_may_attach_routes(env: str) -> None:
    for listener in one(env, "Gateway")["spec"]["listeners"]:
        spaces = listener["allowedRoutes"]["namespaces"]
        assert spaces["from"] == "Selector"
        assert spaces["selector"]["matchLabels"] == {"kubernetes.io/metadata.name": SPACE}


def test_an_internal_gateway_says_so_to_the_load_balancer(env: str) -> None:
    infrastructure = one(env, "Gateway")["spec"]["infrastructure"]
    annotations = infrastructure.get("annotations", {})
    internal = annotations.get("networking.gke.io/load-balancer-type") == "Internal"
    assert internal is (env == ARGO)


# -- network policies -----------------------------------------------------------------------------

# Labels of pods, as the controllers set them.
PODS: dict[str, dict[str, str]] = {
    "vllm": {
        "app.kubernetes.io/name": MODEL,
        "app.kubernetes.io/part-of": "llminferenceservice",
        "app.kubernetes.io/component": "llminferenceservice-workload",
        "kserve.io/component": "workload",
        "llm-d.ai/role": "both",
    },
    "epp": {
        "app.kubernetes.io/name": MODEL,
        "app.kubernetes.io/part-of": "llminferenceservice",
        "app.kubernetes.io/component": "llminferenceservice-router-scheduler",
    },
    "smoke": {"app.kubernetes.io/name": SMOKE},
}


def _policies(env: str) -> dict[str, Any]:
    found = of(env, "NetworkPolicy")
    return {p["metadata"]["name"]: p["spec"] for p in found if p["metadata"]["namespace"] == SPACE}


def _selected(spec: Any) -> set[str]:
    wanted = spec["podSelector"].get("matchLabels", {})
    return {pod for pod, labels in PODS.items() if wanted.items() <= labels.items()}


def test_everything_is_denied_by_default(env: str) -> None:
    assert _policies(env)["default-deny-all"] == {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"]
    }  # fmt: skip


def test_selectors_meet_the_labels_that_the_controllers_set(env: str) -> None:
    wanted = {
        "allow-gateway-to-vllm": {"vllm"},
        "allow-vllm-egress": {"vllm"},
        f"allow-epp-{MODEL}": {"epp"},
        f"allow-epp-to-{MODEL}": {"vllm"},
        "allow-metrics-from-vllm": {"vllm"},
        "allow-metrics-from-epp": {"epp"},
        "allow-smoke-test": {"smoke"},
    }
    for name, spec in _policies(env).items():
        if name in wanted:
            assert _selected(spec) == wanted[name], name
    assert set(wanted) - set(_policies(env)) == ({"allow-smoke-test"} if env == FLUX else set())


def test_peers_are_pods_in_a_namespace_never_a_namespace_as_a_whole(env: str) -> None:
    for name, spec in _policies(env).items():
        for peers in [*keyed(spec, "from"), *keyed(spec, "to")]:
            for peer in peers:
                assert "podSelector" in peer or "ipBlock" in peer, name


def test_names_are_resolved_over_udp_and_tcp(env: str) -> None:
    for name, spec in _policies(env).items():
        rules = [r for r in spec.get("egress", []) if any(p["port"] == 53 for p in r["ports"])]
        if "Egress" in spec["policyTypes"] and name != "default-deny-all":
            (rule,) = rules
            assert {p["protocol"] for p in rule["ports"]} == {"UDP", "TCP"}, name


def test_models_reach_the_internet_and_nothing_private(env: str) -> None:
    (rule,) = [
        r for r in _policies(env)["allow-vllm-egress"]["egress"] if list(keyed(r, "ipBlock"))
    ]
    (peer,) = rule["to"]
    assert peer["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    closed = [ipaddress.ip_network(n) for n in peer["ipBlock"]["except"]]
    for address in ("169.254.169.254", "10.0.0.1", "172.16.0.2", "192.168.1.1", "100.64.0.1"):
        assert any(ipaddress.ip_address(address) in n for n in closed), address


def test_the_endpoint_picker_reaches_its_model_and_the_api_server(env: str) -> None:
    spec = _policies(env)[f"allow-epp-{MODEL}"]
    cidrs = [b["cidr"] for b in keyed(spec["egress"], "ipBlock")]
    assert cidrs == ["172.16.0.0/28"]
    assert {p["port"] for r in spec["egress"] for p in r["ports"]} == {53, 8000, 443}
    assert [p["port"] for r in spec["ingress"] for p in r["ports"]] == [9002]


def test_nobody_allows_the_ports_of_probes(env: str) -> None:
    """The kubelet's own node is always let in."""
    for name, spec in _policies(env).items():
        ports = {p["port"] for r in spec.get("ingress", []) for p in r["ports"]}
        assert not ports & {9003, 15020, 15021}, name


# -- monitoring -----------------------------------------------------------------------------------


def test_monitors_select_the_pods_and_ports_that_export(env: str) -> None:
    monitors = {m["metadata"]["name"]: m["spec"] for m in of(env, "PodMonitoring")}
    ports = {name: [e["port"] for e in m["endpoints"]] for name, m in monitors.items()}
    assert ports == {"vllm": [8000], "epp": [9090], "gateway": [15020], "istiod": [15014]}
    for name in ("vllm", "epp"):
        wanted = monitors[name]["selector"]["matchLabels"]
        assert [p for p, x in PODS.items() if wanted.items() <= x.items()] == [name]
    assert monitors["vllm"]["endpoints"][0]["scheme"] == "https"
    assert (
        monitors["epp"]["endpoints"][0]["authorization"]["credentials"]["secret"]["key"] == "token"
    )
