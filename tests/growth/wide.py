"""One object of a kind, with any number of items in each of its lists."""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]


def wide(size: int) -> list[tuple[str, Manifest]]:
    """File and object: of every kind one, with so many containers, rules, ports or keys."""
    found = (
        _deployment(size), _service(size), _route(size), _gateway(size), _network_policy(size),
        _role(size), _binding(size), _config(size), _serving(size), _authorization(size),
        _filter(size),
    )  # fmt: skip
    return [(f"{one['kind'].lower()}.yaml", one) for one in found]


def _container(number: int, size: int) -> Manifest:
    return {
        "name": f"c{number}",
        "image": f"registry.example.com/c{number}:1",
        "args": [f"--option-{n}={n}" for n in range(size)],
        "ports": [{"name": f"p{number}", "containerPort": 1000 + number}],
        "env": [{"name": f"NAME_{n}", "value": f"{n}"} for n in range(size)],
        "volumeMounts": [{"name": f"v{number}", "mountPath": f"/v{number}"}],
        "resources": {"limits": {"memory": "1Gi"}},
    }


def _pod(size: int) -> Manifest:
    return {
        "containers": [_container(n, 1) for n in range(size)] + [_container(size, size)],
        "volumes": [{"name": f"v{n}", "emptyDir": {}} for n in range(size + 1)],
        "tolerations": [{"key": f"k{n}", "operator": "Exists"} for n in range(size)],
        "imagePullSecrets": [{"name": f"s{n}"} for n in range(size)],
    }


def _deployment(size: int) -> Manifest:
    labels = {f"l{n}": "v" for n in range(size)}
    return _object("apps/v1", "Deployment", replicas=2, selector={"matchLabels": labels},
                   template={"metadata": {"labels": labels}, "spec": _pod(size)})  # fmt: skip


def _service(size: int) -> Manifest:
    ports = [{"name": f"p{n}", "port": 1 + n, "targetPort": f"p{n}"} for n in range(size)]
    return _object("v1", "Service", ports=ports, selector={"l0": "v"})


def _route(size: int) -> Manifest:
    rules = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": f"/{n}"}}],
            "backendRefs": [{"name": f"b{n}", "port": 80}],
        }
        for n in range(size)
    ]
    rules.append({
        "matches": [{"path": {"type": "Exact", "value": f"/one/{n}"}} for n in range(size)],
        "backendRefs": [{"kind": "InferencePool", "name": f"b{n}"} for n in range(size)],
        "filters": [{"type": "URLRewrite"} for _ in range(size)],
    })  # fmt: skip
    return _object("gateway.networking.k8s.io/v1", "HTTPRoute", rules=rules,
                   parentRefs=[{"name": "wide", "sectionName": f"l{n}"} for n in range(size)],
                   hostnames=[f"h{n}.example.com" for n in range(size)])  # fmt: skip


def _gateway(size: int) -> Manifest:
    listeners = [
        {"name": f"l{n}", "port": 80, "protocol": "HTTP", "hostname": f"h{n}.example.com"}
        for n in range(size)
    ]
    return _object("gateway.networking.k8s.io/v1", "Gateway", gatewayClassName="istio",
                   listeners=listeners)  # fmt: skip


def _network_policy(size: int) -> Manifest:
    peers = [{"podSelector": {"matchLabels": {f"l{n}": "v"}}} for n in range(size)]
    peers += [{"ipBlock": {"cidr": f"10.{n // 250}.{n % 250}.0/24"}} for n in range(size)]
    ports = [{"protocol": "TCP", "port": 1 + n} for n in range(size)]
    rules = [{"from": [peer], "ports": [port]} for peer, port in zip(peers, ports, strict=False)]
    return _object("networking.k8s.io/v1", "NetworkPolicy", podSelector={},
                   policyTypes=["Ingress", "Egress"],
                   ingress=[*rules, {"from": peers, "ports": ports}],
                   egress=[{"to": peers, "ports": ports}])  # fmt: skip


def _role(size: int) -> Manifest:
    rules = [{"apiGroups": [f"g{n}"], "resources": ["pods"], "verbs": ["get"]} for n in range(size)]
    rules.append({"apiGroups": [f"g{n}" for n in range(size)], "verbs": ["get"],
                  "resources": [f"r{n}" for n in range(size)]})  # fmt: skip
    found = _object("rbac.authorization.k8s.io/v1", "Role")
    return {**found, "rules": rules}


def _binding(size: int) -> Manifest:
    found = _object("rbac.authorization.k8s.io/v1", "RoleBinding")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "wide"}
    subjects = [{"kind": "ServiceAccount", "name": f"a{n}", "namespace": "s"} for n in range(size)]
    return {**found, "roleRef": role, "subjects": subjects}


def _config(size: int) -> Manifest:
    return {**_object("v1", "ConfigMap"), "data": {f"key-{n}": f"value {n}" for n in range(size)}}


def _serving(size: int) -> Manifest:
    return _object("serving.kserve.io/v1alpha2", "LLMInferenceService", replicas=1,
                   model={"uri": "hf://Qwen/Qwen2.5-3B-Instruct", "name": "m"},
                   router={"route": {}, "gateway": {"refs": [
                       {"name": f"g{n}", "namespace": "s"} for n in range(size)]}},
                   template=_pod(size))  # fmt: skip


def _authorization(size: int) -> Manifest:
    rules = [{"from": [{"source": {"principals": [f"p{n}"]}}]} for n in range(size)]
    rules.append({"from": [{"source": {"principals": [f"p{n}"]}} for n in range(size)]})
    return _object("security.istio.io/v1", "AuthorizationPolicy", rules=rules)


def _filter(size: int) -> Manifest:
    patch = {"operation": "MERGE", "value": {f"k{n}": "v" for n in range(size)}}
    patches = [{"applyTo": "HTTP_FILTER", "patch": patch} for _ in range(3)]
    return _object("networking.istio.io/v1alpha3", "EnvoyFilter", configPatches=patches)


def _object(version: str, kind: str, **spec: Any) -> Manifest:
    about = {"name": "wide", "namespace": "s"}
    found: Manifest = {"apiVersion": version, "kind": kind, "metadata": about}
    return {**found, "spec": spec} if spec else found
