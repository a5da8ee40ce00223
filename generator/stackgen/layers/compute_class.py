"""The ComputeClass of a node pool with `fallback`: where GKE looks for nodes, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.cluster import accelerator_pods
from stackgen.origin import Because, Traced, When, any_of, computed, is_set, is_value
from stackgen.plan.model import Plan, PoolPlan, Priority
from stackgen.plan.slices import Slice
from stackgen.render.model_pod import FOLDER
from stackgen.render.objects import Rendered, Scope, obj


def compute_classes(plan: Plan) -> Iterator[Rendered]:
    """One for each node pool with `fallback`."""
    for pool in plan.pools:
        if pool.fallback:
            yield _compute_class(plan, pool)


def _compute_class(plan: Plan, pool: PoolPlan) -> Rendered:
    account = plan.stack.spec.cluster.nodeServiceAccount
    last = pool.fallback[-1]
    body = {"spec": {
        "priorities": [
            {"nodepools": [member.name for member in pool.members]},
            *(_priority(plan, pool, one, last=one is last) for one in pool.fallback),
        ],
        "nodePoolAutoCreation": {"enabled": True},
        "nodePoolConfig": When(is_set(account), {"serviceAccount": account}),
        "activeMigration": {"optimizeRulePriority": pool.spec.activeMigration},
        "whenUnsatisfiable": Because(
            "DoNotScaleUp", "serving/capacity", "nodes of another kind would have no accelerator"
        ),
    }}  # fmt: skip
    return obj(
        Scope(plan, FOLDER), "cloud.google.com/v1", "ComputeClass", pool.spec.name, body,
        rule="serving/capacity", why="where GKE looks for nodes when the pool has none",
        notes=(
            "GKE tries the priorities in order, and creates the node pools of all but the first.",
            "A change is for new nodes. Pods that run stay where they are.",
        ),
    )  # fmt: skip


def _priority(plan: Plan, of: PoolPlan, one: Priority, *, last: bool) -> dict[str, Any]:
    pool, shape, reservation = one.pool, one.pool.shape, one.given.reservation
    assert shape is not None
    flex, size = is_value(one.given.purchase, "flex-start"), pool.spec.diskSizeGb
    named = is_set(reservation)
    waits = any_of(flex, shape.hosts.map("several", "", lambda n: n > 1)) if (
        isinstance(shape, Slice)
    ) else flex  # fmt: skip
    return {
        **_machines(pool),
        "spot": When(is_value(one.given.purchase, "spot"), True),
        "flexStart": When(flex, {"enabled": True, **_recycled(plan, of, pool)}),
        "maxRunDurationSeconds": When(flex, pool.max_run),
        **({} if last else {"capacityCheckWaitTimeSeconds": When(
            waits, plan.catalog.gke("compute-class").value("wait_seconds")
        )}),
        "reservations": When(named, {"affinity": "Specific", "specific": _specific(one)}),
        # GKE rejects zones here beside a reservation, which has its own.
        "location": When(
            named.map("no reservation", "a reservation has zones of its own", lambda yes: not yes),
            {"zones": list(one.zones)},
        ),
        "maxPodsPerNode": accelerator_pods(shape),
        "storage": {
            **({"bootDiskType": pool.disk_type} if pool.disk_type is not None else {}),
            "bootDiskSize": When(is_set(size), size),
        },
    }  # fmt: skip


def _recycled(plan: Plan, of: PoolPlan, pool: PoolPlan) -> dict[str, Any]:
    """GKE looks for the next node so early that a server is ready on it before the old one ends."""
    starts = [m.startup for m in plan.servers if m.pool.spec.name.value == of.spec.name.value]
    if not starts or pool.max_run is None:
        return {}
    lead = computed(
        "node + start-up, at most half of the run", "the next server starts before this one ends",
        lambda longest, node, *times: min(node + max(p * n for p, n in times), longest // 2),
        pool.max_run, plan.catalog.gke("compute-class").value("node_seconds"),
        *((start.period, start.failures) for start in starts),
    )  # fmt: skip
    return {"nodeRecycling": {"leadTimeSeconds": lead}}


def _machines(pool: PoolPlan) -> dict[str, Any]:
    if isinstance(pool.shape, Slice):
        shape = pool.shape
        return {"tpu": {
            "type": shape.accelerator_label,
            "count": shape.chips_per_host,
            "topology": shape.topology,
        }}  # fmt: skip
    assert pool.gpus is not None
    return {
        "machineType": pool.machine_type,
        "gpu": {
            "type": pool.gpus.label, "count": pool.gpus.per_node, "driverVersion": "default",
        },
    }  # fmt: skip


def _specific(one: Priority) -> Traced[list[dict[str, Any]]]:
    """The reservation: the spec has its name with project and block in one path."""
    why = "as a ComputeClass names it"
    return computed("reservation", why, _entry, one.given.reservation, one.zones)


def _entry(path: str | None, zones: tuple[str, ...]) -> list[dict[str, Any]]:
    words = (path or "").split("/")
    if words[0] != "projects":
        words = ["reservations", *words]
    parts = dict(zip(words[::2], words[1::2], strict=True))
    made: dict[str, Any] = {"name": parts["reservations"]}
    if "projects" in parts:
        made["project"] = parts["projects"]
    if "reservationBlocks" in parts:
        made["reservationBlock"] = {"name": parts["reservationBlocks"]}
    if "reservationSubBlocks" in parts:
        sub_block = {"name": parts["reservationSubBlocks"]}
        made["reservationBlock"]["reservationSubBlock"] = sub_block
    return [{**made, "zones": list(zones)}]
