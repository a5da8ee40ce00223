"""Layer 1-cluster: the GKE cluster and its node pools, as Config Connector objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import (
    ANY,
    Because,
    Traced,
    When,
    all_of,
    any_of,
    computed,
    is_set,
    is_value,
    literal,
    text,
)
from stackgen.plan.devices import Shape
from stackgen.plan.gpus import Gpus
from stackgen.plan.members import Member
from stackgen.plan.model import Plan, PoolPlan
from stackgen.plan.slices import Slice, is_dynamic, workload_policy
from stackgen.render.objects import (
    COMPUTE_CLASS,
    POOL_LABEL,
    Rendered,
    Scope,
    by_engine,
    keep_on_prune,
    obj,
)
from stackgen.spec.model_cache import BOOT_DISK

FOLDER = "1-cluster"
API = "container.cnrm.cloud.google.com/v1beta1"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.cluster.configConnectorNamespace)


def layer(plan: Plan) -> Iterator[Rendered]:
    """Namespace, cluster, node pools: applied in the management cluster, where there is one."""
    cluster = plan.stack.spec.cluster
    yield obj(
        Scope(plan, FOLDER), "v1", "Namespace", cluster.configConnectorNamespace, {},
        rule="cluster/namespace", why="Config Connector manages one project per namespace",
        annotations={**_project(plan), **keep_on_prune(plan)}, when=cluster.managed,
    )  # fmt: skip
    yield _context(plan)
    yield from machines(plan, cluster.managed)


def _context(plan: Plan) -> Rendered:
    """In namespaced mode, no controller serves a namespace without this object."""
    cluster = plan.stack.spec.cluster
    account = cluster.configConnectorServiceAccount
    return obj(
        _scope(plan), "core.cnrm.cloud.google.com/v1beta1", "ConfigConnectorContext",
        "configconnectorcontext.core.cnrm.cloud.google.com",
        {"spec": {"googleServiceAccount": account, "stateIntoSpec": "Absent"}},
        when=all_of(cluster.managed, is_set(account)), rule="cluster/config-connector",
        why="the account that Config Connector uses in this namespace",
        annotations=keep_on_prune(plan),
    )  # fmt: skip


def machines(plan: Plan, when: Traced[bool] | None = None) -> Iterator[Rendered]:
    """Cluster and node pools. Without `when` they are made even if others manage them."""
    yield _cluster(plan, when)
    for pool in plan.pools:
        for member in pool.members:
            yield _pool(plan, pool, member, when)


def _project(plan: Plan) -> dict[str, Any]:
    return {"cnrm.cloud.google.com/project-id": plan.stack.spec.cluster.project}


def _cluster(plan: Plan, when: Traced[bool] | None) -> Rendered:
    cluster, observe = plan.stack.spec.cluster, plan.stack.spec.observe
    fuse = plan.mounts
    # In the words of the GKE API: Config Connector has no field for it, and leaves it as it is.
    dynamic = any_of(*(is_dynamic(pool.spec) for pool in plan.pools))
    slices = all_of(dynamic, _others(plan))
    body = {
        "location": cluster.location,
        "initialNodeCount": Because(
            1, "cluster/initial-pool", "the API asks for one; the pool is removed immediately"
        ),
        "nodeConfig": When(is_set(cluster.nodeServiceAccount), Because(
            {"serviceAccountRef": {"external": cluster.nodeServiceAccount}},
            "cluster/initial-account",
            "the first node needs an account too; many projects have no default account",
        )),
        "releaseChannel": {"channel": cluster.releaseChannel},
        "networkingMode": Because(
            "VPC_NATIVE", "cluster/network", "pods get addresses of the VPC; Dataplane V2 needs it"
        ),
        "ipAllocationPolicy": {},
        "datapathProvider": Because(
            "ADVANCED_DATAPATH", "cluster/dataplane-v2", "enforces the network policies"
        ),
        "dnsConfig": When(
            is_value(cluster.dns, "cloud-dns"),
            {"clusterDns": "CLOUD_DNS", "clusterDnsScope": "CLUSTER_SCOPE"},
        ),
        "workloadIdentityConfig": Because(
            {"workloadPool": text("{}.svc.id.goog", cluster.project)},
            "cluster/workload-identity", "pods use their own identity, not the node's",
        ),
        "gatewayApiConfig": Because(
            {"channel": cluster.gatewayApi.map(
                "channel", "who owns the CRDs",
                lambda by: "CHANNEL_STANDARD" if by == "gke" else "CHANNEL_DISABLED",
            )},
            "cluster/gateway-api", "GKE installs and owns the Gateway API CRDs, or leaves them",
        ),
        "enableShieldedNodes": True,
        "addonsConfig": When(any_of(fuse, slices), {
            "gcsFuseCsiDriverConfig": When(
                fuse, Because({"enabled": True}, "cluster/gcs-fuse", "Pods mount buckets")
            ),
            "sliceControllerConfig": When(
                slices, Because({"enabled": True}, "cluster/slices", "forms slices for servers")
            ),
        }),
        "monitoringConfig": {
            "enableComponents": ["SYSTEM_COMPONENTS"],
            "managedPrometheus": {
                "enabled": is_value(observe.engine, "gmp").map(
                    "managed Prometheus", "collects what 6-observe asks for", bool
                )
            },
        },
    }  # fmt: skip
    return obj(
        _scope(plan), API, "ContainerCluster", plan.cluster_name, {"spec": body}, when=when,
        rule="cluster/cluster", why="the GKE cluster the stack runs on",
        annotations={
            **_project(plan),
            **keep_on_prune(plan),
            "cnrm.cloud.google.com/remove-default-node-pool": "true",
            "cnrm.cloud.google.com/state-into-spec": "absent",
            "cnrm.cloud.google.com/deletion-policy": "abandon",
        },
        notes=(
            "Deleting this object leaves the cluster running. Cannot change once it is made:",
            "location, networkingMode, ipAllocationPolicy, datapathProvider.",
        ),
    )  # fmt: skip


def _pool(plan: Plan, pool: PoolPlan, member: Member, when: Traced[bool] | None) -> Rendered:
    cluster = plan.stack.spec.cluster
    flex = is_value(pool.spec.purchase, "flex-start")
    body: dict[str, Any] = {
        "location": cluster.location,
        "clusterRef": {"name": plan.cluster_name},
        "nodeLocations": When(_has_zone(pool), [pool.zone]),
        "initialNodeCount": member.low,
        **_placement(plan, pool, flex),
        "autoscaling": {
            "minNodeCount": member.low,
            "maxNodeCount": member.high,
            **({"locationPolicy": "ANY"} if pool.shape else {}),
        },
        "management": {
            "autoRepair": flex.map(
                "repaired",
                "flex-start nodes are taken back, not repaired",
                lambda is_flex: not is_flex,
            ),
            "autoUpgrade": True,
        },
        "nodeConfig": {
            "machineType": pool.machine_type,
            **({"diskType": pool.disk_type} if pool.disk_type else {}),
            "diskSizeGb": When(is_set(pool.spec.diskSizeGb), pool.spec.diskSizeGb),
            "spot": When(is_value(pool.spec.purchase, "spot"), True),
            **_flex_start(plan, pool, flex),
            **_reservation(pool, flex),
            "oauthScopes": SCOPES,
            "serviceAccountRef": When(
                is_set(cluster.nodeServiceAccount), {"external": cluster.nodeServiceAccount}
            ),
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
            "shieldedInstanceConfig": {
                "enableSecureBoot": True,
                "enableIntegrityMonitoring": True,
            },
            **_devices(pool),
            **_secondary_boot_disks(plan, pool),
        },
    }
    return obj(
        _scope(plan), API, "ContainerNodePool", member.name, {"spec": body}, when=when,
        rule="cluster/node-pool", why="machines for the platform and the models",
        annotations={
            **_project(plan),
            **_keep_with_application(plan),
            "cnrm.cloud.google.com/state-into-spec": "absent",
        },
        notes=_notes(pool),
    )  # fmt: skip


def _keep_with_application(plan: Plan) -> dict[str, Any]:
    """Argo CD's commands and its UI delete an Application with all that it applied, unless told
    otherwise. Flux has a field of the Kustomization for it. A pool that is taken out of the spec
    is still pruned.
    """
    why = "the pool stays when the Application of the cluster is deleted"
    return by_engine(plan, "deletion", why, {
        "argocd": ("argocd.argoproj.io/sync-options", "Delete=false"),
    })  # fmt: skip


def _notes(pool: PoolPlan) -> tuple[str, ...]:
    """What cannot change, and what GKE adds to the nodes, which is not in the spec."""
    notes: tuple[str, ...] = (
        "A change of location or nodeConfig needs a new pool under a new name: Config Connector",
        "refuses it in this one. Deleting this object deletes the nodes.",
    )
    if isinstance(pool.shape, Slice):
        label, topology = pool.shape.accelerator_label.value, pool.shape.topology.value
        if is_dynamic(pool.spec).value:
            return (
                *notes,
                "GKE itself adds to these nodes: taint google.com/tpu=present:NoSchedule, label",
                f"cloud.google.com/gke-tpu-accelerator={label}, and those of partitions.",
            )
        notes += (
            "GKE itself adds to these nodes: taint google.com/tpu=present:NoSchedule,",
            f"labels cloud.google.com/gke-tpu-accelerator={label}",
            f"and cloud.google.com/gke-tpu-topology={topology}.",
        )
    elif isinstance(pool.shape, Gpus):
        notes += (
            "GKE itself adds to these nodes: taint nvidia.com/gpu=present:NoSchedule",
            f"and label cloud.google.com/gke-accelerator={pool.shape.label.value}.",
        )
    return notes


def _has_zone(pool: PoolPlan) -> Traced[bool]:
    """Pools with accelerators name their zone; other pools only where the spec does."""
    if pool.shape is not None:
        return literal(True, "cluster/zone", "TPU and GPU machines exist in few zones")
    return is_set(pool.spec.zone)


def _flex_start(plan: Plan, pool: PoolPlan, flex: Traced[bool]) -> dict[str, Any]:
    """In the words of the GKE API. Config Connector has no fields for it, so not for that."""
    longest = None if pool.max_run is None else text("{}s", pool.max_run)
    fields: dict[str, Any] = {"flexStart": True, "maxRunDuration": longest}
    wanted = all_of(flex, _others(plan))
    return {
        key: When(wanted, Because(value, "cluster/flex-start", "queued for, and taken back"))
        for key, value in fields.items()
    }


def _others(plan: Plan) -> Traced[bool]:
    return plan.stack.spec.cluster.managed.map(
        "made by others", "Config Connector has no field for it", lambda managed: not managed
    )


def _secondary_boot_disks(plan: Plan, pool: PoolPlan) -> dict[str, Any]:
    """In the words of the GKE API: Config Connector has no field for it."""
    here = [m for m in plan.models if m.pool.spec.name.value == pool.spec.name.value]
    asked = [(m.spec.modelCache.image, all_of(m.cache.has(BOOT_DISK), _others(plan))) for m in here]
    disks = [When(wanted, {"diskImage": image}) for image, wanted in asked]
    why = "nodes come with the weights of their models"
    found = Because(disks, "cluster/secondary-boot-disk", why)
    return {"secondaryBootDisks": When(any_of(*(wanted for _, wanted in asked)), found)}


def _reservation(pool: PoolPlan, flex: Traced[bool]) -> dict[str, Any]:
    """Which reservation the machines come from; said for accelerators even when it is none."""
    name = pool.spec.reservation
    named = is_set(name)
    affinity = {
        "consumeReservationType": name.map(
            "reservation", "what is not named is not used by accident",
            lambda n: "NO_RESERVATION" if n is None else "SPECIFIC_RESERVATION",
        ),
        "key": When(named, "compute.googleapis.com/reservation-name"),
        "values": When(named, [name]),
    }  # fmt: skip
    said = computed(ANY, "", lambda named, flex: named or flex, named, flex)
    return {"reservationAffinity": affinity if pool.shape else When(said, affinity)}


def _placement(plan: Plan, pool: PoolPlan, flex: Traced[bool]) -> dict[str, Any]:
    if pool.shape is None:
        return {}
    return {
        **_several(plan, pool),
        "maxPodsPerNode": Because(
            accelerator_pods(pool.shape), "cluster/accelerator-pods",
            "model servers and the node's own pods: saves addresses",
        ),
        "upgradeSettings": When(
            flex.map("lasts", "flex-start nodes go before they are upgraded", lambda f: not f),
            Because(
                {"strategy": "SURGE", "maxSurge": 0, "maxUnavailable": pool.upgraded_at_once},
                "cluster/accelerator-upgrade",
                "spare machines with accelerators for a surge are rarely to be had",
            ),
        ),
    }  # fmt: skip


def _several(plan: Plan, pool: PoolPlan) -> dict[str, Any]:
    """How the hosts of a slice are placed; a pool of single hosts would be frozen by it."""
    if not isinstance(pool.shape, Slice):
        return {}
    dynamic, partition = is_dynamic(pool.spec), plan.catalog.gke("dynamic-slicing").value("policy")
    static = dynamic.map("static", "", lambda yes: not yes)
    policy: Any = workload_policy(pool.shape, plan.catalog)
    # GKE makes a compact placement for a type, which generations with a workload policy refuse.
    kind = "COMPACT" if policy is None else ""
    if dynamic.value:
        policy = Because(partition, "cluster/partition", "without links until a slice forms")
    placement = Because(
        {
            "type": kind,
            "tpuTopology": When(static, pool.shape.topology),
            **({"policyNameRef": {"external": policy}} if policy is not None else {}),
        },
        "cluster/tpu-slice", "the hosts of one slice are wired to each other",
    )  # fmt: skip
    return {"placementPolicy": When(any_of(_grouped(pool.shape), dynamic), placement)}


def _grouped(shape: Slice) -> Traced[bool]:
    return shape.hosts.map("several hosts", "follows from the topology", lambda n: n > 1)


def accelerator_pods(shape: Shape) -> int | Traced[int]:
    """A TPU host runs one model server; a GPU node one a GPU at most."""
    if isinstance(shape, Slice):
        return 15
    why = "the others are the node's own"
    return shape.per_node.map("room for a server a GPU", why, lambda n: 15 if n == 1 else 30)


def _devices(pool: PoolPlan) -> dict[str, Any]:
    if isinstance(pool.shape, Gpus):
        return {**_gpus(pool.shape), **_marks(pool, {}, [])}
    return _tpus(pool, pool.shape) if isinstance(pool.shape, Slice) else {}


def _gpus(shape: Gpus) -> dict[str, Any]:
    return {
        "guestAccelerator": Because(
            [
                {
                    "type": shape.label,
                    "count": shape.per_node,
                    "gpuDriverInstallationConfig": {"gpuDriverVersion": "DEFAULT"},
                }
            ],
            "cluster/gpus", "GKE installs the driver; without one Pods see no GPU",
        ),
    }  # fmt: skip


def _tpus(pool: PoolPlan, shape: Slice) -> dict[str, Any]:
    grouped, by_hand = _grouped(shape), pool.spec.explicitScheduling
    return _marks(
        pool,
        {
            POOL_LABEL: When(any_of(grouped, is_dynamic(pool.spec)), pool.spec.name),
            "cloud.google.com/gke-tpu-accelerator": When(by_hand, shape.accelerator_label),
            "cloud.google.com/gke-tpu-topology": When(by_hand, shape.topology),
        },
        [When(by_hand, {"key": "google.com/tpu", "value": "present", "effect": "NO_SCHEDULE"})],
    )


def _marks(pool: PoolPlan, labels: dict[str, Any], taints: list[Any]) -> dict[str, Any]:
    """The labels and taints of the nodes, and those by which the pool is of a ComputeClass."""
    if pool.fallback:
        there = literal(True, "cluster/compute-class", "GKE counts it to the class by its label")
        taint = {"key": COMPUTE_CLASS, "value": pool.spec.name, "effect": "NO_SCHEDULE"}
        labels = {**labels, COMPUTE_CLASS: When(there, pool.spec.name)}
        taints = [*taints, When(there, taint)]
    return {
        field: When(any_of(*(one.condition for one in given)), tree)
        for field, tree, given in (
            ("labels", labels, labels.values()), ("taint", taints, taints),
        )
        if tree
    }  # fmt: skip
