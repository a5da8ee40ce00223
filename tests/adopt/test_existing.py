"""Pools, pickers, routes, Services and monitors of others become names and fields of a model."""

from __future__ import annotations

import pytest
import yaml

from stackgen.adopt.read import release_of
from stackgen.adopt.stack import Stack, adopt
from stackgen.catalog.load import Catalog
from stackgen.manifest.collect import collect_text

SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat-servers, labels: {team: chat}}
spec:
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      serviceAccountName: chat-sa
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x2
      containers:
        - name: server
          image: vllm/vllm-tpu:v0.27.0
          command: [vllm, serve, Qwen/Qwen3-8B]
          args: [--port, "PORT", --max-model-len=8192]
          ports: [{containerPort: PORT}]
          readinessProbe: {httpGet: {path: /health, port: PORT}}
          resources: {limits: {google.com/tpu: 4}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: chat-sa, labels: {team: chat}}
---
"""
PICKED = (
    SERVER.replace("PORT", "8000")
    + """\
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: chat, namespace: llm, labels: {part: router}}
spec:
  targetPorts: [{number: 8000}]
  appProtocol: http
  selector: {matchLabels: {app: chat}}
  endpointPickerRef: {name: chat-epp, port: {number: 9002}, failureMode: FailOpen}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat-epp, namespace: llm, labels: {part: router}}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {router: chat-epp}}
  template:
    metadata: {labels: {router: chat-epp}}
    spec:
      serviceAccountName: chat-epp
      containers:
        - name: epp
          image: ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.10.0
          args: [--pool-name, chat, --pool-namespace, llm, --config-file, /config/plugins.yaml]
          volumeMounts: [{name: plugins, mountPath: /config}]
      volumes: [{name: plugins, configMap: {name: chat-epp}}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: chat-epp, namespace: llm, labels: {part: router}}
---
apiVersion: v1
kind: Service
metadata: {name: chat-epp, namespace: llm}
spec:
  selector: {router: chat-epp}
  ports:
    - {name: grpc-ext-proc, port: 9002, appProtocol: kubernetes.io/h2c}
    - {name: http-metrics, port: 9090}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec:
  gatewayClassName: gke-l7-rilb
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat-route, namespace: llm}
spec:
  parentRefs: [{name: front}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: chat}]
---
apiVersion: networking.gke.io/v1
kind: GCPBackendPolicy
metadata: {name: chat, namespace: llm}
spec:
  targetRef: {group: inference.networking.k8s.io, kind: InferencePool, name: chat}
  default: {timeoutSec: 300, logging: {enabled: true}}
---
apiVersion: monitoring.googleapis.com/v1
kind: PodMonitoring
metadata: {name: chat-metrics, namespace: llm}
spec:
  selector: {matchLabels: {app: chat}}
  endpoints: [{port: 8000, path: /metrics, interval: 15s}]
"""
)
SERVED = (
    SERVER.replace("PORT", "7080")
    + """\
apiVersion: v1
kind: Service
metadata: {name: chat-http}
spec:
  type: LoadBalancer
  selector: {app: chat}
  ports: [{name: http, port: 80, targetPort: 7080}]
"""
)


def _adopted(text: str) -> Stack:
    bundle = collect_text(text, "in.yaml").bundle
    return adopt(bundle, release_of(bundle, Catalog()), "llm")


@pytest.fixture(scope="module")
def picked() -> Stack:
    return _adopted(PICKED)


def test_the_objects_of_a_router_are_fields_of_the_model(picked: Stack) -> None:
    assert {(r.resource.kind, r.resource.name): r.state for r in picked.results if r.patch} == {}
    assert {r.state for r in picked.results} <= {"equal", "adds"}
    assert not any(r.extra for r in picked.results)
    spec = yaml.safe_load(picked.files["stack.yaml"])["spec"]
    (model,) = spec["serving"]["models"]
    assert model["names"] == {
        "pool": "chat", "picker": "chat-epp", "route": "chat-route", "serviceAccount": "chat-sa",
        "monitor": "chat-metrics",
    }  # fmt: skip
    assert model["route"] == {"path": "/"}
    assert spec["gateway"]["limits"] == {"requestSeconds": 300}
    assert model["labels"] == {"team": "chat"}
    picker = model["picker"]
    assert (picker["labels"], picker["selector"]) == ({"part": "router"}, {"router": "chat-epp"})
    assert picker["ports"] == [{"name": "http-metrics", "port": 9090}]
    (container,) = picker["template"]["spec"]["containers"]
    assert (container["name"], container["args"][1]) == ("picker", "chat")
    assert "Deployment chat-epp: container epp is called picker" in picked.assumed
    assert spec["serving"]["namespace"] == "llm"
    assert spec["observe"] == {"engine": "gmp", "intervalSeconds": 15, "objects": "monitors"}
    assert spec["gateway"]["listeners"][0]["allowedRoutes"] == "All"
    # A stack has one picker for the pool, the one that was there.
    kinds = [r.kind for r in picked.beside]
    assert not {"InferencePool", "HTTPRoute", "Service"} & set(kinds)


def test_a_time_that_is_no_number_is_no_limit() -> None:
    text = PICKED.replace("timeoutSec: 300", "timeoutSec: [300]")
    spec = yaml.safe_load(_adopted(text).files["stack.yaml"])["spec"]
    assert "limits" not in spec["gateway"]


def test_a_pool_of_several_servers_belongs_to_none() -> None:
    other = PICKED.partition("---")[0].replace("chat-servers", "more-servers")
    made = _adopted(f"{other}---\n{PICKED}")
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    assert all("pool" not in m.get("names", {}) for m in spec["serving"]["models"])


def test_the_port_of_most_servers_is_that_of_the_stack_and_others_stay_as_they_are() -> None:
    other = SERVER.partition("---")[0].replace("chat-servers", "more").replace("PORT", "9000")
    other = other.replace("app: chat", "app: more").replace(
        "metadata: {name: more", "metadata: {annotations: {note: a}, name: more"
    )
    third = (
        SERVED.partition("---")[0]
        .replace("chat-servers", "third")
        .replace("app: chat", "app: third")
    )
    made = _adopted(f"{other}---\n{third}---\n{SERVED}")
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    assert spec["serving"]["port"] == 7080
    model = next(m for m in spec["serving"]["models"] if m["name"] == "chat-servers")
    assert (model["scheduler"], model["names"]["service"]) == (False, "chat-http")
    assert model["service"] == {"port": 80, "type": "LoadBalancer"}
    found = {(r.resource.kind, r.resource.name): (r.state, r.extra) for r in made.results}
    assert found["Deployment", "more"] == ("equal", True)
    assert {found["Deployment", name] for name in ("chat-servers", "third")} == {("adds", False)}
    assert found["Service", "chat-http"] == ("adds", False)
    assert "patches" not in spec
    assert made.assumed[0] == (
        "Deployment more: stays as it is; its port is 9000, and servers have one port"
    )


MARKED = (
    PICKED.replace("{name: front}\nspec:", "{name: front, annotations: {a: b}}\nspec:")
    .replace("{name: chat-sa, labels: {team: chat}}", "{name: chat-sa, annotations: {iam: x}}")
    .replace(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute",
        """---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: chat-epp, namespace: llm}
rules:
  - {apiGroups: [""], resources: [pods], verbs: [watch, list, get]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute""",
    )
)


def test_annotations_are_fields_and_a_role_that_permits_more_is_no_patch() -> None:
    made = _adopted(MARKED)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    (model,) = spec["serving"]["models"]
    assert model["annotations"] == {"ServiceAccount": {"iam": "x"}}
    assert spec["gateway"]["annotations"] == {"a": "b"}
    assert "patches" not in spec
    role = next(r for r in made.results if r.resource.kind == "Role")
    assert (role.state, role.extra) == ("adds", False)
    assert "rules: get inferencepools.inference.networking.k8s.io" in role.added
    less = _adopted(MARKED.replace("verbs: [watch, list, get]", "verbs: [delete]"))
    assert [p["target"]["kind"] for p in yaml.safe_load(less.files["stack.yaml"])["spec"]["patches"]
            ] == ["Role"]  # fmt: skip


CHART = (
    PICKED.replace("[{containerPort: 8000}]", "[{name: serving, containerPort: 8000}]")
    .replace("{app: chat}}\n  endpointPickerRef", "{family: qwen}}\n  endpointPickerRef")
    .replace("failureMode: FailOpen", "failureMode: FailClose")
    .replace("metadata: {labels: {app: chat}}", "metadata: {labels: {app: chat, family: qwen}}")
    .replace("endpoints: [{port: 8000,", "endpoints: [{port: serving,")
    .replace("strategy: {type: Recreate}", "replicas: 2\n  strategy: {type: Recreate}")
    + """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: chat-epp, namespace: llm}
data:
  other.yaml: "kind: Other"
  plugins.yaml: |
    # Read by the endpoint picker.
    kind: EndpointPickerConfig
    apiVersion: llm-d.ai/v1alpha1
    plugins: [{type: queue-scorer}]
    schedulingProfiles: [{name: default, plugins: [{weight: 2, pluginRef: queue-scorer}]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: chat-epp-sa, namespace: llm}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, watch, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: chat-epp-of, namespace: llm}
subjects: [{kind: ServiceAccount, name: chat-epp, namespace: llm}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: chat-epp-sa}
"""
)  # fmt: skip


def test_what_the_chart_of_a_router_has_beside_is_fields_of_the_model() -> None:
    made = _adopted(CHART)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    assert {r.resource.kind for r in made.results if r.extra or r.patch} == set()
    assert {r.state for r in made.results} <= {"equal", "adds"}
    (model,) = spec["serving"]["models"]
    assert model["pool"] == {
        "selector": {"family": "qwen"}, "failureMode": "FailClose", "healthCheckPolicy": False,
    }  # fmt: skip
    assert model["monitor"] == {"port": "serving"}
    picker = model["picker"]
    assert picker["configMap"] == {
        "name": "chat-epp", "key": "plugins.yaml", "files": {"other.yaml": "kind: Other"}
    }  # fmt: skip
    assert (picker["replicas"], picker["config"]["plugins"]) == (2, [{"type": "queue-scorer"}])
    assert [(r["name"], r["binding"]) for r in picker["roles"]] == [("chat-epp-sa", "chat-epp-of")]
    # The comment is not part of what the file says; a weight is.
    other = _adopted(
        CHART.replace("namespace: llm}\ndata:", "namespace: llm}\nimmutable: true\ndata:")
    )
    patched = [(r.resource.kind, r.patch) for r in other.results if r.patch]
    assert patched == [("ConfigMap", {"immutable": True})]


def test_the_endpoint_picker_of_a_pool_is_named_as_the_pool_says() -> None:
    documents = PICKED.split("---\n")
    elsewhere = "---\n".join(d for d in documents if "name: chat-epp, namespace" not in d)
    made = _adopted(elsewhere)
    (model,) = yaml.safe_load(made.files["stack.yaml"])["spec"]["serving"]["models"]
    assert model["names"]["picker"] == "chat-epp"
    assert [r.patch for r in made.results if r.resource.kind == "InferencePool"] == [None]
    assert "chat-epp" in {r.name for r in made.beside if r.kind == "Deployment"}


REWRITE = """\
---
apiVersion: llm-d.ai/v1alpha2
kind: InferenceModelRewrite
metadata: {name: chat-servers, namespace: llm}
spec:
  poolRef: {group: inference.networking.k8s.io, name: chat}
  rules:
    - matches: [{model: {type: Exact, value: gpt}}]
      targets: [{modelRewrite: Qwen/Qwen3-8B}]
"""


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [("Exact", "Exact", False), ("Qwen/Qwen3-8B", "other", True), ("Exact", "Prefix", True)],
    ids=["as-it-is", "another-model", "another-match"],
)
def test_a_rewrite_is_the_aliases_of_a_model_if_they_can_state_it(
    old: str, new: str, stays: bool
) -> None:
    made = _adopted(PICKED + REWRITE.replace(old, new))
    (rewrite,) = (r for r in made.results if r.resource.kind == "InferenceModelRewrite")
    assert (rewrite.state, rewrite.extra, rewrite.patch) == (
        ("equal", True, None) if stays else ("adds", False, None)
    )


CLAIM = """\
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: hub, labels: {team: chat}}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 90Gi}}
"""


@pytest.mark.parametrize(
    ("old", "new", "stated"),
    [
        ("Once]", "Once]\n  volumeMode: Filesystem", True),
        ("Once]", "Once]\n  volumeName: disk", False),
        ("Once]", "Once]\n  storageClassName: ''", False),
        ("90Gi", "90G", False),
        ("team: chat", "team: other", False),
        ("name: hub", "name: unused", False),
    ],
)
def test_a_claim_that_servers_mount_is_a_field_if_it_can_state_it(
    old: str, new: str, stated: bool
) -> None:
    mounted = SERVED.replace(
        "      containers:",
        "      volumes: [{name: a, persistentVolumeClaim: {claimName: hub}}]\n      containers:",
    )
    made = _adopted(mounted + CLAIM.replace(old, new))
    (claim,) = (r for r in made.results if r.resource.kind == "PersistentVolumeClaim")
    assert (claim.state in ("equal", "adds"), claim.patch, claim.extra) == (True, None, not stated)
    (model,) = yaml.safe_load(made.files["stack.yaml"])["spec"]["serving"]["models"]
    assert model.get("claims") == ([{"name": "hub", "sizeGb": 90}] if stated else None)


def test_names_of_ports_of_a_service_are_fields() -> None:
    named = SERVED.replace(
        "name: http, port: 80, targetPort: 7080", "name: api, port: 80, targetPort: api"
    )
    named = named.replace(
        "ports: [{containerPort: 7080}]", "ports: [{name: api, containerPort: 7080}]"
    )
    made = _adopted(named)
    assert [(r.resource.kind, r.state) for r in made.results if r.patch or r.extra] == []
    (model,) = yaml.safe_load(made.files["stack.yaml"])["spec"]["serving"]["models"]
    assert model["service"] == {
        "port": 80, "type": "LoadBalancer", "portName": "api", "targetPort": "api"
    }  # fmt: skip


KSERVE = """\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceServiceConfig
metadata: {name: base, namespace: llm}
spec: {template: {containers: [{name: main, env: [{name: A, value: "1"}]}]}}
---
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: llm, labels: {team: chat}}
spec:
  model: {uri: "hf://Qwen/Qwen3-8B", name: Qwen/Qwen3-8B}
  baseRefs: [{name: base}]
  prefill: {replicas: 2, template: {containers: [{name: main, env: [{name: B, value: "1"}]}]}}
  router:
    route: {}
    gateway: {}
    scheduler:
      config:
        inline:
          apiVersion: llm-d.ai/v1alpha1
          kind: EndpointPickerConfig
          plugins: [{type: queue-scorer}, {type: max-score-picker}]
  template:
    containers:
      - {name: main, resources: {limits: {nvidia.com/gpu: "1"}}}
"""


def test_configs_and_picker_of_a_service_are_fields_of_the_model() -> None:
    made = _adopted(KSERVE)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    (model,) = spec["serving"]["models"]
    prefill = model["prefill"]
    (server,) = prefill["template"]["spec"]["containers"]
    assert (prefill["replicas"], server["env"]) == (2, [{"name": "B", "value": "1"}])
    assert (model["baseRefs"], model["labels"]) == (["base"], {"team": "chat"})
    assert [p["type"] for p in model["picker"]["config"]["plugins"]] == [
        "queue-scorer", "max-score-picker"
    ]  # fmt: skip
    states = {r.resource.kind: (r.state, r.extra, r.patch) for r in made.results}
    assert states["LLMInferenceServiceConfig"] == ("equal", True, None)
    assert states["LLMInferenceService"] == ("adds", False, None)


def test_a_service_of_another_version_that_the_api_server_converts_is_rendered() -> None:
    older = KSERVE.replace(
        "v1alpha2\nkind: LLMInferenceService\n", "v1alpha1\nkind: LLMInferenceService\n"
    )
    made = _adopted(older)
    (service,) = (r for r in made.results if r.resource.kind == "LLMInferenceService")
    assert (service.state, service.patch) == ("adds", None)
    assert "apiVersion: serving.kserve.io/v1alpha2" in service.added
    pool = "    scheduler:\n      pool: {spec: {targetPortNumber: 8000, selector: {a: b}}}\n"
    made = _adopted(older.replace("    scheduler:\n", pool))
    (service,) = (r for r in made.results if r.resource.kind == "LLMInferenceService")
    assert service.state == "differs"


def test_a_policy_of_gke_is_rendered_once_for_a_pool() -> None:
    check = """---
apiVersion: networking.gke.io/v1
kind: HealthCheckPolicy
metadata: {name: mine, namespace: llm}
spec:
  targetRef: {group: inference.networking.k8s.io, kind: InferencePool, name: chat}
  default: {config: {type: HTTP, httpHealthCheck: {requestPath: /health, port: 8000}}}
"""
    made = _adopted(PICKED + check)
    assert "HealthCheckPolicy" not in {r.kind for r in made.beside}
    (model,) = yaml.safe_load(made.files["stack.yaml"])["spec"]["serving"]["models"]
    assert model["pool"]["healthCheckPolicy"] is False
    assert "backendPolicy" not in model["pool"]
