"""What manifests say of the cluster and its node pools, with those that Pods only ask for."""

from __future__ import annotations

from typing import Any

from stackgen.adopt.choices import features, of_pool
from stackgen.adopt.network import DECLARED
from stackgen.catalog.load import Catalog
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.locations import zones_with
from stackgen.facts.pools import Pool, compute_classes, priorities
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.facts.workloads import (
    ACCELERATOR,
    COMPUTE_CLASS,
    GPU,
    GPU_ACCELERATOR,
    SPOT,
    TOPOLOGY,
    TPU,
    Container,
    Workload,
)
from stackgen.manifest.resource import Bundle, Resource
from stackgen.render.dynamic_slices import QUEUE
from stackgen.spec.node_pools import DYNAMIC

NODE_POOL = "cloud.google.com/gke-nodepool"
# For Pods that ask for devices of any kind: the most common ones, said as assumed.
_ANY_GPU, _ANY_TPU = "l4", "v6e"
_SHAPES = {1: "1x1", 4: "2x2", 8: "2x4"}


def cluster_of(bundle: Bundle, found: list[Pool], assumed: list[str]) -> dict[str, Any]:
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
    if some is not None and values["nodeServiceAccount"] is None:
        del values["nodeServiceAccount"]  # the nodes have the default one
    for key, value in values.items():
        if not isinstance(value, str):
            assumed.append(f"spec.cluster.{key}")
        made[key] = value if isinstance(value, str) else usual[key]
    api_server = _api_server(bundle)
    if api_server:
        made["controlPlaneCidr"] = api_server
    if some is not None and some.namespace not in ("", "gcp-infra"):
        made["configConnectorNamespace"] = some.namespace
    if cluster is not None:
        made["name"] = cluster.name
    elif not found:
        made["managed"] = False
    return made | features(cluster, bundle)


def _first(bundle: Bundle, kind: str, group: str) -> Resource | None:
    return next(iter(bundle.of_kind(kind, group)), None)


def _api_server(bundle: Bundle) -> str:
    """The address that policies open on port 443 alone; empty for none, or several."""
    found: set[str] = set()
    for policy in bundle.of_kind("NetworkPolicy", "networking.k8s.io"):
        if DECLARED.fullmatch(policy.name):
            continue
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


def where_there_is(cluster: dict[str, Any], catalog: Catalog, assumed: list[str]) -> None:
    """Where the manifests name no location: one that has the accelerators that they need."""
    rows = [catalog.accelerator(p["accelerator"]) for p in cluster["nodePools"] if "topology" in p]
    zones = [zones_with(row) for row in rows if row is not None]
    shared = [zone for zone in zones[0] if all(zone in z for z in zones)] if zones else []
    if shared and "spec.cluster.location" in assumed and cluster["location"] not in shared:
        cluster["location"] = shared[0]


def pools_of(
    bundle: Bundle, found: list[Pool], servers: list[tuple[Workload, Container]], catalog: Catalog,
    assumed: list[str],
) -> list[dict[str, Any]]:  # fmt: skip
    made = known_pools(bundle, found, catalog)
    if not any("accelerator" not in pool for pool in made):
        assumed.append("spec.cluster.nodePools: the pool of the operators")
        nodes = {"min": 2, "max": 4}
        made.insert(0, {"name": "default-pool", "machineType": "e2-standard-8", "nodes": nodes})
    for workload, _ in servers:
        # A node of dynamic slices has no topology: the Pods say it.
        pool = next((p for p in made if p["name"] == _queue(workload)), {})
        if pool.get("slicing") == DYNAMIC and isinstance(shape := workload.label(TOPOLOGY), str):
            pool["topology"] = shape
    supposed: dict[str, dict[str, int]] = {}
    # Pods that name no accelerator run on the nodes of those that do.
    for workload, _ in sorted(servers, key=lambda one: not _named(one[0])):
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


def slices(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
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


def known_pools(bundle: Bundle, found: list[Pool], catalog: Catalog) -> list[dict[str, Any]]:
    """The node pools that the manifests have, each with what GKE makes in its place."""
    made = slices([pool_fields(pool, catalog) for pool in found])
    classes = {one.name: one for one in compute_classes(bundle)}
    at = str(found[0].get("location")) if found else ""
    return [pool | _fallback(classes.get(pool["name"]), pool, at, catalog) for pool in made]


def _fallback(
    known: Resource | None, pool: dict[str, Any], at: str, catalog: Catalog
) -> dict[str, Any]:
    """The priorities of a ComputeClass after the pool itself; none of another kind."""
    every = [rule for _, rule in priorities(known)] if known is not None else []
    if known is None or len(every) < 2 or not as_list(every[0].get("nodepools")):
        return {}
    made = [_priority(rule, pool, at, catalog) for rule in every[1:]]
    if not all(made):
        return {}
    moves = known.get("spec", "activeMigration", "optimizeRulePriority") is True
    return {"fallback": made, **({"activeMigration": True} if moves else {})}


def _priority(
    rule: dict[str, Any], pool: dict[str, Any], at: str, catalog: Catalog
) -> dict[str, Any]:
    """One entry of `fallback` of a pool in a cluster at `at`; empty for what it cannot say."""
    tpu, gpu = as_dict(rule.get("tpu")), as_dict(rule.get("gpu"))
    row = catalog.accelerator_of_label(str(tpu.get("type") or gpu.get("type")))
    if row is None:
        return {}
    flex = as_dict(rule.get("flexStart")).get("enabled") is True
    made: dict[str, Any] = {
        "purchase": "spot" if rule.get("spot") is True else "flex-start" if flex else "on-demand"
    }
    most = rule.get("maxRunDurationSeconds")
    if flex and isinstance(most, int) and most != 604800:
        made["maxRunDurationSeconds"] = most
    if row.key != pool.get("accelerator"):
        made["accelerator"] = row.key
    topology = tpu.get("topology")
    if isinstance(topology, str) and topology != pool.get("topology"):
        made["topology"] = topology
    zones = as_list(as_dict(rule.get("location")).get("zones"))
    for _, one in maps(as_dict(rule.get("reservations")).get("specific")):
        made["reservation"], zones = _reservation(one), as_list(one.get("zones"))
    if all(isinstance(zone, str) for zone in zones) and zones not in ([], [pool.get("zone", at)]):
        made["zones"] = zones
    return made


def _reservation(one: dict[str, Any]) -> str:
    """The path of a reservation: its name alone, or with project and block."""
    block = as_dict(one.get("reservationBlock"))
    named = {
        "projects": one.get("project"), "reservations": one.get("name"),
        "reservationBlocks": block.get("name"),
        "reservationSubBlocks": as_dict(block.get("reservationSubBlock")).get("name"),
    }  # fmt: skip
    words = [f"{key}/{value}" for key, value in named.items() if isinstance(value, str)]
    return "/".join(words).removeprefix("reservations/")


def pool_fields(pool: Pool, catalog: Catalog) -> dict[str, Any]:
    made: dict[str, Any] = {"name": pool.name}
    if pool.generation is not None:
        made |= {"accelerator": pool.generation.key, "topology": pool.topology}
        policy = pool.get("placementPolicy", "policyNameRef", "external")
        if policy == catalog.gke("dynamic-slicing").data["policy"]:
            made["slicing"] = DYNAMIC
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
    needed = _shape(workload, catalog)
    return {**needed, "purchase": "spot"} if needed and workload.label(SPOT) == "true" else needed


def _shape(workload: Workload, catalog: Catalog) -> dict[str, Any]:
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
    words = [needed.get("accelerator", "cpu"), size, needed.get("purchase")]
    return workload.label(NODE_POOL) or "-".join(str(word) for word in words if word)


def _name_of(workload: Workload, made: list[dict[str, Any]], catalog: Catalog) -> str | None:
    """The pool of the spec that the Pods run on."""
    name, needed = workload.label(NODE_POOL), _needed(workload, catalog)
    name = name or workload.label(COMPUTE_CLASS) or _queue(workload)
    for pool in made:
        if name is not None and pool["name"] == name:
            return str(name)
    if "gpus" in needed and not _named(workload):
        needed.pop("accelerator")
    for pool in made:
        if needed and all(pool.get(k) == v for k, v in needed.items()):
            return str(pool["name"])
    return None


def _queue(workload: Workload) -> str | None:
    """The queue of Kueue that admits a server on dynamic slices: it is named as their node pool."""
    name = as_dict(workload.resource.metadata.get("labels")).get(QUEUE)
    return name if workload.dynamic_slice and isinstance(name, str) else None


def without_queues(models: list[dict[str, Any]], made: list[dict[str, Any]]) -> None:
    """Take the labels away that follow from node pools with dynamic slices."""
    dynamic = {pool["name"] for pool in made if pool.get("slicing") == DYNAMIC}
    for model in models:
        labels = model.get("labels", {})
        if model["nodePool"] in dynamic and labels.get(QUEUE) == model["nodePool"]:
            del labels[QUEUE]
            if not labels:
                del model["labels"]


def _named(workload: Workload) -> bool:
    """Whether the Pods select nodes by an accelerator, a pool or a class."""
    labels = (ACCELERATOR, GPU_ACCELERATOR, NODE_POOL, COMPUTE_CLASS)
    return any(workload.label(label) for label in labels)


def pool_of(workload: Workload, known: list[dict[str, Any]], catalog: Catalog) -> str:
    pool = _name_of(workload, known, catalog) or workload.label(NODE_POOL)
    return pool or _pool_name(workload, _needed(workload, catalog))
