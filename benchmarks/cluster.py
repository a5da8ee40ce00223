"""What a controller made in a cluster, read with kubectl, as the rows of a recording."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import at
from stackgen.manifest.yaml_out import dump
from stackgen.platforms.registry import predictions

# What a service may be made into. Kinds that the cluster does not serve are skipped.
KINDS = (
    "deployments.apps", "services", "serviceaccounts", "secrets",
    "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
    "leaderworkersets.leaderworkerset.x-k8s.io", "httproutes.gateway.networking.k8s.io",
    "inferencepools.inference.networking.k8s.io", "inferencepools.inference.networking.x-k8s.io",
    "inferencemodels.inference.networking.x-k8s.io", "destinationrules.networking.istio.io",
    "gateways.gateway.networking.k8s.io",
    "podmonitors.monitoring.coreos.com", "servicemonitors.monitoring.coreos.com",
    "scaledobjects.keda.sh", "horizontalpodautoscalers.autoscaling",
    "resourceclaimtemplates.resource.k8s.io",
)  # fmt: skip
_CLUSTER_WIDE = ("clusterrolebindings.rbac.authorization.k8s.io",)
# What the controller reads beside a service, where no controller made it.
_BESIDE = {"ServiceAccount", "InferencePool", "HTTPRoute"}
_GATEWAYS = "gateways.gateway.networking.k8s.io"
_SECRET_NAMED = "serving.kserve.io/storageSecretName"
_SECONDS = 60
Object = dict[str, Any]


def recorded(context: str, release: str, namespace: str = "") -> Iterator[dict[str, Any]]:
    """A row for each service of the cluster, or of one of its namespaces."""
    scope = ["-n", namespace] if namespace else ["--all-namespaces"]
    names = sorted(
        {f"{kind}.{group}" for p in predictions().values() for group, kind in p.services}
    )
    services = [o for name in names for o in _items(context, [name, *scope])]
    made = [o for kind in KINDS for o in _items(context, [kind, *scope])]
    wide = [o for kind in _CLUSTER_WIDE for o in _items(context, [kind])]
    configs = [
        o for p in predictions().values() for group, kind in sorted(p.configs)
        for o in _items(context, [f"{kind}.{group}", "--all-namespaces"])
    ]  # fmt: skip
    gateways = [o for o in _items(context, [_GATEWAYS, "--all-namespaces"]) if not _controlled(o)]
    for service in services:
        meta = service["metadata"]
        owned = [o for o in made if _owned(o, meta["uid"])]
        # A ClusterRoleBinding has no owner: its labels name the service, its subject the namespace.
        owned += [
            o for o in wide
            if o["metadata"].get("labels", {}).get("app.kubernetes.io/name") == meta["name"]
            and any(s.get("namespace") == meta["namespace"] for s in o.get("subjects") or ())
        ]  # fmt: skip
        here = [o for o in (*configs, *made) if o["metadata"].get("namespace") == meta["namespace"]]
        beside = [o for o in here if not _controlled(o) and o["kind"] in _BESIDE]
        mine = [o for o in here if o in configs]
        named = _secrets(service, beside)
        secrets = [o for o in here if o["kind"] == "Secret" and o["metadata"]["name"] in named]
        maps = _config_maps(context, service, mine)
        inputs = (service, *mine, *beside, *gateways, *secrets, *maps)
        yield {
            "release": release,
            "case": f"{meta['namespace']}/{meta['name']}",
            "input": "---\n".join(dump(_without_values(_written(o))) for o in inputs),
            "objects": [_without_values(o) for o in owned],
        }


def _secrets(service: Object, beside: list[Object]) -> set[str]:
    """The Secrets whose keys decide on the environment of a download."""
    told = (service["metadata"].get("annotations") or {}).get(_SECRET_NAMED)
    listed = (s["name"] for o in beside for s in o.get("secrets") or ())
    return {*listed, *((told,) if told else ())}


def _config_maps(context: str, service: Object, configs: list[Object]) -> Iterator[Object]:
    """The ConfigMaps with a picker's configuration that the service or its configs name."""
    namespace = service["metadata"]["namespace"]
    for data in (service, *configs):
        name = at(data, "spec", "router", "scheduler", "config", "ref", "name")
        if name:
            found = _items(context, ["configmaps", "-n", namespace])
            yield from (o for o in found if o["metadata"]["name"] == name)


def _items(context: str, what: list[str]) -> list[Object]:
    command = ["kubectl", "--context", context, "get", *what, "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode != 0:
        if "doesn't have a resource type" in done.stderr:
            return []
        raise SystemExit(f"kubectl get {' '.join(what)}: {done.stderr.strip()}")
    items: list[Object] = json.loads(done.stdout)["items"]
    return items


def _controlled(data: Object) -> bool:
    return bool(data["metadata"].get("ownerReferences"))


def _owned(data: Object, uid: str) -> bool:
    return any(o.get("uid") == uid for o in data["metadata"].get("ownerReferences") or ())


def _written(data: Object) -> Object:
    """The object as its author wrote it, as far as the server still knows."""
    meta = data["metadata"]
    kept = {k: meta[k] for k in ("name", "namespace", "labels", "annotations") if k in meta}
    return {**{k: v for k, v in data.items() if k != "status"}, "metadata": kept}


def _without_values(data: Object) -> Object:
    """A Secret with its keys alone."""
    if data["kind"] != "Secret":
        return data
    return {**data, "data": dict.fromkeys(data.get("data") or {}, "")}
