"""Manifests in any number, in the three layouts in which a join can become quadratic.

apart: each tenant has its own namespace and Gateway. together: all share one namespace and one
Gateway. copies: the same objects again and again, as the environments of one repository have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LAYOUTS = ("apart", "together", "copies")

Manifest = dict[str, Any]


def manifests(tenants: int, layout: str) -> Iterator[tuple[str, Manifest]]:
    """File and object of so many tenants, about 35 objects each."""
    for n in range(tenants):
        space = f"space-{n}" if layout == "apart" else "space"
        own = "x" if layout == "copies" else f"x{n}"
        for one in _tenant(space, own, n if layout == "apart" else 0):
            yield f"{n}/{one['kind']}-{one['metadata']['name']}.yaml".lower(), one


def _tenant(space: str, own: str, gateway: int) -> Iterator[Manifest]:
    """Objects of every kind that a check or a policy joins with another."""
    yield _object("v1", "Namespace", space, "", metadata={"labels": {"istio-injection": "enabled"}})
    yield _object(
        "gateway.networking.k8s.io/v1", "Gateway", f"gateway-{gateway}", space,
        gatewayClassName="gke-l7-global-external-managed",
        listeners=[
            {"name": "http", "port": 80, "protocol": "HTTP"},
            {
                "name": "https", "port": 443, "protocol": "HTTPS",
                "allowedRoutes": {"namespaces": {"from": "All"}},
                "tls": {"certificateRefs": [{"name": f"certificate-{gateway}"}]},
            },
        ],
    )  # fmt: skip
    yield from _routes(space, own, f"gateway-{gateway}")
    yield from _workload(space, own)
    yield from _service(space, own, f"gateway-{gateway}")
    yield from _policies(space, own, f"gateway-{gateway}")
    yield from _cluster(space, own)


def joined(tenants: int) -> Iterator[tuple[str, Manifest]]:
    """Further objects that a check joins with others, of so many tenants: each has a namespace."""
    for n in range(tenants):
        space = f"space-{n}"
        for one in _joined(space, {"app": f"server-{n}"}):
            yield f"{n}/{one['kind']}.yaml".lower(), one


def _joined(space: str, labels: dict[str, str]) -> Iterator[Manifest]:
    yield _object("gateway.networking.k8s.io/v1", "Gateway", "entry", space,
                  gatewayClassName="istio",
                  listeners=[{"name": "http", "port": 80, "protocol": "HTTP"}])  # fmt: skip
    yield _object("gateway.networking.k8s.io/v1", "HTTPRoute", "server", space,
                  parentRefs=[{"name": "entry"}],
                  rules=[{"backendRefs": [{"name": "server", "port": 80}]}])  # fmt: skip
    yield _object("v1", "Service", "server", space, selector=labels, ports=[{"port": 80}])
    container = {
        "name": "main", "image": "vllm/vllm-tpu:v0.23.0", "args": ["--model", "a/b"],
    }  # fmt: skip
    yield _object("apps/v1", "Deployment", "server", space, selector={"matchLabels": labels},
                  template={"metadata": {"labels": labels},
                            "spec": {"containers": [container]}})  # fmt: skip
    yield _object("monitoring.googleapis.com/v1", "PodMonitoring", "server", space,
                  selector={"matchLabels": {**labels, "part": "none"}},
                  endpoints=[{"port": 8000}])  # fmt: skip
    yield _object("networking.k8s.io/v1", "NetworkPolicy", "server", space,
                  podSelector={"matchLabels": labels}, policyTypes=["Egress"],
                  egress=[{"to": [{"namespaceSelector": {}, "podSelector": {
                      "matchLabels": {"k8s-app": "kube-dns"}}}],
                      "ports": [{"protocol": "UDP", "port": 53}]}])  # fmt: skip

    yield from _models(space, labels["app"])


def _models(space: str, own: str) -> Iterator[Manifest]:
    """A pool of model servers with its picker, and nodes that the servers of all tenants fit."""
    labels, picker = {"model": own}, {"picker": own}
    yield _object("inference.networking.k8s.io/v1", "InferencePool", "models", space,
                  selector={"matchLabels": labels}, targetPorts=[{"number": 8000}],
                  endpointPickerRef={"name": "picker", "port": {"number": 9002}})  # fmt: skip
    yield _object("gateway.networking.k8s.io/v1", "HTTPRoute", "models", space,
                  parentRefs=[{"name": "entry"}],
                  rules=[{"backendRefs": [{"group": "inference.networking.k8s.io",
                                           "kind": "InferencePool", "name": "models"}]}],
                  )  # fmt: skip
    yield _object("v1", "Service", "picker", space, selector=picker,
                  ports=[{"port": 9002, "appProtocol": "http2"}])  # fmt: skip
    yield _object("networking.istio.io/v1", "DestinationRule", "picker", space,
                  host=f"picker.{space}.svc.cluster.local",
                  trafficPolicy={"tls": {"mode": "SIMPLE", "insecureSkipVerify": True}},
                  )  # fmt: skip
    yield _object("networking.k8s.io/v1", "NetworkPolicy", "picker", space,
                  podSelector={"matchLabels": picker}, policyTypes=["Egress"],
                  egress=[{"to": [{"namespaceSelector": {}, "podSelector": {
                      "matchLabels": {"component": "kube-apiserver"}}}]}])  # fmt: skip
    server = {"name": "main", "image": "vllm/vllm-tpu:v0.23.0", "args": ["--model", "a/b"]}
    for name, kind, nodes, machine, device in (
        ("tpu", labels, {"cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
                         "cloud.google.com/gke-tpu-topology": "2x2"},
         {"machineType": "ct6e-standard-4t", "spot": True}, "google.com/tpu"),
        ("gpu", labels, {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"},
         {"machineType": "a3-highgpu-8g", "spot": True}, "nvidia.com/gpu"),
        ("picker", picker, {}, None, ""),
    ):  # fmt: skip
        container = {**server, "resources": {"limits": {device: "4"}}} if device else {
            "name": "main", "image": "registry.example.com/epp:v1",
            "args": ["--pool-name", "models", "--grpc-port", "9002"],
        }  # fmt: skip
        yield _object("apps/v1", "Deployment", f"models-{name}", space, replicas=2,
                      selector={"matchLabels": kind},
                      template={"metadata": {"labels": kind},
                                "spec": {"nodeSelector": nodes, "containers": [container]}},
                      )  # fmt: skip
        if machine is not None:
            yield _object("container.cnrm.cloud.google.com/v1beta1", "ContainerNodePool",
                          f"nodes-{name}", space, clusterRef={"name": "cluster"},
                          location="us-east5", autoscaling={"minNodeCount": 0, "maxNodeCount": 3},
                          nodeConfig=machine)  # fmt: skip


def _routes(space: str, own: str, gateway: str) -> Iterator[Manifest]:
    for name, section in (("web", {}), ("secure", {"sectionName": "https"})):
        yield _object(
            "gateway.networking.k8s.io/v1", "HTTPRoute", f"{name}-{own}", space,
            parentRefs=[{"name": gateway, **section}],
            rules=[{
                "matches": [{"path": {"type": "PathPrefix", "value": f"/{space}/service-{own}"}}],
                "backendRefs": [{"name": f"web-{own}", "port": 80}],
            }],
        )  # fmt: skip
    yield _object(
        "gateway.networking.k8s.io/v1", "HTTPRoute", f"redirect-{own}", space,
        parentRefs=[{"name": gateway, "sectionName": "http"}],
        rules=[{"filters": [
            {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
        ]}],
    )  # fmt: skip


def _workload(space: str, own: str) -> Iterator[Manifest]:
    labels = {"app": f"web-{own}", "tier": "backend"}
    container = {
        "name": "main",
        "image": f"registry.example.com/web:{own}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"nvidia.com/gpu": "1"},
        },
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}},
        "env": [{
            "name": "SETTING",
            "valueFrom": {"configMapKeyRef": {"name": f"settings-{own}", "key": "setting"}},
        }],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }  # fmt: skip
    pod = {
        "serviceAccountName": f"account-{own}",
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{own}"}}],
    }
    yield _object(
        "apps/v1", "Deployment", f"web-{own}", space,
        replicas=2, selector={"matchLabels": labels},
        template={"metadata": {"labels": labels}, "spec": pod},
    )  # fmt: skip
    yield _object(
        "apps/v1", "StatefulSet", f"store-{own}", space,
        replicas=3, serviceName=f"web-{own}",
        selector={"matchLabels": {"app": f"store-{own}"}},
        template={"metadata": {"labels": {"app": f"store-{own}"}}, "spec": pod},
    )  # fmt: skip
    yield _object("v1", "Service", f"web-{own}", space, selector=labels,
                  ports=[{"name": "http", "port": 80, "targetPort": "http"}])  # fmt: skip
    yield _object("v1", "ServiceAccount", f"account-{own}", space,
                  top={"secrets": [{"name": f"token-{own}"}]})  # fmt: skip
    yield _object("v1", "ConfigMap", f"settings-{own}", space, top={"data": {"setting": own}})
    yield _object("v1", "PersistentVolumeClaim", f"data-{own}", space,
                  accessModes=["ReadWriteOnce"],
                  resources={"requests": {"storage": "1Gi"}})  # fmt: skip
    for name, selector in (
        ("web", {"matchLabels": labels}),
        ("store", {"matchExpressions": [
            {"key": "app", "operator": "In", "values": [f"store-{own}"]}
        ]}),
    ):  # fmt: skip
        yield _object("policy/v1", "PodDisruptionBudget", f"{name}-{own}", space,
                      minAvailable=2, selector=selector)  # fmt: skip
    yield _object(
        "autoscaling/v2", "HorizontalPodAutoscaler", f"web-{own}", space,
        scaleTargetRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": f"web-{own}"},
        minReplicas=2, maxReplicas=4,
    )  # fmt: skip


def _service(space: str, own: str, gateway: str) -> Iterator[Manifest]:
    yield _object(
        "serving.kserve.io/v1alpha2", "LLMInferenceService", f"service-{own}", space,
        replicas=2,
        model={"uri": "hf://Qwen/Qwen2.5-3B-Instruct", "name": f"model-{own}"},
        router={"route": {}, "gateway": {"refs": [{"name": gateway, "namespace": space}]},
                "scheduler": {}},
        template={
            "serviceAccountName": f"account-{own}",
            "nodeSelector": {
                "cloud.google.com/gke-nodepool": f"pool-{own}",
                "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
                "cloud.google.com/gke-tpu-topology": "2x2",
            },
            "containers": [{
                "name": "main",
                "resources": {key: {"google.com/tpu": "4"} for key in ("limits", "requests")},
                "env": [{
                    "name": "HF_TOKEN",
                    "valueFrom": {"secretKeyRef": {"name": f"token-{own}", "key": "HF_TOKEN"}},
                }],
            }],
        },
    )  # fmt: skip
    yield _object(
        "v1", "Secret", f"token-{own}", space, top={"data": {"hf_token": "cGxhY2Vob2xkZXI="}}
    )
    yield _object(
        "external-secrets.io/v1", "ExternalSecret", f"external-{own}", space,
        secretStoreRef={"name": "store", "kind": "SecretStore"},
        target={"name": f"token-{own}"},
        data=[{"secretKey": "hf_token", "remoteRef": {"key": f"token-{own}"}}],
    )  # fmt: skip


def _policies(space: str, own: str, gateway: str) -> Iterator[Manifest]:
    pods = {"matchLabels": {"app": f"web-{own}"}}
    yield _object(
        "networking.k8s.io/v1", "NetworkPolicy", f"web-{own}", space,
        podSelector=pods, policyTypes=["Ingress", "Egress"],
        ingress=[{"from": [{"podSelector": {"matchLabels": {"app": f"store-{own}"}}}],
                  "ports": [{"protocol": "TCP", "port": 8080}]}],
        egress=[{"to": [{"namespaceSelector": {}, "podSelector": {
            "matchLabels": {"k8s-app": "kube-dns"}}}],
            "ports": [{"protocol": "UDP", "port": 53}]}],
    )  # fmt: skip
    yield _object("networking.k8s.io/v1", "NetworkPolicy", f"closed-{own}", space,
                  podSelector={}, policyTypes=["Ingress"])  # fmt: skip
    yield _object("v1", "ResourceQuota", f"quota-{own}", space, hard={"requests.cpu": "10"})
    for kind in ("RequestAuthentication", "AuthorizationPolicy"):
        yield _object(
            "security.istio.io/v1", kind, f"{kind.lower()}-{own}", space,
            targetRefs=[{"group": "gateway.networking.k8s.io", "kind": "Gateway",
                         "name": f"other-{gateway}"}],
        )  # fmt: skip
    yield _object("security.istio.io/v1", "PeerAuthentication", f"peers-{own}", space,
                  selector=pods, mtls={"mode": "STRICT"})  # fmt: skip
    yield _object(
        "networking.istio.io/v1alpha3", "EnvoyFilter", f"filter-{own}", space,
        configPatches=[{"applyTo": "HTTP_FILTER", "patch": {"operation": "MERGE", "value": {}}}],
    )  # fmt: skip
    yield _object(
        "networking.istio.io/v1", "DestinationRule", f"rule-{own}", space,
        host=f"web-{own}.{space}.svc.cluster.local",
        trafficPolicy={"tls": {"mode": "SIMPLE"}},
    )  # fmt: skip
    yield _object("rbac.authorization.k8s.io/v1", "Role", f"role-{own}", space, top={
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]})  # fmt: skip
    yield _object("rbac.authorization.k8s.io/v1", "RoleBinding", f"role-{own}", space, top={
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": f"role-{own}"},
        "subjects": [{"kind": "ServiceAccount", "name": f"account-{own}", "namespace": space}],
    })  # fmt: skip
    yield _object(
        "cert-manager.io/v1", "Certificate", f"certificate-{own}", space,
        secretName=f"certificate-{own}", dnsNames=[f"{own}.example.com"],
        issuerRef={"name": "issuer", "kind": "ClusterIssuer"},
    )  # fmt: skip


def _cluster(space: str, own: str) -> Iterator[Manifest]:
    yield _object("sailoperator.io/v1", "Istio", f"istio-{own}", "", namespace="istio-system",
                  version="v1.27.0")  # fmt: skip
    yield _object(
        "container.cnrm.cloud.google.com/v1beta1", "ContainerNodePool", f"pool-{own}", space,
        clusterRef={"name": f"cluster-{own}"}, location="us-east5",
        autoscaling={"minNodeCount": 0, "maxNodeCount": 3},
        nodeConfig={"machineType": "ct6e-standard-4t"}, placementPolicy={"tpuTopology": "2x2"},
    )  # fmt: skip
    yield _object(
        "kustomize.toolkit.fluxcd.io/v1", "Kustomization", f"step-{own}", space,
        interval="10m", path=f"./out/{own}", prune=True,
        sourceRef={"kind": "GitRepository", "name": f"source-{own}"},
    )  # fmt: skip
    yield _object("source.toolkit.fluxcd.io/v1", "GitRepository", f"source-{own}", space,
                  interval="10m", url=f"https://git.example.com/{own}.git")  # fmt: skip


def _object(
    version: str,
    kind: str,
    name: str,
    space: str,
    /,
    *,
    metadata: Manifest | None = None,
    top: Manifest | None = None,
    **spec: Any,
) -> Manifest:
    """metadata, top: more of `metadata`, and more beside it."""
    about = {"name": name, **({"namespace": space} if space else {}), **(metadata or {})}
    found: Manifest = {"apiVersion": version, "kind": kind, "metadata": about, **(top or {})}
    return {**found, "spec": spec} if spec else found
