"""A monitor that finds no Service, no port of it, or no Pod."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import applied_with, together
from stackgen.checks.context import Context
from stackgen.checks.network.view import view as network
from stackgen.checks.serving.chain import ApiObject, Chain, Pods, chain
from stackgen.checks.serving.isvc_services import PredictorService, predictor_services
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.schema.native.labels import matches
from stackgen.spelling import close

# Namespaces with Services that are of no manifest, such as those of the API server and kubelet.
_SYSTEM = {"kube-system", "default"}


def check(context: Context) -> Violations:
    """Monitors of namespaces that have Services in the same file or folder."""
    links, known = chain(context), provided(context)
    for monitor in _of_pods(context):
        if not known.incomplete(monitor):
            yield from _pods(context, links, monitor)
    predictors = predictor_services(context)
    services: dict[str, list[ApiObject]] = {}
    for service in links.of("Service", ""):
        services.setdefault(service.namespace, []).append(service)
    for monitor in context.bundle.of_kind("ServiceMonitor", "monitoring.coreos.com"):
        labels = as_dict(monitor.get("spec", "selector", "matchLabels"))
        spaces = _namespaces(monitor)
        world = together(context, monitor)
        selector = as_dict(monitor.get("spec", "selector"))
        others = {text(one.get("key")) for _, one in maps(selector.get("matchExpressions"))}
        used = {*labels, *others}
        changed = known.incomplete(monitor) or (world and not world.labels.isdisjoint(used))
        if not used or changed:
            continue
        looked = list(services) if spaces is None else spaces
        candidates = [one for space in looked for one in services.get(space, ())]
        chosen = [one for one in candidates if _has(one, labels) and _meets(one, selector)]
        if others and not chosen:
            continue
        if chosen:
            yield from _ports(monitor, chosen)
        elif spaces is not None and _SYSTEM & set(spaces):
            yield from _of_pods_alone(context, links, monitor, labels, spaces)
        elif spaces is not None:
            there = [one for space in services.values() for one in space]
            near = [one for one in there if applied_with(context, monitor, one.resource)]
            meant = sorted({one.namespace for one in near if _has(one, labels)} - {*spaces, ""})
            beside = [one for one in near if one in candidates]
            alone = list(_of_pods_alone(context, links, monitor, labels, spaces))
            made = _of_service(predictors, labels, spaces)
            if made is not None:
                yield violation(
                    f"Service {made.name}, which KServe makes of InferenceService "
                    f"{made.by.name}, has the labels {_shown(made.labels)}, not {_shown(labels)}",
                    Place(monitor, ("spec", "selector", "matchLabels")),
                    severity=Severity.WARNING,
                )
            elif meant and not candidates:
                yield violation(
                    f"namespace {', '.join(spaces)} has no Service, and the Services with the "
                    f"labels {_shown(labels)} are in namespace {', '.join(meant)}",
                    Place(monitor, ("spec", "namespaceSelector"), key=True),
                    severity=Severity.WARNING,
                )
            elif alone:
                yield from alone
            elif beside and (
                any(_keys(one) & labels.keys() for one in beside)
                or not any(map(known.hides, spaces))
            ):
                names = ", ".join(sorted({one.name for one in beside}))
                yield violation(
                    f"no Service has the labels {_shown(labels)}; there is {names}",
                    Place(monitor, ("spec", "selector", "matchLabels")),
                    severity=Severity.WARNING,
                    confidence="medium",
                )


def _labels(service: ApiObject) -> dict[str, str]:
    labels = as_dict(service.get("metadata", "labels"))
    return {str(key): str(value) for key, value in labels.items()}


def _meets(service: ApiObject, selector: Mapping[str, Any]) -> bool:
    """Whether a Service meets the expressions of a selector."""
    given = [
        {**one, "values": list(map(text, as_list(one.get("values"))))}
        for _, one in maps(selector.get("matchExpressions"))
    ]
    return matches({"matchExpressions": given}, _labels(service))


def _keys(service: ApiObject) -> set[str]:
    return {*_labels(service)}


def _of_service(
    predictors: list[PredictorService], labels: Mapping[str, Any], spaces: list[str]
) -> PredictorService | None:
    """The Service of the InferenceService that the labels name, if it has other labels."""
    here = [one for one in predictors if one.by.namespace in spaces]
    if any(labels.items() <= one.labels.items() for one in here):
        return None
    return next((one for one in here if one.by.name in labels.values()), None)


def _of_pods_alone(
    context: Context, links: Chain, monitor: Resource, labels: Mapping[str, Any], spaces: list[str]
) -> Violations:
    """Labels that Pods have, and their Service has not, or that has no Service at all."""
    place = Place(monitor, ("spec", "selector", "matchLabels"))
    service = _unlabeled(links, monitor, labels, spaces)
    if service is not None and any(map(provided(context).hides, spaces)):
        # Beside Pods of a chart, it may have Services for them, with their labels.
        selects = as_dict(service.get("spec", "selector"))
        there = any(links.selected(space, selects) for space in (service.namespace, *spaces))
        service = service if there else None
    bare = None if service is not None else _bare(links, monitor, labels, spaces)
    if service is not None:
        yield violation(
            f"Service {service.name} has no label {_shown(labels)}; it is its Pods that "
            "have it, and a ServiceMonitor selects Services",
            place,
            severity=Severity.WARNING,
        )
    elif bare is not None:
        yield violation(
            f"it is the Pods of {bare.owner.kind} {bare.owner.name} that have the labels "
            f"{_shown(labels)}; they have no Service, and a ServiceMonitor selects Services",
            place,
            severity=Severity.WARNING,
            confidence="medium",
        )


def _bare(
    links: Chain, monitor: Resource, labels: Mapping[str, Any], spaces: list[str]
) -> Pods | None:
    """The Pods near the monitor that have the labels, and that no Service of the input selects."""
    here = os.path.dirname(monitor.file)
    for space in spaces:
        for pods in links.selected(space, labels):
            folder = os.path.dirname(pods.owner.resource.file)
            if folder in (here, os.path.dirname(here)) and not any(
                wanted.items() <= pods.labels.items()
                for service in links.of("Service", "")
                if (wanted := as_dict(service.get("spec", "selector")))
                and service.namespace in ("", space)
            ):
                return pods
    return None


def _unlabeled(
    links: Chain, monitor: Resource, labels: Mapping[str, Any], spaces: list[str]
) -> ApiObject | None:
    """The Service of the namespaces that has the labels in its selector alone.

    One without a namespace may be applied to any, if it is near the monitor.
    """
    here = os.path.dirname(monitor.file)
    for service in links.of("Service", ""):
        folder = os.path.dirname(service.resource.file)
        near = folder in (here, os.path.dirname(here)) and not service.namespace
        near = near or service.namespace in spaces
        selects = as_dict(service.get("spec", "selector"))
        if near and not _has(service, labels) and labels.items() <= selects.items():
            return service
    return None


def _of_pods(context: Context) -> Iterator[Resource]:
    yield from context.bundle.of_kind("PodMonitor", "monitoring.coreos.com")
    yield from context.bundle.of_kind("PodMonitoring", "monitoring.googleapis.com")


def _pods(context: Context, links: Chain, monitor: Resource) -> Violations:
    """A selector that matches no Pod where it looks, and Pods of another namespace, or but for "".

    Pods of the namespace may come from elsewhere, so that nothing follows from a match alone.
    """
    chosen, spaces = monitor.get("spec", "selector"), _namespaces(monitor)
    if spaces is None or not isinstance(chosen, dict) or not any(chosen.values()):
        return
    here = (p for space in spaces for p, _ in links.within(chosen, space))
    if any(p.owner.namespace in spaces and plain(p.owner.namespace) for p in here):
        return
    if not monitor.namespace and together(context, monitor) is not None:
        return  # a kustomization may set the namespace of both
    found = {p.owner.namespace for p, _ in links.everywhere(chosen) if plain(p.owner.namespace)}
    place = Place(monitor, ("spec", "selector"))
    labels = as_dict(chosen.get("matchLabels"))
    empty = sorted(key for key, value in labels.items() if value == "")
    near = [p for space in spaces for p in links.pods.get(space, ())]
    if any(p.labels.get(key) for p in near for key in empty):
        yield violation(
            f"the selector requires an empty value of {', '.join(empty)}; use the operator Exists "
            "for any value",
            place,
        )
    elif not found and near:
        # A chart may bring Pods to the namespace, but seldom those of the same file.
        beside = [p for p in near if p.owner.resource.file == monitor.file]
        hidden = any(map(provided(context).hides, spaces))
        yield from _by_another_value(monitor, beside if hidden else near, labels)
    elif found and (not near or all(_shows(context, space, labels) for space in spaces)):
        yield violation(
            f"no Pod of namespace {', '.join(spaces)} has these labels; those of "
            f"{', '.join(sorted(found))} do, but namespaceSelector does not select it",
            place,
            severity=Severity.WARNING,
            confidence="medium",
        )


def _shows(context: Context, space: str, labels: Mapping[str, Any]) -> bool:
    """Whether the input has all Pods of a namespace that may have the labels."""
    hides = provided(context).hides(space)
    return not hides and bool(labels) and network(context).shows(space, labels)


def _by_another_value(monitor: Resource, near: list[Pods], labels: Mapping[str, Any]) -> Violations:
    """A label whose value is that of Pods of the namespace but for a word or a letter."""
    for key, value in labels.items():
        there = {p.labels[key] for p in near if key in p.labels}
        meant = [x for x in there if x.startswith(f"{value}-") or text(value).startswith(f"{x}-")]
        meant += [one for one in [close(text(value), there)] if one]
        if value not in there and plain(text(value)) and len(set(meant)) == 1:
            yield violation(
                f"no Pod has the label {key}={value}; there is {key}={meant[0]}",
                Place(monitor, ("spec", "selector", "matchLabels", key)),
                severity=Severity.WARNING,
                confidence="medium",
            )
            return


def _namespaces(monitor: Resource) -> list[str] | None:
    """The namespaces that it looks at; None for all."""
    given = as_dict(monitor.get("spec", "namespaceSelector"))
    if given.get("any"):
        return None
    return [text(name) for name in as_list(given.get("matchNames"))] or [monitor.namespace]


def _has(service: ApiObject, labels: Mapping[str, Any]) -> bool:
    own = as_dict(service.get("metadata", "labels"))
    return all(own.get(key) == value for key, value in labels.items())


def _ports(monitor: Resource, services: list[ApiObject]) -> Violations:
    known = {
        text(port.get("name")) for one in services for _, port in maps(one.get("spec", "ports"))
    }
    wanted = [text(at(one, "port")) for _, one in maps(monitor.get("spec", "endpoints"))]
    for i, name in enumerate(wanted):
        if name and plain(name) and name not in known:
            offered = ", ".join(sorted(filter(None, known))) or "none has a name"
            yield violation(
                f"no port of Service {services[0].name} has the name {name}: {offered}",
                Place(monitor, ("spec", "endpoints", i, "port")),
                # An endpoint for other Services is skipped, if another one is scraped.
                severity=Severity.WARNING if known & set(wanted) else None,
            )


def _shown(labels: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())
