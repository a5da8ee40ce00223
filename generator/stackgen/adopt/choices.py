"""What manifests say of choices: secrets, sidecars, monitoring, features of cluster and pools."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stackgen.adopt.network import space_of_metrics, traces
from stackgen.facts.pools import Pool
from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.workloads import Container, Workload
from stackgen.manifest.resource import Bundle, Resource

_INSTALLS = (
    ("HelmRelease", "helm.toolkit.fluxcd.io"),
    ("Application", "argoproj.io"),
)
# Groups of what tells an operator to install something.
_MONITORS = ("PodMonitoring", "PodMonitor")
_TPU_MONITORS = ("ClusterPodMonitoring", "PodMonitor")
_TPU_METRICS = "tpu-device-plugin"  # the monitor of the TPUs of a rendered stack
_OPERANDS = ("operator.openshift.io", "sailoperator.io")


def installs(bundle: Bundle, name: str = "") -> bool:
    """Whether the manifests install software, or the one of this name."""
    found = [r for kind, group in _INSTALLS for r in bundle.of_kind(kind, group)]
    if not name and any(r.group.endswith(_OPERANDS) for r in bundle.objects):
        return True
    return any(not name or name == r.name for r in found)


def secrets(bundle: Bundle) -> dict[str, Any]:
    """`spec.secrets`: who puts Secrets into the cluster."""
    if any(r.group == "external-secrets.io" for r in bundle.objects):
        return {}
    for one in bundle.of_kind("Kustomization", "kustomize.toolkit.fluxcd.io"):
        decryption = as_dict(one.get("spec", "decryption"))
        if decryption.get("provider") == "sops":
            made: dict[str, Any] = {"manager": "sops"}
            folder = str(one.get("spec", "path") or "").removeprefix("./").rpartition("/")[0]
            key = as_dict(decryption.get("secretRef")).get("name")
            return made | {k: v for k, v in (("path", folder), ("keySecret", key)) if v}
    return {"manager": "reflector" if installs(bundle, "reflector") else "existing"}


def observe(
    bundle: Bundle, space: str, served: Sequence[tuple[Workload, Container]]
) -> dict[str, Any]:
    """`spec.observe`. space: the namespace of the models. served: their servers."""
    kinds = ("PodMonitor", "ServiceMonitor")
    engine = "none"
    if any(bundle.of_kind("PodMonitoring", "monitoring.googleapis.com")):
        engine = "gmp"
    elif any(any(bundle.of_kind(kind, "monitoring.coreos.com")) for kind in kinds):
        engine = "prometheus-operator"
    found = [r for r in bundle.objects if r.kind in _MONITORS and r.name != _TPU_METRICS]
    tests = (j.name for j in bundle.of_kind("Job", "batch") if j.namespace == space)
    made: dict[str, Any] = {"engine": engine}
    space_of_prometheus = space_of_metrics(bundle)
    if engine == "prometheus-operator" and space_of_prometheus not in ("", "monitoring"):
        made["namespace"] = space_of_prometheus
    if any(one.name == _TPU_METRICS for one in bundle.objects if one.kind in _TPU_MONITORS):
        made["tpuMetrics"] = True
    if told := traces(bundle, served):
        made["traces"] = told
    if interval := _interval(found):
        made["intervalSeconds"] = interval
    return {**made, **({"smokeTest": True} if "smoke-test" in tests else {})}


def _interval(monitors: list[Resource]) -> int | None:
    """The seconds that all monitors have, where it is not the default; None for several."""
    ends = [
        as_dict(end).get("interval")
        for one in monitors
        for field in ("endpoints", "podMetricsEndpoints")
        for end in as_list(one.get("spec", field))
    ]
    same = (
        re.fullmatch(r"([1-9][0-9]{0,2})s", str(ends[0])) if len(set(map(str, ends))) == 1 else None
    )
    return int(same[1]) if same is not None and same[1] != "30" else None


def sidecars(bundle: Bundle, space: str) -> bool:
    """Whether Istio injects sidecars into the namespace of the models."""
    labels = (n.metadata.get("labels") for n in bundle.of_kind("Namespace", "") if n.name == space)
    return any(as_dict(one).get("istio-injection") == "enabled" for one in labels)


def features(cluster: Resource | None, bundle: Bundle) -> dict[str, Any]:
    """Features of a cluster that are not the default of the spec."""
    made: dict[str, Any] = {}
    brought = any("gateway-api" in r.name for r in bundle.objects if r.kind in _SOURCES)
    if cluster is None:
        return {"gatewayApi": "stack"} if brought else {}
    if cluster.get("spec", "dnsConfig", "clusterDns") == "CLOUD_DNS":
        made["dns"] = "cloud-dns"
    if cluster.get("spec", "gatewayApiConfig", "channel") == "CHANNEL_DISABLED":
        made["gatewayApi"] = "stack" if brought else "existing"
    channel = cluster.get("spec", "releaseChannel", "channel")
    if channel in ("RAPID", "STABLE"):
        made["releaseChannel"] = channel
    for one in bundle.of_kind("ConfigConnectorContext", "core.cnrm.cloud.google.com"):
        if isinstance(account := one.get("spec", "googleServiceAccount"), str):
            made["configConnectorServiceAccount"] = account
    return made


_SOURCES = ("GitRepository", "Application")


def of_pool(pool: Pool, location: str) -> dict[str, Any]:
    """Zone, reservation and taints of a node pool in a cluster at `location`."""
    made: dict[str, Any] = {}
    if pool.zones is not None and len(pool.zones) == 1 and pool.zones[0] != location:
        made["zone"] = pool.zones[0]
    # Config Connector has no field for flex-start: what a stack renders of it.
    repaired = pool.get("management", "autoRepair")
    consumed = pool.get("nodeConfig", "reservationAffinity", "consumeReservationType")
    if pool.queued or (repaired is False and consumed == "NO_RESERVATION"):
        made["purchase"] = "flex-start"
    reserved = as_dict(pool.get("nodeConfig", "reservationAffinity"))
    names = [n for n in as_list(reserved.get("values")) if isinstance(n, str)]
    if reserved.get("consumeReservationType") == "SPECIFIC_RESERVATION" and names:
        made["reservation"] = names[0]
    taints = map(as_dict, as_list(pool.get("nodeConfig", "taint")))
    if pool.generation is not None and any(t.get("key") == "google.com/tpu" for t in taints):
        made["explicitScheduling"] = True
    return made
