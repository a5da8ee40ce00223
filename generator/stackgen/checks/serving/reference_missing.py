"""A reference to an object that nothing in the input provides."""

from __future__ import annotations

from dataclasses import replace

from stackgen.checks.composed import folder
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.checks.serving.gateway.route_backend_missing import speaks_of
from stackgen.checks.serving.istio.istio_selector_gateway import more_gateways
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import Provided, provided
from stackgen.checks.serving.settled import settled
from stackgen.checks.serving.view import view
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.object_references import (
    ObjectReference,
    of_object,
    of_pod_spec,
    of_values,
    table,
)
from stackgen.facts.shape import as_dict, at, texts
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.rollout.flux import renames
from stackgen.spelling import close, did_you_mean, misspelled

_CLASS = ("StorageClass",)
_OF_NODES = ("StorageClass", "ComputeClass")
_CERT_MANAGER = "cert-manager"


def check(context: Context) -> Violations:
    """One finding for each name that does not exist."""
    known = provided(context)
    told: set[tuple[object, ...]] = set()
    for resource in context.bundle.objects:
        refs = [_placed(context, ref) for ref in of_object(resource)]
        there = {(r.kind, r.namespace) for r in refs if known.has(r.kind, r.namespace, r.name)}
        for ref in refs:
            # Other rules know more of what KServe makes, and of what scales its servers.
            if ref.kind in ("Service", "InferencePool") and speaks_of(context, ref):
                continue
            if ref.path[-2:] == ("scaleTargetRef", "name") and _of_service(context, ref):
                continue
            if ref.path[1:2] == ("healthChecks",) and renames(resource):
                continue
            if ref.path[-1:] == ("serviceName",) and _has_service(context, resource):
                continue
            if _new(told, ref, resource):
                impact = table()["impact"]["objects"].get(resource.kind, "")
                beside = bool(ref.namespace) and (ref.kind, ref.namespace) in there
                beside = beside and not known.hides(ref.namespace)  # a chart may bring it
                beside = beside or _other_pool(context, known, ref, resource)
                if ref.kind == "StorageClass" and _has_volume(context, ref.name):
                    continue
                place = Place(resource, ref.path)
                yield from _missing(known, ref, place, resource, impact, beside)
    for pod in pod_specs(context):
        for ref in of_pod_spec(pod.spec, pod.namespace):
            if _new(told, ref, pod.resource):
                impact = table()["impact"]["pods"].get(ref.kind, "")
                others = context.once(_idle_classes) if ref.kind == "ComputeClass" else ""
                place = pod.place(*ref.path)
                yield from _missing(known, ref, place, pod.resource, impact, idle=others)
    for install in installs(context.bundle):
        for ref in of_values(install.chart.chart, install.values, install.namespace):
            yield from _of_value(context, ref, install)


def _placed(context: Context, ref: ObjectReference) -> ObjectReference:
    """A reference to an object of cert-manager's namespace, in the one where it is installed."""
    spaces = context.once(_of_cert_manager) if ref.namespace == _CERT_MANAGER else frozenset()
    if ref.path[:1] != ("spec",) or len(spaces) != 1:
        return ref
    return replace(ref, namespace=next(iter(spaces)))


def _of_cert_manager(context: Context) -> frozenset[str]:
    """The namespaces in which the input installs cert-manager."""
    every = (x for x in installs(context.bundle) if x.chart.chart == _CERT_MANAGER)
    return frozenset(x.namespace for x in every if x.namespace)


def _of_value(context: Context, ref: ObjectReference, install: Install) -> Violations:
    """A value of a chart, if another object is meant. A chart may bring what is missing."""
    known = provided(context)
    if known.has(ref.kind, ref.namespace, ref.name):
        return
    meant = known.unused(ref.kind, ref.namespace, ref.key, ref.name) if ref.key else ""
    alike = ref.kind == "Gateway" or (not ref.key and ref.kind in ("Secret", "ConfigMap"))
    near = close(ref.name, known.names(ref.kind, ref.namespace)) if alike else ""
    if known.has(ref.kind, ref.name, ref.namespace):
        hint = f"{ref.namespace} is in namespace {ref.name}, and the namespace comes first"
    elif meant and meant not in {word for _, word in texts(install.values)}:
        hint = f"nothing refers to {meant}"
    elif near:
        hint = f'did you mean "{near}"?'
    elif ref.kind == "Gateway" and (others := _gateways(context, ref.namespace)):
        hint = f"the namespace has {', '.join(sorted(others))}"
    elif ref.kind == "StorageClass" and (others := context.once(_own_classes)):
        hint = f"it has {', '.join(sorted(others)[:5])}"
    elif slip := _slip(ref):
        hint = f'did you mean "{slip}"?'
    else:
        return
    where = f" in namespace {ref.namespace}" if ref.namespace else ""
    yield violation(
        f"nothing in the input provides {ref.kind} {ref.name}{where}; {hint}",
        install.place(*ref.path),
        impact=table()["impact"]["values"].get(ref.kind, ""),
    )


def _own_classes(context: Context) -> set[str]:
    """The StorageClasses of the input, if claims or charts of it use one."""
    known = provided(context)
    made = known.names("StorageClass", "")
    named = {r.name for one in context.bundle.objects for r in of_object(one) if r.kind in _CLASS}
    for one in installs(context.bundle):
        refs = of_values(one.chart.chart, one.values, one.namespace)
        named |= {ref.name for ref in refs if ref.kind in _CLASS}
    return made if made & named else set()


def _gateways(context: Context, space: str) -> set[str]:
    """The Gateways of a namespace, if the input shows all of them."""
    found = [x for x in chain(context).of("Gateway", GATEWAY_API) if x.namespace == space]
    files = settled(context).delivered
    if more_gateways(context, space) or not {x.resource.file for x in found} <= files:
        return set()
    return {x.name for x in found}


def _of_service(context: Context, ref: ObjectReference) -> bool:
    """Whether the name may be that of a workload which KServe makes of a service of the input."""
    here = view(context).by_namespace.get(ref.namespace, {})
    return any(ref.name[:end] in here for end in range(1, len(ref.name) + 1))


def _other_pool(context: Context, known: Provided, ref: ObjectReference, by: Resource) -> bool:
    """Whether the folder names a pool of a chart, and only this object a pool of this name.

    Of a pool that a route names, the one of the chart has no other route.
    """
    routed = ref.kind == "InferencePool" and "backendRefs" in ref.path
    if not routed and ref.path != ("spec", "poolRef", "name"):
        return False
    named = context.once(_pools_named).get(ref.namespace, {})
    if any(one is not by for one, _ in named.get(ref.name, ())):
        return False
    pools = [pool for pool in chart_pools(context.bundle) if pool.namespace == ref.namespace]
    if routed:
        pools = [x for x in pools if not any(served for _, served in named.get(x.name, ()))]
        pools = [x for x in pools if not at(x.install.values, "experimentalHttpRoute", "enabled")]
    beside = (one for pool in pools for one, _ in named.get(pool.name, ()) if one is not by)
    return any(folder(one) == folder(by) for one in beside)


def _pools_named(context: Context) -> dict[str, dict[str, list[tuple[Resource, bool]]]]:
    """What names an InferencePool, by its namespace and name, and whether as a backend."""
    found: dict[str, dict[str, list[tuple[Resource, bool]]]] = {}
    for resource in context.bundle.objects:
        for ref in of_object(resource):
            if ref.kind == "InferencePool":
                names = found.setdefault(ref.namespace, {})
                names.setdefault(ref.name, []).append((resource, "backendRefs" in ref.path))
    return found


def _has_volume(context: Context, name: str) -> bool:
    """Whether a volume of the input has the name of the class: a claim binds to it without one."""
    volumes = context.bundle.of_kind("PersistentVolume", "")
    return any(one.get("spec", "storageClassName") == name for one in volumes)


def _has_service(context: Context, stateful: Resource) -> bool:
    """Whether a Service with an address serves the Pods: it needs no names of single Pods."""
    labels = as_dict(stateful.get("spec", "template", "metadata", "labels"))
    found = [
        service
        for service in context.once(_services).get(stateful.namespace, ())
        if (wanted := as_dict(service.get("spec", "selector"))) and wanted.items() <= labels.items()
    ]
    return bool(found) and all(one.get("spec", "clusterIP") != "None" for one in found)


def _services(context: Context) -> dict[str, list[Resource]]:
    """The Services by namespace."""
    found: dict[str, list[Resource]] = {}
    for service in context.bundle.of_kind("Service", ""):
        found.setdefault(service.namespace, []).append(service)
    return found


def _new(told: set[tuple[object, ...]], ref: ObjectReference, by: Resource) -> bool:
    """Whether an object has named this for the first time."""
    key = (id(by), ref.kind, ref.namespace, ref.name, ref.key)
    if key in told:
        return False
    told.add(key)
    return True


def _slip(ref: ObjectReference) -> str:
    """The StorageClass of a cluster that is meant by a name which is spelled almost so."""
    always = [one for one in table()["always"].get(ref.kind, ()) if "*" not in one]
    meant = (one for one in always if misspelled(ref.name, one))
    return next(meant, "") if ref.kind == "StorageClass" else ""


def _idle_classes(context: Context) -> str:
    """The first ComputeClass of the input, if no Pod selects one of the input."""
    made = {one.name for one in context.bundle.of_kind("ComputeClass", "cloud.google.com")}
    named = {
        ref.name
        for pod in pod_specs(context)
        for ref in of_pod_spec(pod.spec, pod.namespace)
        if ref.kind == "ComputeClass"
    }
    return min(made) if made and not made & named else ""


def _other_class(known: Provided, ref: ObjectReference, idle: str) -> str:
    """The class of the input that is meant: by its spelling, or as no Pod selects any of them."""
    names = known.names(ref.kind, "") if ref.kind in _OF_NODES else set()
    bare = ref.name.replace("-", "").lower()
    same = [x for x in sorted(names) if x.replace("-", "").lower() == bare]
    if same:
        return f'; did you mean "{same[0]}"?'
    return f"; nothing refers to {idle}" if idle else ""


def _missing(
    known: Provided,
    ref: ObjectReference,
    place: Place,
    by: Resource,
    impact: str,
    beside: bool = False,
    idle: str = "",
) -> Violations:
    """impact: of the reference; empty for that of the rule. beside: as for `Provided.missing`.

    idle: a class of the input, if no Pod selects any of them.
    """
    kinds = (ref.kind, *ref.others)
    spaces = {kind: "" if kind in table()["cluster"] else ref.namespace for kind in kinds}
    out = known.left_out(ref.kind, spaces[ref.kind], ref.name, by)
    if out:
        yield violation(out, place, impact=impact)
        return
    if any(known.has(kind, space, ref.name) for kind, space in spaces.items()):
        sets = known.keys(ref.kind, ref.namespace, ref.name, by) if ref.key else []
        if sets and all(ref.key not in keys for keys in sets):
            hint = did_you_mean(ref.key, sorted(frozenset().union(*sets)))
            yield violation(
                f"{ref.kind} {ref.name} has no key {ref.key}{hint}", place, impact=impact
            )
        return
    found = known.missing(ref.kind, ref.namespace, ref.name, by, beside)
    if found is None and (slip := _slip(ref)):
        found = Severity.WARNING, f'; did you mean "{slip}"?'
    if found is None and (other := _other_class(known, ref, idle)):
        found = Severity.WARNING, other
    if found is None:
        return
    severity, hint = found
    hint = hint or did_you_mean(ref.name, sorted(known.names(ref.kind, ref.namespace)))
    where = f" in namespace {ref.namespace}" if ref.namespace else ""
    yield violation(
        f"nothing in the input provides {' or '.join(kinds)} {ref.name}{where}{hint}",
        place,
        severity=severity,
        impact=impact,
        confidence="high" if known.whole else "medium",
    )
