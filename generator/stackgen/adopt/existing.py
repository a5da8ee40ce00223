"""How the objects of a model are called and reached: Service, pool, picker, route, monitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.adopt.compare import MARKS
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.workloads import Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.plan.model_cache import SERVERS
from stackgen.regex import regex
from stackgen.render.endpoint_picker import GRPC, POOLS

_ROUTES = "gateway.networking.k8s.io"
_MONITORS = {"PodMonitoring": "monitoring.googleapis.com", "PodMonitor": "monitoring.coreos.com"}
_SHARED_MONITOR = "vllm"
_SECONDS = regex(r"([0-9]{1,5})s")


def existing(
    bundle: Bundle, workload: Workload, every: Sequence[Workload], *, pools: bool
) -> dict[str, Any]:
    """The fields of a model that name what leads requests to its servers, and what they have.

    every: all servers. What selects several of them belongs to none. pools: the gateway reaches
    servers through an InferencePool alone.
    """

    def selecting(kind: str, group: str, *path: str) -> Resource | None:
        for one in bundle.of_kind(kind, group):
            chosen = [w for w in every if selects(one, one.get("spec", *path), w)]
            if [w.resource for w in chosen] == [workload.resource]:
                return one
        return None

    name, made, names = workload.resource.name, dict[str, Any](), dict[str, str]()
    pool = selecting("InferencePool", POOLS, "selector", "matchLabels")
    service = None if pool or pools else selecting("Service", "", "selector")
    found = {"pool": pool, "service": service}
    if pool is not None:
        found["picker"] = picker = _picker(bundle, pool)
        selector = picker and picker.get("spec", "selector", "matchLabels")
        if isinstance(selector, dict) and picker is not None and picker.name != f"{name}-picker":
            made["picker"] = {"selector": dict(selector)}
    elif not pools:
        made |= {"scheduler": False, **(_service(service) if service is not None else {})}
    back = pool or service
    if back is not None and (route := _route(bundle, back)) is not None:
        found["route"] = route
        if path := _path(route, name):
            made["route"] = {"path": path}
    account = workload.spec.get("serviceAccountName")
    found["serviceAccount"] = next(
        (a for a in bundle.of_kind("ServiceAccount", "") if a.name == account), None
    )
    for kind, group in _MONITORS.items():
        monitor = selecting(kind, group, "selector", "matchLabels")
        if _port(monitor):
            found.setdefault("monitor", monitor)
    usual = {
        "pool": f"{name}-pool", "picker": f"{name}-picker", "service": name, "route": name,
        "serviceAccount": SERVERS, "monitor": _SHARED_MONITOR,
    }  # fmt: skip
    for key, one in found.items():
        if one is not None and one.name != usual[key]:
            names[key] = one.name
    of_pool = [found.get("pool"), found.get("picker"), *_of_picker(bundle, found.get("picker"))]
    of_servers = [workload.resource, *(one for one in found.values() if one not in of_pool)]
    if labels := _labels(of_servers):
        made["labels"] = labels
    if ports := _more_ports(bundle, found.get("picker")):
        made["picker"] = {**made.get("picker", {}), "ports": ports}
    if (labels := _labels(of_pool)) and labels != made.get("labels"):
        made["picker"] = {"labels": labels, **made.get("picker", {})}
    return {**made, **({"names": names} if names else {})}


def space_of_pools(bundle: Bundle) -> str:
    """The namespace of the InferencePools, where the servers name none."""
    spaces = Counter(r.namespace for r in bundle.objects if r.kind == "InferencePool")
    return next((space for space, _ in spaces.most_common() if space), "default")


def of_kserve(resource: Resource) -> dict[str, Any]:
    """What only a service of KServe says: the configuration of its endpoint picker, and labels."""
    made: dict[str, Any] = {}
    inline = resource.get("spec", "router", "scheduler", "config", "inline")
    if isinstance(inline, str):
        inline = next((d.data for d in parse(inline, "picker configuration", learning=False)), None)
    if isinstance(inline, dict) and inline:
        made["picker"] = {"config": inline}
    if isinstance(half := resource.get("spec", "prefill"), dict):
        count = half.get("replicas", 1)
        made["prefill"] = {"replicas": count if isinstance(count, int) else 1}
    bases = [as_dict(ref).get("name") for ref in as_list(resource.get("spec", "baseRefs"))]
    if bases and all(isinstance(name, str) for name in bases):
        made["baseRefs"] = bases
    labels = as_dict(resource.metadata.get("labels"))
    if given := {k: v for k, v in labels.items() if k not in MARKS and isinstance(v, str)}:
        made["labels"] = given
    return made


def selects(one: Resource, selector: Any, workload: Workload) -> bool:
    """Whether labels select the Pods of a server; without a namespace in any."""
    spaces = {one.namespace, workload.resource.namespace}
    labels = as_dict(workload.resource.get(*workload.template_path, "metadata", "labels"))
    chosen = as_dict(selector)
    return bool(chosen) and (len(spaces) == 1 or "" in spaces) and chosen.items() <= labels.items()


def _picker(bundle: Bundle, pool: Resource) -> Resource | None:
    """The Deployment of the endpoint picker of a pool, where its Service has the same name."""
    name = pool.get("spec", "endpointPickerRef", "name")
    return next((d for d in bundle.of_kind("Deployment", "apps") if d.name == name), None)


def _service(service: Resource) -> dict[str, Any]:
    ports = [as_dict(p) for p in as_list(service.get("spec", "ports"))]
    made: dict[str, Any] = {}
    if ports and isinstance(ports[0].get("port"), int):
        made["port"] = ports[0]["port"]
    if service.get("spec", "type") == "LoadBalancer":
        made["type"] = "LoadBalancer"
    return {"service": made} if made else {}


def _route(bundle: Bundle, back: Resource) -> Resource | None:
    """The HTTPRoute with one rule, to this pool or Service alone."""
    for route in bundle.of_kind("HTTPRoute", _ROUTES):
        rules = [as_dict(rule) for rule in as_list(route.get("spec", "rules"))]
        ends = [as_dict(b) for rule in rules for b in as_list(rule.get("backendRefs"))]
        if len(rules) == 1 and [(b.get("kind", "Service"), b.get("name")) for b in ends] == [
            (back.kind, back.name)
        ]:
            return route
    return None


def _path(route: Resource, name: str) -> str | None:
    """The path of a route, where its prefix is removed; None for the usual one, or another kind."""
    (rule,) = map(as_dict, as_list(route.get("spec", "rules")))
    matches = [as_dict(as_dict(m).get("path")) for m in as_list(rule.get("matches"))]
    path = matches[0].get("value", "/") if len(matches) == 1 else None
    filters = [as_dict(f) for f in as_list(rule.get("filters"))]
    rewritten = [as_dict(as_dict(f.get("urlRewrite")).get("path")) for f in filters]
    removed = [r.get("replacePrefixMatch") for r in rewritten] == ["/"]
    usual = f"/{route.namespace or 'default'}/{name}"
    if isinstance(path, str) and path != usual and (removed or path == "/"):
        return path.rstrip("/") or "/"
    return None


def request_seconds(bundle: Bundle) -> int | None:
    """The longest time of a response that all routes and policies have; None for the default."""
    given = {
        whole(policy.get("spec", "default", "timeoutSec"))
        for policy in bundle.of_kind("GCPBackendPolicy", "networking.gke.io")
    }
    kinds = (("HTTPRoute", _ROUTES), ("AIGatewayRoute", "aigateway.envoyproxy.io"))
    for route in (one for kind in kinds for one in bundle.of_kind(*kind)):
        for rule in map(as_dict, as_list(route.get("spec", "rules"))):
            time = as_dict(rule.get("timeouts")).get("request")
            seconds = _SECONDS.fullmatch(str(time))
            given |= {int(seconds[1])} if seconds is not None else set()
    found = given.pop() if len(given) == 1 else None
    return found if found not in (0, 3600) else None


def _port(monitor: Resource | None) -> bool:
    """Whether a monitor reads one endpoint of the Pods, by its number."""
    fields = ("endpoints", "podMetricsEndpoints")
    ends = [as_dict(e) for f in fields for e in as_list(monitor and monitor.get("spec", f))]
    numbers = (one.get("portNumber", one.get("port")) for one in ends)
    return len(ends) == 1 and all(isinstance(number, int) for number in numbers)


def _more_ports(bundle: Bundle, picker: Resource | None) -> list[dict[str, Any]]:
    """The ports of the Service of the endpoint picker, but for the one that the gateway calls."""
    for service in bundle.of_kind("Service", ""):
        if picker is not None and service.name == picker.name:
            ports = map(as_dict, as_list(service.get("spec", "ports")))
            return [
                dict(p) for p in ports if p.get("name") != GRPC and {"name", "port"} <= p.keys()
            ]
    return []


def _of_picker(bundle: Bundle, picker: Resource | None) -> Iterator[Resource]:
    """The ServiceAccount and the Service of the endpoint picker."""
    for one in bundle.objects:
        named = picker is not None and one.name == picker.name
        if named and one.kind in ("ServiceAccount", "Service"):
            yield one


def _labels(related: Sequence[Resource | None]) -> dict[str, str]:
    """The labels of these objects, but for keys of which they have different values."""
    found: dict[str, set[str]] = {}
    for one in related:
        for key, value in as_dict(one and one.metadata.get("labels")).items():
            if key not in MARKS and isinstance(value, str):
                found.setdefault(key, set()).add(value)
    return {key: values.pop() for key, values in found.items() if len(values) == 1}
