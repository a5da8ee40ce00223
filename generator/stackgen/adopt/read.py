"""What manifests say that a spec says as well: cluster, node pools, gateway, models, delivery."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from stackgen.adopt.choices import features, installs, observe, of_pool, secrets, sidecars
from stackgen.adopt.engine_features import engine_features
from stackgen.adopt.existing import existing, of_kserve, request_seconds, space_of_pools
from stackgen.adopt.gateway import gateway
from stackgen.adopt.model import model_uri
from stackgen.adopt.prefill import attach, halves, key_of, without
from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.locations import zones_with
from stackgen.facts.pools import Pool, pools
from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.templates import workloads
from stackgen.facts.workloads import (
    ACCELERATOR,
    GPU,
    GPU_ACCELERATOR,
    TOPOLOGY,
    TPU,
    Container,
    Workload,
)
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import is_config, predictions, service_workloads, told
from stackgen.record import record

PART_OF = "app.kubernetes.io/part-of"
NODE_POOL = "cloud.google.com/gke-nodepool"
# For Pods that ask for devices of any kind: the most common ones, said as assumed.
_ANY_GPU, _ANY_TPU = "l4", "v6e"
_SHAPES = {1: "1x1", 4: "2x2", 8: "2x4"}
# What delivery objects of a rendered stack read: a layer of one environment.
_LAYER = re.compile(r"(?:\./)?(.+)/([A-Za-z0-9][A-Za-z0-9._-]*)/[1-6]-[a-z]+(?:/.*)?")
_DELIVERY = {
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): "flux",
    ("argoproj.io", "Application"): "argocd",
}


@record
class Adopted:
    """The spec as far as the manifests say it.

    env: the environment whose folder the delivery reads; empty when there is none. assumed: fields
    that the manifests do not say.
    """

    spec: dict[str, Any]
    env: str
    assumed: tuple[str, ...]


def read(bundle: Bundle, release: str, catalog: Catalog) -> Adopted:
    """The spec of the objects in `bundle`, for the release row `release`."""
    found = list(pools(bundle, catalog))
    prefill = halves(bundle, release, catalog)
    served = without(_in_one_namespace(list(servers(bundle, release, catalog))), prefill)
    split = [prefill[key] for key in (key_of(w) for w, _ in served) if key in prefill]
    assumed: list[str] = []
    spec: dict[str, Any] = {"release": release, "cluster": _cluster(bundle, found, assumed)}
    spec["cluster"]["nodePools"] = _pools(bundle, found, [*served, *split], catalog, assumed)
    spec["gateway"] = gateway(bundle, assumed)
    if seconds := request_seconds(bundle):
        spec["gateway"]["limits"] = {"requestSeconds": seconds}
    spec["serving"] = _serving(bundle, served, found, catalog, assumed)
    known = _slices([_pool(pool, catalog) for pool in found])
    attach(spec["serving"]["models"], served, prefill, lambda w: _pool_of(w, known, catalog))
    space = str(spec["serving"].get("namespace", ""))
    # What the manifests do not hold is there already, or is made by others.
    if not installs(bundle):
        spec["platform"] = {"all": "existing"}
    if found_secrets := secrets(bundle):
        spec["secrets"] = found_secrets
    if sidecars(bundle, space):
        spec["mesh"] = {"sidecars": True}
    if not any(bundle.of_kind("NetworkPolicy", "networking.k8s.io")):
        spec["network"] = {"defaultDeny": False}
    _apart(spec, assumed)
    _there(spec["cluster"], catalog, assumed)
    spec["observe"] = observe(bundle, space)
    spec["delivery"] = _delivery(bundle)
    folder, env = _rendered(bundle)
    spec["delivery"] |= {"path": folder} if env and folder != "out" else {}
    return Adopted(spec, env, tuple(assumed))


def _apart(spec: dict[str, Any], assumed: list[str]) -> None:
    """The Gateway of a stack is in a namespace of its own; another one stays as it is."""
    space = spec["serving"].get("namespace")
    if space is not None and spec["gateway"].get("name") and "namespace" not in spec["gateway"]:
        spec["gateway"]["namespace"] = f"{space}-gateway"
        assumed.append(f"spec.gateway.namespace: {space}-gateway, the Gateway names none")
    if space is not None and spec["gateway"].get("namespace") == space:
        spec["gateway"]["namespace"] = f"{space}-gateway"
        assumed.append("spec.gateway.namespace: models and Gateway have a namespace each")


def _there(cluster: dict[str, Any], catalog: Catalog, assumed: list[str]) -> None:
    """Where the manifests name no location: one that has the accelerators that they need."""
    rows = [catalog.accelerator(p["accelerator"]) for p in cluster["nodePools"] if "topology" in p]
    zones = [zones_with(row) for row in rows if row is not None]
    shared = [zone for zone in zones[0] if all(zone in z for z in zones)] if zones else []
    if shared and "spec.cluster.location" in assumed and cluster["location"] not in shared:
        cluster["location"] = shared[0]


def _rendered(bundle: Bundle) -> tuple[str, str]:
    """The folder and the environment that a delivery of rendered files reads; empty for none."""
    for resource in bundle.objects:
        found = _layer(resource)
        if found:
            return found[1], found[2]
    return "", ""


def _layer(resource: Resource) -> re.Match[str] | None:
    """The path of a delivery object, when it is that of a layer of a stack."""
    if (resource.group, resource.kind) not in _DELIVERY:
        return None
    path = resource.get("spec", "path") or resource.get("spec", "source", "path")
    return _LAYER.fullmatch(path) if isinstance(path, str) else None


def name_of(bundle: Bundle) -> str:
    """The name of the stack: what most objects say that they are part of; empty for none."""
    names = Counter(
        name
        for r in bundle.objects
        if isinstance(name := as_dict(r.metadata.get("labels")).get(PART_OF), str)
    )
    return names.most_common(1)[0][0] if names else ""


def servers(bundle: Bundle, release: str, catalog: Catalog) -> Iterator[tuple[Workload, Container]]:
    """The workloads that serve a model; of several parts of one object the first."""
    seen: set[tuple[str, str, str]] = set()
    for workload in workloads(bundle, service_workloads(catalog, release)):
        key = (workload.resource.kind, workload.resource.namespace, workload.resource.name)
        container = workload.server
        if container is not None and key not in seen and not is_config(workload.resource):
            seen.add(key)
            yield workload, container


def _in_one_namespace(found: list[tuple[Workload, Container]]) -> list[tuple[Workload, Container]]:
    """The servers of the namespace that has most of them: a stack has one."""
    spaces = Counter(w.resource.namespace for w, _ in found)
    space = spaces.most_common(1)[0][0] if spaces else ""
    mine = [(w, c) for w, c in found if w.resource.namespace == space]
    return list({w.resource.name: (w, c) for w, c in reversed(mine)}.values())[::-1]


def _first(bundle: Bundle, kind: str, group: str) -> Resource | None:
    return next(iter(bundle.of_kind(kind, group)), None)


def _cluster(bundle: Bundle, found: list[Pool], assumed: list[str]) -> dict[str, Any]:
    cluster = _first(bundle, "ContainerCluster", "container.cnrm.cloud.google.com")
    some = cluster or (found[0].resource if found else None)
    made: dict[str, Any] = {}
    values = {
        "project": some and some.get("metadata", "annotations", "cnrm.cloud.google.com/project-id"),
        "location": some and some.get("spec", "location"),
        "nodeServiceAccount": _account(cluster, found),
    }
    usual = {
        "project": "my-project",
        "location": "us-east5-b",
        "nodeServiceAccount": "gke-nodes@my-project.iam.gserviceaccount.com",
    }
    for key, value in values.items():
        if not isinstance(value, str):
            assumed.append(f"spec.cluster.{key}")
        made[key] = value if isinstance(value, str) else usual[key]
    api_server = _api_server(bundle)
    if api_server:
        made["controlPlaneCidr"] = api_server
    if cluster is not None:
        made["name"] = cluster.name
    elif not found:
        made["managed"] = False
    return made | features(cluster, bundle)


def _api_server(bundle: Bundle) -> str:
    """The address that policies open on port 443 alone; empty for none, or several."""
    found: set[str] = set()
    for policy in bundle.of_kind("NetworkPolicy", "networking.k8s.io"):
        for rule in map(as_dict, as_list(policy.get("spec", "egress"))):
            ports = [as_dict(p).get("port") for p in as_list(rule.get("ports"))]
            blocks = [as_dict(as_dict(p).get("ipBlock")) for p in as_list(rule.get("to"))]
            found |= {str(b["cidr"]) for b in blocks if ports == [443] and "cidr" in b}
    narrow = {cidr for cidr in found if cidr.partition("/")[2] not in ("0", "")}
    return narrow.pop() if len(narrow) == 1 else ""


def _account(cluster: Resource | None, found: list[Pool]) -> Any:
    path = ("nodeConfig", "serviceAccountRef", "external")
    for resource in (*(p.resource for p in found), *([cluster] if cluster else [])):
        value = resource.get("spec", *path)
        if isinstance(value, str):
            return value
    return None


def _pools(
    bundle: Bundle, found: list[Pool], servers: list[tuple[Workload, Container]], catalog: Catalog,
    assumed: list[str],
) -> list[dict[str, Any]]:  # fmt: skip
    made = _slices([_pool(pool, catalog) for pool in found])
    if not any("accelerator" not in pool for pool in made):
        assumed.append("spec.cluster.nodePools: the pool of the operators")
        nodes = {"min": 2, "max": 4}
        made.insert(0, {"name": "default-pool", "machineType": "e2-standard-8", "nodes": nodes})
    supposed: dict[str, dict[str, int]] = {}
    for workload, _ in servers:
        needed = _needed(workload, catalog)
        name = _name_of(workload, made, catalog)
        if name is None and needed:
            name = _pool_name(workload, needed)
            assumed.append(f"spec.cluster.nodePools: {name}, from the Pods that need it")
            supposed[name] = {"min": 0, "max": 0}
            made.append({"name": name, **needed, "nodes": supposed[name]})
        if name in supposed:
            supposed[name]["max"] += _most_hosts(bundle, workload)
    return made


def _most_hosts(bundle: Bundle, workload: Workload) -> int:
    """The nodes that all replicas of a server need, with those of its autoscaler and a rollout."""
    resource = workload.resource
    mine = (resource.kind, resource.namespace, resource.name)
    scaled = [scaler.most or 1 for scaler in autoscalers(bundle) if scaler.target == mine]
    replicas = max(workload.replicas.value or 1, *scaled, 1)
    # A rollout starts a new server before it ends an old one, but for Recreate.
    surge = resource.get("spec", "strategy", "type") != "Recreate"
    return int(max(workload.size.value or 1, 1) * (replicas + surge))


def _slices(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Node pools of one slice each, NAME-0, NAME-1 and so on, as the one pool that they are."""
    kept: list[dict[str, Any]] = []
    for pool in made:
        base, dash, number = pool["name"].rpartition("-")
        first = kept[-1] if kept else None
        if "topology" in pool and dash and number.isdecimal():
            if first is not None and first["name"] == base and number != "0":
                for end in ("min", "max"):
                    first["nodes"][end] += pool["nodes"][end]
                continue
            if number == "0" and pool["nodes"]["max"] > 1:
                kept.append({**pool, "name": base})
                continue
        kept.append(pool)
    return kept


def _pool(pool: Pool, catalog: Catalog) -> dict[str, Any]:
    made: dict[str, Any] = {"name": pool.name}
    if pool.generation is not None:
        made |= {"accelerator": pool.generation.key, "topology": pool.topology}
    elif pool.gpus:
        row = catalog.accelerator_of_label(pool.gpu_label)
        made |= {"accelerator": row.key if row else pool.gpu_label, "gpus": pool.gpus}
    else:
        made["machineType"] = pool.machine_type
    low, high = _per_zone(pool, "min", 0), _per_zone(pool, "max", 1)
    made["nodes"] = {"min": low, "max": max(high, 1)}
    if pool.spot:
        made["purchase"] = "spot"
    made |= of_pool(pool, str(pool.get("location")))
    size = pool.get("nodeConfig", "diskSizeGb")
    if isinstance(size, int):
        made["diskSizeGb"] = size
    return made


def _per_zone(pool: Pool, which: str, default: int) -> int:
    """The limit of a pool for one zone, as the spec has it."""
    given = pool.get("autoscaling", f"{which}NodeCount")
    limit = pool.limit(which)
    if isinstance(given, int):
        return given
    return limit[0] // max(len(pool.zones or ()), 1) if limit else default


def _needed(workload: Workload, catalog: Catalog) -> dict[str, Any]:
    """Accelerator and shape that the Pods of a server ask for; empty when they name none."""
    label, topology = workload.label(ACCELERATOR), workload.label(TOPOLOGY)
    row = catalog.accelerator_of_label(label) if label else None
    if row is not None and topology:
        return {"accelerator": row.key, "topology": topology}
    label = workload.label(GPU_ACCELERATOR)
    row = catalog.accelerator_of_label(label) if label else None
    container = workload.server
    gpus = container.amount(GPU) if container is not None else None
    if gpus:
        return {"accelerator": row.key if row is not None else _ANY_GPU, "gpus": gpus}
    chips = container.amount(TPU) if container is not None else None
    return {"accelerator": _ANY_TPU, "topology": _SHAPES[chips]} if chips in _SHAPES else {}


def _pool_name(workload: Workload, needed: dict[str, Any]) -> str:
    """The pool that the Pods select, or a name for one that has what they need."""
    size = needed.get("topology") or needed.get("gpus", "pool")
    return workload.label(NODE_POOL) or f"{needed.get('accelerator', 'cpu')}-{size}"


def _name_of(workload: Workload, made: list[dict[str, Any]], catalog: Catalog) -> str | None:
    """The pool of the spec that the Pods run on."""
    name, needed = workload.label(NODE_POOL), _needed(workload, catalog)
    for pool in made:
        if name is not None and pool["name"] == name:
            return str(name)
    for pool in made:
        if needed and all(pool.get(k) == v for k, v in needed.items()):
            return str(pool["name"])
    return None


def _serving(
    bundle: Bundle, servers: list[tuple[Workload, Container]], found: list[Pool], catalog: Catalog,
    assumed: list[str],
) -> dict[str, Any]:  # fmt: skip
    made: dict[str, Any] = {}
    if servers:
        made["namespace"] = servers[0][0].resource.namespace or space_of_pools(bundle)
    tokens = [*(_token(container) for _, container in servers), *_secrets_of_accounts(bundle)]
    secrets = [_pull_secret(workload) for workload, _ in servers]
    if any(tokens):
        made["huggingFaceToken"] = {"secret": next(t for t in tokens if t)}
    if any(secrets):
        made["imagePullSecret"] = next(s for s in secrets if s)
    known = _slices([_pool(pool, catalog) for pool in found])
    every = [workload for workload, _ in servers]
    pools = any(
        str(one.get("spec", "gatewayClassName")).startswith("gke-")
        for one in bundle.of_kind("Gateway", "gateway.networking.k8s.io")
    )
    made["models"] = [
        _model(bundle, w, c, known, catalog, assumed)
        | (existing(bundle, w, every, pools=pools) if w.service is None else of_kserve(w.resource))
        for w, c in servers
    ]
    return made


def _model(
    bundle: Bundle, workload: Workload, container: Container, known: list[dict[str, Any]],
    catalog: Catalog, assumed: list[str],
) -> dict[str, Any]:  # fmt: skip
    resource, line = workload.resource, container.line
    uri = model_uri(bundle, workload, container, assumed)
    made: dict[str, Any] = {"name": resource.name, "model": uri}
    pool = made["nodePool"] = _pool_of(workload, known, catalog)
    if workload.replicas.value not in (None, 1):
        made["replicas"] = workload.replicas.value
    served = resource.get("spec", "model", "name") or line.text("served-model-name")
    if isinstance(served, str) and served != uri.removeprefix("hf://").partition(":")[0]:
        made["servedName"] = served
    length, together = line.number("max-model-len"), line.number("max-num-seqs")
    router = resource.get("spec", "router")
    if isinstance(router, dict) and "scheduler" not in router:
        made["scheduler"] = False
    gpus = container.amount(GPU)
    if gpus and any(p["name"] == pool and p.get("gpus", gpus) > gpus for p in known):
        made["gpus"] = gpus
    if length:
        made["maxModelLen"] = length
    if together:
        made["concurrency"] = together
    return {**made, **engine_features(workload, container)}


def _pool_of(workload: Workload, known: list[dict[str, Any]], catalog: Catalog) -> str:
    pool = _name_of(workload, known, catalog) or workload.label(NODE_POOL)
    return pool or _pool_name(workload, _needed(workload, catalog))


def _token(container: Container) -> str | None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        path = container.env.get(name)
        secret = (
            container.resource.get(*path, "valueFrom", "secretKeyRef", "name") if path else None
        )
        if isinstance(secret, str):
            return secret
    return None


def _secrets_of_accounts(bundle: Bundle) -> Iterator[str]:
    """The Secrets that ServiceAccounts list: KServe downloads models with them."""
    for account in bundle.of_kind("ServiceAccount", ""):
        for item in map(as_dict, as_list(account.get("secrets"))):
            if isinstance(item.get("name"), str):
                yield item["name"]


def _pull_secret(workload: Workload) -> str | None:
    given = as_list(workload.spec.get("imagePullSecrets"))
    names = [as_dict(item).get("name") for item in given]
    return next((name for name in names if isinstance(name, str)), None)


def _delivery(bundle: Bundle) -> dict[str, Any]:
    """The engine, and the repository that its objects read; of several those of rendered files."""
    found = [r for r in bundle.objects if (r.group, r.kind) in _DELIVERY]
    found.sort(key=lambda r: not _layer(r))
    for resource in found:
        made: dict[str, Any] = {"engine": _DELIVERY[resource.group, resource.kind]}
        url = resource.get("spec", "source", "repoURL")
        branch = resource.get("spec", "source", "targetRevision")
        source = resource.get("spec", "sourceRef", "name")
        for repository in bundle.of_kind("GitRepository", "source.toolkit.fluxcd.io"):
            if repository.name == source:
                url, branch = repository.get("spec", "url"), repository.get("spec", "ref", "branch")
        if isinstance(branch, str) and branch not in ("main", "HEAD"):
            made["branch"] = branch
        if isinstance(url, str):
            return made | {"repository": url}
    return {"engine": "none"}


def release_of(bundle: Bundle, catalog: Catalog) -> str:
    """A row that stacks are rendered for: what the objects tell, or the newest that fits."""
    services = {(r.group, r.kind): r.data.get("apiVersion") for r in bundle.objects}
    rows = [r for r in catalog.rows("release") if not r.data.get("lint_only")]
    for name, prediction in predictions().items():
        versions = {services[key] for key in services.keys() & set(prediction.services)}
        if versions:
            mine = [r for r in rows if r.data["platform"] == name]
            return max(
                mine, key=lambda r: (_api(r) in versions, told(prediction, r, bundle.objects))
            ).key
    return next(r.key for r in reversed(rows) if r.data["platform"] not in predictions())


def _api(row: Row) -> Any:
    """The API version of the services that are rendered for a row."""
    sections = (value for value in row.data.values() if isinstance(value, dict))
    return next((s["api_version"] for s in sections if "api_version" in s), None)
