"""How the objects of a model are called and reached: Service, pool, picker, route, monitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from stackgen.adopt.compare import MARKS
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, copied
from stackgen.facts.workloads import Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.plan.model_cache import SERVERS
from stackgen.regex import regex
from stackgen.render.endpoint_picker import GRPC, POOLS, RBAC

_ROUTES = "gateway.networking.k8s.io"
_MONITORS = {"PodMonitoring": "monitoring.googleapis.com", "PodMonitor": "monitoring.coreos.com"}
_SHARED_MONITOR = "vllm"
_PORT_NAME = regex(r"[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_CONFIG_FILES = ("--config-file", "--configFile")
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

    name, made, names = workload.resource.name, dict[str, Any](), dict[str, Any]()
    of_picker: dict[str, Any] = {}
    pool = selecting("InferencePool", POOLS, "selector", "matchLabels")
    service = None if pool or pools else selecting("Service", "", "selector")
    found = {"pool": pool, "service": service}
    if pool is not None:
        found["picker"] = picker = _picker(bundle, pool)
        selector = picker and picker.get("spec", "selector", "matchLabels")
        if isinstance(selector, dict) and picker is not None and picker.name != f"{name}-picker":
            of_picker["selector"] = dict(selector)
        told = pool.get("spec", "endpointPickerRef", "name")
        if picker is None and isinstance(told, str) and told != f"{name}-picker":
            names["picker"] = told  # the stack renders it in place of the one that is elsewhere
        if picker is not None:
            of_picker |= {**_configured(bundle, picker), **_roles(bundle, picker)}
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
        port = _port(monitor)
        if port is not None and found.setdefault("monitor", monitor) is monitor:
            made |= {"monitor": {"port": port}} if isinstance(port, str) else {}
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
        of_picker["ports"] = ports
    if (labels := _labels(of_pool)) and labels != made.get("labels"):
        of_picker["labels"] = labels
    return made | {k: v for k, v in (("picker", of_picker), ("names", names)) if v}


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


def _configured(bundle: Bundle, picker: Resource) -> dict[str, Any]:
    """The configuration of an endpoint picker in a ConfigMap of the manifests; empty for none."""
    pod = as_dict(picker.get("spec", "template", "spec"))
    for container in map(as_dict, as_list(pod.get("containers"))):
        args = [str(arg) for arg in as_list(container.get("args"))]
        given = [b for a, b in pairwise(args) if a in _CONFIG_FILES]
        given += [b for a, _, b in (arg.partition("=") for arg in args) if b and a in _CONFIG_FILES]
        folder, _, key = given[-1].rpartition("/") if given else ("", "", "")
        mounts = map(as_dict, as_list(container.get("volumeMounts")))
        volume = next((m.get("name") for m in mounts if m.get("mountPath") == folder), None)
        volumes = map(as_dict, as_list(pod.get("volumes")))
        source = next((as_dict(v.get("configMap")) for v in volumes if v.get("name") == volume), {})
        for one in bundle.of_kind("ConfigMap", ""):
            files = as_dict(one.get("data"))
            text = files.get(key)
            if one.name != source.get("name") or not isinstance(text, str):
                continue
            config = next((d.data for d in parse(text, key, learning=False)), None)
            if not isinstance(config, dict) or not config:
                continue
            others = {k: v for k, v in files.items() if k != key and isinstance(v, str)}
            made = {"name": one.name, "key": key, **({"files": others} if others else {})}
            return {"config": copied(config), "configMap": made}
    return {}


def _roles(bundle: Bundle, picker: Resource) -> dict[str, Any]:
    """The Roles bound to the ServiceAccount of an endpoint picker; empty for one named as it."""
    account = picker.get("spec", "template", "spec", "serviceAccountName")
    roles = {r.name: r for r in bundle.of_kind("Role", RBAC) if r.namespace == picker.namespace}
    made = []
    for binding in bundle.of_kind("RoleBinding", RBAC):
        role = roles.get(str(binding.get("roleRef", "name")))
        subjects = [as_dict(one) for one in as_list(binding.get("subjects"))]
        named = [(one.get("kind"), one.get("name")) for one in subjects]
        rules = as_list(role and role.get("rules"))
        here = binding.namespace == picker.namespace
        if (
            role is None
            or not rules
            or not all("verbs" in as_dict(r) for r in rules)
            or not here
            or named != [("ServiceAccount", account)]
        ):
            continue
        other = {"binding": binding.name} if binding.name != role.name else {}
        made.append({"name": role.name, **other, "rules": copied(rules)})
    usual = [one["name"] for one in made] == [picker.name] and "binding" not in made[0]
    return {"roles": made} if made and not usual else {}


def _service(service: Resource) -> dict[str, Any]:
    ports = [as_dict(p) for p in as_list(service.get("spec", "ports"))]
    made: dict[str, Any] = {}
    if ports and isinstance(ports[0].get("port"), int):
        made["port"] = ports[0]["port"]
    for field, key in (("portName", "name"), ("targetPort", "targetPort")):
        if ports and isinstance(text := ports[0].get(key), str) and _PORT_NAME.fullmatch(text):
            made[field] = text
    made.pop("portName", None) if made.get("portName") == "http" else None
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


def _port(monitor: Resource | None) -> int | str | None:
    """The port of the one endpoint of the Pods that a monitor reads; None for another monitor."""
    fields = ("endpoints", "podMetricsEndpoints")
    ends = [as_dict(e) for f in fields for e in as_list(monitor and monitor.get("spec", f))]
    port = ends[0].get("portNumber", ends[0].get("port")) if len(ends) == 1 else None
    named = isinstance(port, str) and _PORT_NAME.fullmatch(port)
    return port if named or isinstance(port, int) else None


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
