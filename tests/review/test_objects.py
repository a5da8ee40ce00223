"""What comes of a change: pairs of manifests, and the rows of the risk table they meet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackgen.review.risks import table
from tests import sandbox
from tests.review.given import reviewed

POOL = """\
---
apiVersion: container.cnrm.cloud.google.com/v1beta1
kind: ContainerNodePool
metadata: {name: tpu, namespace: infra}
spec:
  location: us-east5-a
  clusterRef: {name: c}
  nodeLocations: [us-east5-a]
  autoscaling: {minNodeCount: 0, maxNodeCount: 3}
  nodeConfig: {machineType: ct6e-standard-4t, diskType: hyperdisk-balanced, tags: [a]}
"""
BUDGET = """\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: qwen, namespace: llm}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: qwen}}}
"""
SERVER = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: qwen, namespace: llm}
spec:
  replicas: 2
  selector: {matchLabels: {app: qwen}}
  template:
    metadata: {labels: {app: qwen}}
    spec:
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x2
      containers:
      - name: vllm
        image: vllm/vllm-tpu:v0.11
        args: [--model=Qwen/Qwen2.5-3B-Instruct]
        resources: {limits: {google.com/tpu: 4}}
        startupProbe: {httpGet: {port: 8000}, periodSeconds: 10, failureThreshold: 90}
"""
PREFILL = SERVER.replace("app: qwen", "llm-d.ai/role: prefill").replace(
    "[--model=Qwen/Qwen2.5-3B-Instruct]",
    """[--model=Qwen/Qwen2.5-3B-Instruct, --block-size=64, '--kv-transfer-config={"a":1}']""",
)
SPLIT = """\
---
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: llm}
spec:
  model: {uri: "hf://a/b", name: a/b}
  template: {containers: [{name: main}]}
  prefill: {template: {containers: [{name: main}]}}
"""
ALIASES = """\
---
apiVersion: llm-d.ai/v1alpha2
kind: InferenceModelRewrite
metadata: {name: qwen, namespace: llm}
spec:
  poolRef: {name: qwen}
  rules:
  - matches: [{model: {value: sql}}]
    targets: [{modelRewrite: v1, weight: 9}, {modelRewrite: v2, weight: 1}]
"""
REWRITE = SERVER.replace("[--model", "[--enable-lora, --lora-modules, v1=o/a, v2=o/b, --model") + (
    ALIASES
)
GROUP = """\
---
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: big, namespace: llm}
spec:
  model: {uri: "hf://a/b", name: a/b}
  replicas: 1
  parallelism: {data: 4, dataLocal: 1, tensor: 4}
  template: {containers: [{name: main, resources: {limits: {google.com/tpu: 4}}}]}
  worker: {containers: [{name: main, resources: {limits: {google.com/tpu: 4}}}]}
"""
SERVING = POOL + SERVER
GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: llm}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP}]
  infrastructure: {annotations: {networking.gke.io/load-balancer-type: Internal}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: s, namespace: llm}
spec: {type: ClusterIP, selector: {app: qwen}, ports: [{port: 80}]}
"""
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: llm
  annotations: {a: b}
  labels: {pod-security.kubernetes.io/enforce: restricted}
"""
WATCHED = (
    NAMESPACE.replace("labels: {", "labels: {watch: all, ")
    + """\
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
  - name: guard.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig: {service: {name: guard, namespace: guard}}
    namespaceSelector: {matchLabels: {watch: all}}
"""
)
SELECTING = (
    NAMESPACE.replace("labels: {", "labels: {expose: edge, ")
    + """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec:
  gatewayClassName: istio
  listeners:
    - name: http
      port: 80
      protocol: HTTP
      allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {expose: edge}}}}
"""
)
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: cache, namespace: llm}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: llm, annotations: {a: b}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "x:1"}]}}}
"""
MTLS = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: llm}
spec: {mtls: {mode: STRICT}}
"""
ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
"""
KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: k, namespace: flux-system}
spec: {interval: 1h, prune: false, path: ./a, sourceRef: {kind: GitRepository, name: g}}
"""
REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: g, namespace: flux-system}
spec: {interval: 1m, url: "https://example.com/r"}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: h, namespace: flux-system}
spec:
  interval: 1h
  chart: {spec: {chart: c, version: 1.0.0, sourceRef: {kind: HelmRepository, name: r}}}
  values: {a: 1}
"""
SCALER = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: s, namespace: llm}
spec:
  minReplicaCount: 1
  scaleTargetRef: {name: qwen}
  triggers: [{type: cpu, metadata: {value: "1"}}]
"""
CLUSTER = """\
apiVersion: container.cnrm.cloud.google.com/v1beta1
kind: ContainerCluster
metadata: {name: c, namespace: infra, annotations: {cnrm.cloud.google.com/project-id: p}}
spec: {location: us-east5-a, initialNodeCount: 1}
"""
GROUPSET = """\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: l, namespace: llm}
spec:
  replicas: 1
  leaderWorkerTemplate: {size: 4, workerTemplate: {spec: {containers: [{name: a, image: "x:1"}]}}}
"""

PLAIN = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: llm}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "web:1", args: [--a=1]}]}
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: llm}
data: {a: b}
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ks.example.com}
spec: {group: example.com}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: n, namespace: llm}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: e, namespace: llm}
spec: {secretStoreRef: {name: s}, data: [{secretKey: k, remoteRef: {key: a}}]}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: llm}
spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: a, port: 80}]}]}
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: llm}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: a, namespace: llm}]
"""
CERTIFICATE = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: c, namespace: llm}
spec: {secretName: s, issuerRef: {name: i}, dnsNames: [a.example.com]}
"""
QUOTA = """\
apiVersion: v1
kind: ResourceQuota
metadata: {name: q, namespace: llm}
spec: {hard: {requests.google.com/tpu: "8"}}
"""
ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: llm}
"""

CLASS = """\
apiVersion: cloud.google.com/v1
kind: ComputeClass
metadata: {name: tpu}
spec:
  activeMigration: {optimizeRulePriority: false}
  priorities:
  - {nodepools: [tpu]}
  - {tpu: {type: tpu-v6e-slice, count: 4, topology: 2x2}, spot: true}
"""

# Before, what to put in the place of what ("" for what: the object goes), and every row it meets.
CHANGES: dict[str, tuple[str, tuple[str, str], set[str]]] = {
    "a machine": (
        SERVING, ("ct6e-standard-4t", "ct6e-standard-8t"),
        {"node-pool-fixed", "pool-servers-away"},
    ),
    "a disk": (SERVING, ("hyperdisk-balanced", "pd-ssd"), {"node-pool-fixed", "pool-servers-away"}),
    "a zone": (SERVING, ("[us-east5-a]", "[us-east5-b]"),
               {"nodes-recreated", "pool-servers-unguarded"}),
    "nodes with a budget": (
        SERVING + BUDGET, ("tags: [a]", "tags: [b]"), {"nodes-recreated", "pool-servers-moved"},
    ),
    "nodes without": (
        SERVING, ("tags: [a]", "tags: [b]"), {"nodes-recreated", "pool-servers-unguarded"},
    ),
    "a smaller pool": (
        SERVING, ("maxNodeCount: 3", "maxNodeCount: 1"), {"pool-smaller", "node-pool-limits"},
    ),
    "a larger pool": (SERVING, ("maxNodeCount: 3", "maxNodeCount: 4"), {"node-pool-limits"}),
    "a pool goes": (POOL + SERVER, (POOL, ""), {"node-pool-removed", "pool-servers-away"}),
    "a cluster elsewhere": (CLUSTER, ("us-east5-a", "us-east1-d"), {"cluster-fixed"}),
    "another project": (
        CLUSTER, ("project-id: p", "project-id: q"), {"config-connector-annotation"},
    ),
    "another fallback": (CLASS, (", spot: true", ""), {"compute-class-changed"}),
    "migration": (CLASS, ("Priority: false", "Priority: true"), {"compute-class-migrates"}),
    "a class goes": (CLASS, (CLASS, ""), {"compute-class-removed"}),
    "a cluster goes": (CLUSTER, (CLUSTER, ""), {"cluster-removed"}),
    "replicas 0": (SERVING, ("replicas: 2", "replicas: 0"), {"replicas-to-zero"}),
    "fewer": (SERVING, ("replicas: 2", "replicas: 1"), {"fewer-replicas"}),
    "more": (SERVING, ("replicas: 2", "replicas: 3"), {"more-replicas"}),
    "an image": (SERVING, ("v0.11", "v0.12"), {"image", "restart-one-by-one"}),
    "no room": (
        SERVING.replace("maxNodeCount: 3", "maxNodeCount: 2"), ("v0.11", "v0.12"),
        {"image", "restart-no-room"},
    ),
    "the only server, all at once": (
        SERVER.replace("replicas: 2", "replicas: 1\n  strategy: {type: Recreate}"),
        ("v0.11", "v0.12"), {"image", "restart-away"},
    ),
    "a group": (GROUP, ("hf://a/b", "hf://a/c"), {"other-weights", "restart-away"}),
    "groups": (
        GROUP.replace("replicas: 1", "replicas: 2"), ("hf://a/b", "hf://a/c"),
        {"other-weights", "restart-one-by-one"},
    ),
    "more hosts": (GROUP, ("data: 4", "data: 8"), {"group-size"}),
    "prefill servers go": (PREFILL, (PREFILL, ""), {"prefill-removed", "workload-removed"}),
    "prefill of a service goes": (
        SPLIT, ("\n  prefill: {template: {containers: [{name: main}]}}", ""),
        {"prefill-removed", "pods-restart"},
    ),
    "blocks of another size": (
        PREFILL, ("size=64", "size=128"), {"transfer-mixed", "restart-one-by-one"},
    ),
    "another image of prefill": (
        PREFILL, ("tpu:v0.11", "tpu:v0.12"), {"transfer-mixed", "image", "restart-one-by-one"},
    ),
    "a size": (GROUPSET, ("size: 4", "size: 8"), {"group-size-fixed"}),
    "a served name": (GROUP, ("name: a/b", "name: x"), {"served-name", "restart-away"}),
    "an adapter goes": (
        SERVER.replace("args: [", "args: [--enable-lora, --lora-modules, a=o/a, b=o/b, "),
        ("b=o/b, ", ""), {"adapter-gone", "restart-one-by-one"},
    ),
    "an adapter comes": (
        SERVER.replace("args: [", "args: [--enable-lora, --lora-modules, a=o/a, "),
        ("a=o/a, ", "a=o/a, b=o/b, "), {"restart-one-by-one"},
    ),
    "a served name of a Deployment": (
        SERVER, ("[--model=", "[--served-model-name=chat, --model="),
        {"served-name", "restart-one-by-one"},
    ),
    "one of two served names": (
        SERVER.replace("[--model=", "[--served-model-name, a, b, --model="),
        ("a, b,", "b,"), {"served-name", "restart-one-by-one"},
    ),
    "one more served name": (
        SERVER.replace("[--model=", "[--served-model-name, a, --model="),
        ("a,", "a, b,"), {"restart-one-by-one"},
    ),
    "a shorter context": (
        SERVER, ("[--model=", "[--max-model-len=2048, --model="),
        {"context-shorter", "restart-one-by-one"},
    ),
    "a longer context": (
        SERVER.replace("[--model=", "[--max-model-len=2048, --model="),
        ("=2048", "=4096"), {"restart-one-by-one"},
    ),
    "an alias keeps an adapter's name": (
        REWRITE.replace("value: sql", "value: v1"), ("v1=o/a, ", ""), {"restart-one-by-one"},
    ),
    "an alias without its target": (
        REWRITE, ("v2=o/b, ", ""), {"adapter-gone", "restart-one-by-one"},
    ),
    "all aliases go": (REWRITE, (ALIASES, ""), {"alias-gone"}),
    "an alias is renamed": (REWRITE, ("value: sql", "value: s"), {"alias-gone", "alias-new"}),
    "an alias is added": (
        REWRITE,
        ("{model: {value: sql}}", "{model: {value: sql}}, {model: {value: s}}"), {"alias-new"},
    ),
    "an alias moves in part": (REWRITE, ("weight: 9", "weight: 4"), {"alias-moves"}),
    "an alias moves to a new target": (
        REWRITE.replace(", {modelRewrite: v2, weight: 1}", ""),
        ("weight: 9}", "weight: 1}, {modelRewrite: v2, weight: 999}"), {"alias-moves-to-new"},
    ),
    "a name is divided no more": (
        REWRITE.replace("value: sql", "value: v1"),
        (ALIASES.replace("value: sql", "value: v1"), ""), {"alias-moves"},
    ),
    "the weights in other units": (
        REWRITE.replace("weight: 9", "weight: 90"), ("weight: 90}, {modelRewrite: v2, weight: 1}",
        "weight: 180}, {modelRewrite: v2, weight: 2}"), {"other-change"},
    ),
    "a model goes": (GROUP, (GROUP, ""), {"model-removed"}),
    "replicas of an autoscaler": (
        SERVING, ("replicas: 2", ""), {"replicas-leave"},
    ),
    "scaled to zero": (SCALER, ("minReplicaCount: 1", "minReplicaCount: 0"), {"scales-to-zero"}),
    "never to zero": (SCALER, ("minReplicaCount: 1", "minReplicaCount: 2"), {"other-change"}),
    "a selector": (
        SERVER, ("matchLabels: {app: qwen}}\n  template:\n    metadata: {labels: {app: qwen}}",
                 "matchLabels: {app: x}}\n  template:\n    metadata: {labels: {app: x}}"),
        {"immutable-field"},
    ),
    "a job": (JOB, ("x:1", "x:2"), {"immutable-field", "image"}),
    "a job that is recreated": (
        JOB.replace("{a: b}", "{argocd.argoproj.io/sync-options: 'Replace=true,Force=true'}"),
        ("x:1", "x:2"), {"recreated", "image"},
    ),
    "a claim": (CLAIM, ("10Gi", "5Gi"), {"immutable-field"}),
    "the driver of buckets": (
        CLUSTER, ("spec: {", "spec: {addonsConfig: {gcsFuseCsiDriverConfig: {enabled: true}}, "),
        {"fuse-driver"},
    ),
    "a claim goes": (CLAIM, (CLAIM, ""), {"data-removed"}),
    "a namespace goes": (NAMESPACE, (NAMESPACE, ""), {"namespace-removed"}),
    "a protected namespace goes": (
        NAMESPACE.replace("{a: b}", "{kustomize.toolkit.fluxcd.io/prune: disabled}"),
        (NAMESPACE.replace("{a: b}", "{kustomize.toolkit.fluxcd.io/prune: disabled}"), ""),
        {"left-behind"},
    ),
    "pod security": (NAMESPACE, ("enforce: restricted", "enforce: privileged"), {"pod-security"}),
    "a mark": (NAMESPACE, ("{a: b}", "{a: c}"), {"marks-alone"}),
    "a namespace leaves the mesh": (
        NAMESPACE.replace("labels: {", "labels: {istio-injection: enabled, "),
        ("istio-injection: enabled", "istio-injection: disabled"), {"namespace-mesh"},
    ),
    "a namespace that a Gateway selects": (
        SELECTING, ("labels: {expose: edge, ", "labels: {"), {"namespace-not-routed"},
    ),
    "a namespace that a webhook selects": (
        WATCHED, ("labels: {watch: all, ", "labels: {"), {"namespace-not-selected"},
    ),
    "a namespace that a Gateway selects again": (
        SELECTING.replace("{expose: edge, ", "{"), ("labels: {", "labels: {expose: edge, "),
        {"namespace-selected"},
    ),
    "to the internet": (GATEWAY, (
        "\n  infrastructure: {annotations: {networking.gke.io/load-balancer-type: Internal}}", ""),
        {"exposed"}),
    "another listener": (
        GATEWAY, ("protocol: HTTP}]", "protocol: HTTP}, {name: x, port: 81, protocol: HTTP}]"),
        {"exposed", "listener"},
    ),
    "another port": (GATEWAY, ("port: 80,", "port: 8080,"), {"listener"}),
    "a gateway class": (GATEWAY, ("gatewayClassName: istio", "gatewayClassName: other"),
                        {"gateway-class"}),
    "a gateway goes": (GATEWAY, (GATEWAY, ""), {"entrance-removed"}),
    "a load balancer": (SERVICE, ("type: ClusterIP", "type: LoadBalancer"), {"exposed"}),
    "an address of a Service": (
        SERVICE.replace("selector:", "clusterIP: 10.0.0.1, selector:"),
        ("10.0.0.1", "10.0.0.2"), {"immutable-field"},
    ),
    "weaker mTLS": (MTLS, ("STRICT", "PERMISSIVE"), {"mtls-weaker"}),
    "stricter mTLS": (MTLS.replace("STRICT", "PERMISSIVE"), ("PERMISSIVE", "STRICT"),
                      {"mtls-stricter"}),
    "a verb": (ROLE, ("[get]", "[get, delete]"), {"permissions"}),
    "pruning": (KUSTOMIZATION, ("prune: false", "prune: true"), {"pruning"}),
    "a path": (KUSTOMIZATION, ("./a", "./b"), {"delivery-source"}),
    "delivery goes": (
        KUSTOMIZATION.replace("prune: false", "prune: true"),
        (KUSTOMIZATION.replace("prune: false", "prune: true"), ""), {"delivery-removed"},
    ),
    "delivery without pruning goes": (
        KUSTOMIZATION, (KUSTOMIZATION, ""), {"delivery-released"},
    ),
    "a source goes": (REPOSITORY, (REPOSITORY, ""), {"source-removed"}),
    "a chart": (RELEASE, ("1.0.0", "2.0.0"), {"platform-version"}),
    "values": (RELEASE, ("{a: 1}", "{a: 2}"), {"platform-values"}),
    "privileged": (
        SERVER, ("image: vllm", "securityContext: {privileged: true}\n        image: vllm"),
        {"host-access", "restart-one-by-one"},
    ),
    "a secret": (
        SERVER, ("      containers:", "      imagePullSecrets: [{name: x}]\n      containers:"),
        {"secret-reference", "restart-one-by-one"},
    ),
    "arguments": (PLAIN, ("--a=1", "--a=2"), {"pods-restart"}),
    "a workload goes": (PLAIN, (PLAIN, ""), {"workload-removed"}),
    "configuration": (CONFIG, ("a: b", "a: c"), {"configuration-of-pods"}),
    "configuration goes": (CONFIG, (CONFIG, ""), {"object-removed"}),
    "configuration comes": ("", ("", CONFIG), {"object-added"}),
    "a definition goes": (DEFINITION, (DEFINITION, ""), {"definition-removed"}),
    "a policy": (POLICY, ("[Ingress]", "[Ingress, Egress]"), {"authorization"}),
    "a policy for all pods goes": (POLICY, (POLICY, ""), {"guard-removed"}),
    "a policy for some pods goes": (
        POLICY.replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}"),
        (POLICY.replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}"), ""),
        {"policy-removed"},
    ),
    "a remote secret": (SECRET, ("key: a", "key: b"), {"secret-reference"}),
    "a secret goes": (SECRET, (SECRET, ""), {"secret-removed"}),
    "a quota": (QUOTA, ('"8"', '"4"'), {"quota"}),
    "a backend": (ROUTE, ("port: 80", "port: 81"), {"routing"}),
    "a binding": (BINDING, ("name: a,", "name: x,"), {"permissions"}),
    "a binding comes": ("", ("", BINDING), {"permissions-given"}),
    "a certificate": (CERTIFICATE, ("a.example", "b.example"), {"certificate"}),
    "a guard against pruning": (
        NAMESPACE.replace("{a: b}", "{kustomize.toolkit.fluxcd.io/prune: disabled}"),
        ("prune: disabled", "prune: enabled"), {"prune-protection"},
    ),
    "an identity": (
        ACCOUNT.replace("llm}", "llm, annotations: {iam.gke.io/gcp-service-account: a}}"),
        ("account: a}", "account: b}"), {"service-account"},
    ),
    "a first size": (
        POOL.replace("autoscaling:", "initialNodeCount: 1\n  autoscaling:"),
        ("initialNodeCount: 1", "initialNodeCount: 2"), {"node-pool-first-size"},
    ),
    "an account of nodes": (
        POOL.replace("tags: [a]", "serviceAccountRef: {external: a}"),
        ("external: a", "external: b"), {"node-pool-fixed-too"},
    ),
    "a network": (
        CLUSTER.replace("spec: {", "spec: {networkRef: {name: a}, "), ("name: a}", "name: b}"),
        {"cluster-fixed-too"},
    ),
    "an account": (
        SERVER, ("      containers:", "      serviceAccountName: x\n      containers:"),
        {"service-account", "restart-one-by-one"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_comes_of_it(name: str) -> None:
    before, (what, instead), wanted = CHANGES[name]
    assert what in before
    (change,) = reviewed(before, before.replace(what, instead)).changes
    assert {c.id for c in change.consequences} == wanted
    assert all("{" not in c.message for c in change.consequences)


def message(before: str, what: str, instead: str, row: str) -> str:
    (change,) = reviewed(before, before.replace(what, instead)).changes
    return next(c.message for c in change.consequences if c.id == row)


def test_how_much_of_an_alias_moves() -> None:
    row = "alias-moves"
    text = message(REWRITE, "v1, weight: 9}, {modelRewrite: v2, weight: 1}",
                   "v1, weight: 1}, {modelRewrite: v2, weight: 999}", row)  # fmt: skip
    assert text.startswith("89.9% of the requests for sql move to another model: v1 90% -> 0.1%")
    assert text.endswith("v2 10% -> 99.9%")


def test_how_long_a_restart_takes() -> None:
    text = message(SERVING, "v0.11", "v0.12", "restart-one-by-one")
    assert "2 servers restart one after another" in text
    assert "each takes up to 15 min to load, all of them up to 30 min" in text
    assert "it takes 3 nodes meanwhile, and there can be 3" in text
    text = message(POOL + SERVER, "ct6e-standard-4t", "ct6e-standard-8t", "pool-servers-away")
    assert text.startswith("2 servers of Deployment qwen run on this pool")


def test_a_restart_while_nothing_runs() -> None:
    none = SERVER.replace("replicas: 2", "replicas: 0")
    (change,) = reviewed(none, none.replace("v0.11", "v0.12")).changes
    assert {c.id for c in change.consequences} == {"image"}


def test_pods_that_wait_for_a_pool_that_is_refused() -> None:
    new = SERVING.replace("ct6e-standard-4t", "ct6e-standard-8t")
    new = new.replace("topology: 2x2", "topology: 2x4").replace(
        "google.com/tpu: 4", "google.com/tpu: 8"
    )
    found = {
        c.resource.kind: {x.id for x in c.consequences} for c in reviewed(SERVING, new).changes
    }
    assert found["Deployment"] == {"restart-no-nodes"}


def test_pods_that_do_with_the_nodes_as_they_are() -> None:
    """The pool is refused its other disk; the new pods ask for what its nodes have."""
    new = SERVING.replace("hyperdisk-balanced", "pd-ssd").replace("v0.11", "v0.12")
    changes = {c.resource.kind: c for c in reviewed(SERVING, new).changes}
    assert {c.id for c in changes["Deployment"].consequences} == {"image", "restart-one-by-one"}


def test_servers_on_gpus() -> None:
    pool = POOL.replace("ct6e-standard-4t", "g2-standard-8").replace("hyperdisk", "pd")
    pool = pool.replace("tags: [a]", "guestAccelerator: [{type: nvidia-l4, count: 1}]")
    server = SERVER.replace("gke-tpu-accelerator: tpu-v6e-slice", "gke-accelerator: nvidia-l4")
    server = server.replace("        cloud.google.com/gke-tpu-topology: 2x2\n", "")
    old = pool + server.replace("google.com/tpu: 4", "nvidia.com/gpu: 1").replace("tpu", "openai")
    new = old.replace("g2-standard-8", "a2-highgpu-1g").replace("nvidia-l4", "nvidia-tesla-a100")
    changes = {c.resource.kind: c for c in reviewed(old, new).changes}
    assert {c.id for c in changes["Deployment"].consequences} == {"restart-no-nodes"}
    assert {c.id for c in changes["ContainerNodePool"].consequences} == {
        "node-pool-fixed", "pool-servers-away",
    }  # fmt: skip


def test_servers_whose_pool_goes_with_the_same_change() -> None:
    shape = "gke-tpu-topology: 2x2"
    old = SERVING.replace(shape, f"{shape}\n        cloud.google.com/gke-nodepool: tpu")
    new = old.replace("name: tpu,", "name: tpu-2,").replace("pool: tpu", "pool: tpu-2")
    changes = {c.resource.kind: c for c in reviewed(old, new).changes}
    assert {c.id for c in changes["Deployment"].consequences} == {"restart-pool-gone"}
    assert {c.id for c in changes["ContainerNodePool"].consequences} == {
        "node-pool-removed", "pool-servers-away", "renamed",
    }  # fmt: skip


def test_the_worst_comes_first() -> None:
    (change,) = reviewed(
        SERVER, SERVER.replace("v0.11", "v0.12").replace("replicas: 2", "replicas: 0")
    ).changes
    assert [c.risk for c in change.consequences] == ["high", "medium"]
    assert change.risk == "high"


def test_every_row_of_the_table_is_met() -> None:
    """A row that no case meets could say anything."""
    texts = [p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_*.py")]
    texts += [p.read_text("utf-8") for p in (sandbox.ROOT / "tests/cases/review").rglob("*.txt")]
    met = {row for row in table() if any(f'"{row}"' in t or f"[{row}]" in t for t in texts)}
    assert set(table()) - met == set()


def test_every_row_has_a_source_and_a_date() -> None:
    for row in table().values():
        assert row.source, row.id
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.as_of), row.id
        assert row.when in ("changed", "added", "removed", "computed"), row.id
        assert bool(row.fields) == (row.when == "changed"), row.id
        assert row.status == "" or re.match("(UNVERIFIED|INFERRED): ", row.status), row.id


def test_what_code_asks_for_is_in_the_table() -> None:
    package = sandbox.ROOT / "generator" / "stackgen" / "review"
    code = "".join(p.read_text(encoding="utf-8") for p in package.glob("*.py"))
    computed = {row.id for row in table().values() if row.when == "computed"}
    assert {row for row in computed if f'"{row}"' not in code} == set()
    asked = set(re.findall(r'consequence\(\s*"([a-z-]+)"', code))
    assert asked <= computed


LIMITS = """\
---
apiVersion: kuadrant.io/v1alpha1
kind: TokenRateLimitPolicy
metadata: {name: tokens, namespace: gw}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: g}
  limits:
    team-a: {rates: [{limit: 1000, window: 1m}, {limit: 90000, window: 24h}]}
"""
KEYS = """\
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: keys, namespace: gw}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]
  apiKeyAuth: {credentialRefs: [{name: keys}], extractFrom: [{headers: [Authorization]}]}
"""


MESH_GUARD = """\
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: callers, namespace: gw}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]
  rules: [{from: [{source: {requestPrincipals: ["https://login.example.com/*"]}}]}]
"""


def said(old: str, new: str) -> dict[str, str]:
    """What comes of the only change, by row."""
    (change,) = reviewed(old, new).changes
    return {one.id: one.message for one in change.consequences}


ARMOR = """\
---
apiVersion: networking.gke.io/v1
kind: GCPBackendPolicy
metadata: {name: qwen-pool, namespace: models}
spec:
  default: {timeoutSec: 3600, securityPolicy: limit-clients}
  targetRef: {group: inference.networking.k8s.io, kind: InferencePool, name: qwen-pool}
"""


def test_a_policy_of_cloud_armor_that_goes_is_a_high_risk() -> None:
    found = said(ARMOR, ARMOR.replace(", securityPolicy: limit-clients", ""))
    assert "limit-clients of Cloud Armor no longer filters" in found["cloud-armor-removed"]
    assert table()["cloud-armor-removed"].risk == "high"
    assert "cloud-armor-removed" not in said(ARMOR, ARMOR.replace("limit-clients", "other"))


def test_limits_that_rise_and_fall_are_told_apart() -> None:
    changed = LIMITS.replace("limit: 1000,", "limit: 5000,").replace(", {limit: 90000", "")
    changed = changed.replace(", window: 24h}", "")
    assert said(LIMITS, changed) == {
        "limit-raised": "clients may use more: tokens of team-a in 1m: 1,000 -> 5,000, "
        "tokens of team-a in 24h: 90,000 -> no limit"
    }
    assert said(changed, LIMITS).keys() == {"limit-lowered"}


@pytest.mark.parametrize(
    ("policy", "row"),
    [(KEYS, "authentication-added"), (LIMITS, "limit-added"), (MESH_GUARD, "guard-added")],
)
def test_a_policy_that_begins_to_reject_requests_is_a_medium_risk(policy: str, row: str) -> None:
    assert said(BUDGET, policy + BUDGET).keys() == {row}
    assert table()[row].risk == "medium"
    renamed = policy.replace("{name: ", "{name: new-")
    assert said(policy + BUDGET, renamed + BUDGET).keys() == {"renamed"}  # it rejected them before


def test_a_gateway_that_asks_for_no_credentials_any_more_is_a_high_risk() -> None:
    found = said(KEYS + BUDGET, BUDGET)
    assert found.keys() == {"authentication-removed"}
    assert table()["authentication-removed"].risk == "high"
    assert said(LIMITS + BUDGET, BUDGET).keys() == {"limit-removed"}
