"""Layer 1-cluster: the GKE cluster and its node pools, as Config Connector objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.objects import Made, is_set, is_value, keep_on_prune, obj
from stackgen.origin import Because, Traced, When, literal, text
from stackgen.plan.model import Plan, PoolPlan

FOLDER = "1-cluster"
API = "container.cnrm.cloud.google.com/v1beta1"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def layer(plan: Plan) -> Iterator[Made]:
    """Namespace, cluster, node pools: applied in the management cluster."""
    cluster = plan.stack.spec.cluster
    project = {"cnrm.cloud.google.com/project-id": cluster.project}
    yield obj(
        plan, FOLDER, "v1", "Namespace", cluster.configConnectorNamespace, {},
        rule="cluster/namespace", why="Config Connector manages one project per namespace",
        annotations={**project, **keep_on_prune(plan)},
    )  # fmt: skip
    yield _cluster(plan, project)
    for pool in plan.pools:
        yield _pool(plan, pool, project)


def _cluster(plan: Plan, project: dict[str, Any]) -> Made:
    cluster, observe = plan.stack.spec.cluster, plan.stack.spec.observe
    body = {
        "location": cluster.location,
        "initialNodeCount": Because(
            1, "cluster/initial-pool", "the API asks for one; the pool is removed at once"
        ),
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
            {"channel": "CHANNEL_STANDARD"},
            "cluster/gateway-api", "GKE installs and owns the Gateway API CRDs",
        ),
        "enableShieldedNodes": True,
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
        plan, FOLDER, API, "ContainerCluster", plan.cluster_name, {"spec": body},
        namespace=cluster.configConnectorNamespace,
        rule="cluster/cluster", why="the GKE cluster the stack runs on",
        annotations={
            **project,
            "cnrm.cloud.google.com/remove-default-node-pool": "true",
            "cnrm.cloud.google.com/state-into-spec": "absent",
            "cnrm.cloud.google.com/deletion-policy": "abandon",
        },
    )  # fmt: skip


def _pool(plan: Plan, pool: PoolPlan, project: dict[str, Any]) -> Made:
    cluster = plan.stack.spec.cluster
    body: dict[str, Any] = {
        "location": cluster.location,
        "clusterRef": {"name": plan.cluster_name},
        "nodeLocations": When(_has_zone(pool), [pool.zone]),
        "initialNodeCount": pool.spec.nodes.min,
        **_tpu_placement(pool),
        "autoscaling": {
            "minNodeCount": pool.spec.nodes.min,
            "maxNodeCount": pool.spec.nodes.max,
            **({"locationPolicy": "ANY"} if pool.slice else {}),
        },
        "management": {"autoRepair": True, "autoUpgrade": True},
        "nodeConfig": {
            "machineType": pool.machine_type,
            **({"diskType": pool.disk_type} if pool.disk_type else {}),
            "diskSizeGb": When(is_set(pool.spec.diskSizeGb), pool.spec.diskSizeGb),
            "spot": When(is_value(pool.spec.purchase, "spot"), True),
            "oauthScopes": SCOPES,
            "serviceAccountRef": When(
                is_set(cluster.nodeServiceAccount), {"external": cluster.nodeServiceAccount}
            ),
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
            "shieldedInstanceConfig": {
                "enableSecureBoot": True,
                "enableIntegrityMonitoring": True,
            },
            **_tpu_config(pool),
        },
    }
    notes: tuple[str, ...] = ()
    if pool.slice is not None:
        label, topology = pool.slice.accelerator_label.value, pool.slice.topology.value
        notes = (
            "GKE itself adds to these nodes: taint google.com/tpu=present:NoSchedule,",
            f"labels cloud.google.com/gke-tpu-accelerator={label}",
            f"and cloud.google.com/gke-tpu-topology={topology}.",
        )
    return obj(
        plan, FOLDER, API, "ContainerNodePool", pool.spec.name, {"spec": body},
        namespace=cluster.configConnectorNamespace,
        rule="cluster/node-pool", why="machines for the platform and the models",
        annotations={**project, "cnrm.cloud.google.com/state-into-spec": "absent"},
        notes=notes,
    )  # fmt: skip


def _has_zone(pool: PoolPlan) -> Traced[bool]:
    """TPU pools name their zone; other pools only where the spec does."""
    if pool.slice is not None:
        return literal(True, "cluster/zone", "TPU machines exist in few zones")
    return is_set(pool.spec.zone)


def _tpu_placement(pool: PoolPlan) -> dict[str, Any]:
    if pool.slice is None:
        return {}
    return {
        "maxPodsPerNode": Because(
            15, "cluster/tpu-pods", "one model server and the node's own pods: saves addresses"
        ),
        "upgradeSettings": Because(
            {"strategy": "SURGE", "maxSurge": 0, "maxUnavailable": 1},
            "cluster/tpu-upgrade", "spare TPU machines for a surge are rarely to be had",
        ),
    }  # fmt: skip


def _tpu_config(pool: PoolPlan) -> dict[str, Any]:
    if pool.slice is None:
        return {}
    return {
        "reservationAffinity": Because(
            {"consumeReservationType": "NO_RESERVATION"},
            "cluster/tpu-reservation", "no reservation is named, so none is used by accident",
        ),
        "labels": When(
            pool.spec.explicitScheduling,
            {
                "cloud.google.com/gke-tpu-accelerator": pool.slice.accelerator_label,
                "cloud.google.com/gke-tpu-topology": pool.slice.topology,
            },
        ),
        "taint": When(
            pool.spec.explicitScheduling,
            [{"key": "google.com/tpu", "value": "present", "effect": "NO_SCHEDULE"}],
        ),
    }  # fmt: skip
