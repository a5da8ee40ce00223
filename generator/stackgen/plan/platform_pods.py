"""The Pods of the platform, and what they request: the part of the plan that no model decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts.quantity import cpus, in_gib
from stackgen.origin import Traced, computed
from stackgen.plan.model import Plan
from stackgen.record import record

SYSTEM = "GKE's own Pods"
# Two, so that a node upgrade does not stop the configuration of the gateway.
ISTIOD_REPLICAS = 2


@record
class Part:
    """What all Pods of one kind request. asked: cores and GiB.

    sure: the figures were read from `source`. source: "" for a figure that is itself derived.
    """

    name: str
    pods: int
    asked: Traced[tuple[float, float]]
    sure: bool
    source: str = ""

    @property
    def cpu(self) -> float:
        """Cores."""
        return self.asked.value[0]

    @property
    def memory(self) -> float:
        """GiB."""
        return self.asked.value[1]


def platform_parts(plan: Plan) -> list[Part]:
    """istiod, operators, controllers, gateway, and one endpoint picker for each model with one.

    Only what the stack installs: what exists has its nodes already.
    """
    release, spec = plan.release, plan.stack.spec
    parts: list[Part] = []
    mine = plan.managed
    meshed = mine.istio.value
    platform, istio = release.row.data[release.platform], release.row.data.get("istio", {})
    charts = istio.get("requests_source", "")
    if meshed:
        asked = release.value("istio", "requests")
        parts.append(part("istiod", ISTIOD_REPLICAS, asked, source=charts))
    if "controller_requests" in platform and mine.serving.value:
        asked = release.serving("controller_requests")
        source = platform.get("controller_requests_source", "")
        parts.append(part(platform["controller"], 1, asked, source=source))
    own = spec.gateway.objects.value == "all"
    running = {
        "istio": meshed,
        "gateway": own and spec.gateway.class_.value == "istio",
        "envoy": mine.envoy.value,
        "cert_manager": mine.cert_manager.value,
        "lws": mine.lws.value,
        "keda": mine.keda.value,
        "kuadrant": mine.kuadrant.value,
        "redis": mine.redis.value,
        spec.secrets.manager.value: True,
    }
    for name, pod in release.row.data.get("pods", {}).items():
        if "needs" not in pod or running.get(pod["needs"]):
            row = release.value("pods", name)
            parts.append(part(name, pod["replicas"], row, source=pod.get("source", "")))
    picked = [m.spec for m in plan.models if m.spec.scheduler.value]
    if picked:
        count = sum(model.picker.replicas.value for model in picked)
        pickers = [v for m in picked for v in (m.scheduler, m.picker.replicas)]
        asked, source = release.serving("epp_requests"), platform.get("epp_requests_source", "")
        parts.append(part("endpoint pickers", count, asked, *pickers, source=source))
        if spec.mesh.sidecars.value:
            proxy = release.value("istio", "proxy_requests")
            parts.append(part("their sidecars", count, proxy, *pickers, source=charts))
    return parts


def part(
    name: str, pods: int, row: Traced[dict[str, Any]], *by: Traced[Any], source: str = ""
) -> Part:
    """`pods` that each request what `row` says. by: what else decides how many there are."""
    asked = computed(
        f"{pods} x requests", name,
        lambda row, *_: (pods * cpus(row["cpu"]), pods * in_gib(row["memory"])), row, *by,
    )  # fmt: skip
    return Part(name, pods, asked, "status" not in row.value, source or row.origin.source)


def on_nodes(plan: Plan, nodes: Sequence[Traced[int]], catalog: Catalog) -> list[Part]:
    """What GKE and the mesh run on every node, counted at the fewest nodes."""
    row = catalog.gke("system-pods")
    fields = ("cluster_cpu", "node_cpu", "cluster_memory_gib", "node_memory_gib")
    count = sum(n.value for n in nodes)

    def of_all(
        nodes: Sequence[int], cpu: float, node_cpu: float, memory: float, node_memory: float
    ) -> tuple[float, float]:
        count = sum(nodes)
        return round(cpu + count * node_cpu, 2), round(memory + count * node_memory, 2)

    asked = computed(SYSTEM, "of the cluster and of every node", of_all, nodes,
                     *(row.value(field) for field in fields))  # fmt: skip
    parts = [Part(SYSTEM, count, asked, sure=False, source=row.source)]
    if plan.stack.spec.mesh.sidecars.value:
        requests = plan.release.value("istio", "cni", "requests")
        parts.append(part("istio-cni-node", count, requests, *nodes))
    return parts


def on_one_node(plan: Plan, catalog: Catalog) -> list[Part]:
    """The same on one node with accelerators."""
    row = catalog.gke("system-pods")
    each = row.value("node_cpu"), row.value("node_memory_gib")
    asked = computed(SYSTEM, "on every node", lambda *each: each, *each)
    parts = [Part(SYSTEM, 1, asked, sure=False, source=row.source)]
    if plan.stack.spec.mesh.sidecars.value:
        parts.append(part("istio-cni-node", 1, plan.release.value("istio", "cni", "requests")))
    return parts
