"""A monitor or a rule that the Prometheus of the input does not take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.checks.composed import in_one_set, together
from stackgen.checks.context import Context
from stackgen.checks.gitops.patches import UNKNOWN, patches, selects
from stackgen.checks.serving.provided import provided
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of, selector

# Each kind with the field of a Prometheus that selects it, and that of the values of
# kube-prometheus-stack which turns the label `release` off.
_FIELDS = {
    "ServiceMonitor": ("serviceMonitorSelector", "serviceMonitorSelectorNilUsesHelmValues"),
    "PodMonitor": ("podMonitorSelector", "podMonitorSelectorNilUsesHelmValues"),
    "PrometheusRule": ("ruleSelector", "ruleSelectorNilUsesHelmValues"),
    "Probe": ("probeSelector", "probeSelectorNilUsesHelmValues"),
}
_OWN = frozenset({"prometheus", "role"})
_GROUP, _CHART = "monitoring.coreos.com", "kube-prometheus-stack"
# Each kind with the field of the selector and of the namespaces, of Prometheus or Alertmanager.
_SPACES = {
    "ServiceMonitor": ("Prometheus", "serviceMonitorSelector", "serviceMonitorNamespaceSelector"),
    "PodMonitor": ("Prometheus", "podMonitorSelector", "podMonitorNamespaceSelector"),
    "PrometheusRule": ("Prometheus", "ruleSelector", "ruleNamespaceSelector"),
    "Probe": ("Prometheus", "probeSelector", "probeNamespaceSelector"),
    "AlertmanagerConfig": (
        "Alertmanager", "alertmanagerConfigSelector", "alertmanagerConfigNamespaceSelector",
    ),
}  # fmt: skip


def check(context: Context) -> Violations:
    """Objects that no Prometheus of the input selects by its labels.

    Without a Prometheus, the objects show its label: those of one kind have it, and others do not.
    """
    charts = _charts(context)
    for kind, (field, off) in _FIELDS.items():
        wanted = list(_selectors(context, charts, field, off))
        for one in context.bundle.of_kind(kind, _GROUP) if wanted else ():
            labels = labels_of(one.metadata)
            if relabelled(context, one) or any(
                not given or selector(given).matches(labels) is not False for _, given in wanted
            ):
                continue
            name, given = wanted[0]
            asked = ", ".join(f"{k}={v}" for k, v in as_dict(given.get("matchLabels")).items())
            yield violation(
                f"{kind} {one.name} lacks the labels by which {name} selects: {asked or given}",
                Place(one, ("metadata", "labels")),
            )
    if not charts and not any(True for _ in context.bundle.of_kind("Prometheus", _GROUP)):
        yield from _unlike(context)
    yield from _routes(context, charts)
    if not charts:
        yield from _elsewhere(context)
    elif len(charts) == 1 and charts[0].whole:
        yield from _outside(context, charts[0])


def _routes(context: Context, charts: list[ChartValues]) -> Violations:
    """AlertmanagerConfigs that no Alertmanager of the input selects by their labels."""
    field = "alertmanagerConfigSelector"
    wanted: list[tuple[str, Any]] = [
        (f"Alertmanager {one.name}", one.get("spec", field))
        for one in context.bundle.of_kind("Alertmanager", _GROUP)
    ]
    for values in charts:
        spec = as_dict(at(values.values, "alertmanager", "alertmanagerSpec"))
        open_ = not values.whole or spec.get("alertmanagerConfiguration")
        name = f"{values.by.kind} {values.by.name}"
        wanted.append((name, {} if open_ else as_dict(spec.get(field))))
    for one in context.bundle.of_kind("AlertmanagerConfig", _GROUP) if wanted else ():
        labels = labels_of(one.metadata)
        taken = (x is not None and selector(x).matches(labels) is not False for _, x in wanted)
        if any(taken) or relabelled(context, one) or _is_global(context, one):
            continue
        name, given = wanted[0]
        if given is None:
            yield violation(
                f"{name} has no {field}, so that it does not read AlertmanagerConfig {one.name}",
                Place(one, ("metadata", "name")),
            )
            continue
        asked = ", ".join(f"{k}={v}" for k, v in as_dict(given.get("matchLabels")).items())
        yield violation(
            f"AlertmanagerConfig {one.name} lacks the labels by which {name} selects: "
            f"{asked or given}",
            Place(one, ("metadata", "labels")),
        )


def _is_global(context: Context, one: Resource) -> bool:
    """Whether an Alertmanager names the object as its configuration."""
    return any(
        server.get("spec", "alertmanagerConfiguration", "name") == one.name
        for server in context.bundle.of_kind("Alertmanager", _GROUP)
    )


def _elsewhere(context: Context) -> Violations:
    """Objects in namespaces from which no Prometheus or Alertmanager of the input takes them."""
    spaces = {r.name: r for r in context.bundle.of_kind("Namespace", "")}
    for kind, (owner, _, field) in _SPACES.items():
        servers = [*context.bundle.of_kind(owner, _GROUP)]
        known = all(one.namespace and not relabelled(context, one) for one in servers)
        for one in context.bundle.of_kind(kind, _GROUP) if servers and known else ():
            if not one.namespace or _is_global(context, one):
                continue
            if any(_takes(server, field, one.namespace, spaces) for server in servers):
                continue
            server = servers[0]
            given = server.get("spec", field)
            why = (
                f"{field} is not set, so that it takes those of its own namespace "
                f"{server.namespace} only"
                if given is None
                else f"its {field} does not select this namespace"
            )
            yield violation(
                f"{kind} {one.name} is in namespace {one.namespace}, and {owner} {server.name} "
                f"does not read it: {why}",
                Place(one, ("metadata", "namespace")),
                Place(server, ("spec",) if given is None else ("spec", field)),
            )


def _outside(context: Context, values: ChartValues) -> Violations:
    """Objects in namespaces whose labels the selectors of the chart's values do not select."""
    spaces = {r.name: r for r in context.bundle.of_kind("Namespace", "")}
    for kind, (owner, _, field) in _SPACES.items():
        part = owner.lower()
        given = as_dict(at(values.values, part, f"{part}Spec", field))
        for one in context.bundle.of_kind(kind, _GROUP) if given else ():
            space = spaces.get(one.namespace)
            if space is None or relabelled(context, space):
                continue
            labels = {**labels_of(space.metadata), "kubernetes.io/metadata.name": space.name}
            if selector(given).matches(labels) is False:
                yield violation(
                    f"{kind} {one.name} is in namespace {one.namespace}, and {owner} of {_CHART} "
                    f"does not read it: its {field} does not select this namespace",
                    Place(one, ("metadata", "name")),
                    values.place((part, f"{part}Spec", field)),
                )


def _takes(server: Resource, field: str, space: str, spaces: dict[str, Resource]) -> bool:
    """Whether a server takes objects of a namespace, as far as is known."""
    given = server.get("spec", field)
    if given is None:
        return space == server.namespace
    if not given or space not in spaces:
        return not given or "kubernetes.io/metadata.name" not in str(given)
    labels = {**labels_of(spaces[space].metadata), "kubernetes.io/metadata.name": space}
    return selector(given).matches(labels) is not False


def relabelled(context: Context, one: Resource) -> bool:
    """Whether a kustomization may give the object more labels than its file shows."""
    world = together(context, one)
    if world is None:
        return provided(context).composed(one)
    indexes = [i for i in context.bundle.resources if i.index and in_one_set(context, one, i)]
    names, spaces = frozenset({one.name}), frozenset({one.namespace})
    return bool(world.labels) or any(
        index.get("components")
        or index.get("transformers")
        or any(
            selects(patch, one, names, spaces) is not False
            and (patch.data is UNKNOWN or "labels" in str(patch.data))
            for patch in patches(index, context.bundle.patches)
        )
        for index in indexes
    )


def _unlike(context: Context) -> Violations:
    """Kinds of which all objects lack the label `release` that all objects of another kind have."""
    labelled: dict[str, list[Resource]] = {}
    bare: dict[str, list[Resource]] = {}
    for kind in _FIELDS:
        for one in context.bundle.of_kind(kind, _GROUP):
            labels = labels_of(one.metadata)
            if not labels.get("release") and _OWN & labels.keys():
                continue  # a Prometheus may select it by these
            (labelled if labels.get("release") else bare).setdefault(kind, []).append(one)
    values = {labels_of(r.metadata)["release"] for found in labelled.values() for r in found}
    if len(values) == 1 and not labelled.keys() & bare.keys():
        (value,) = values
        for kind, objects in bare.items():
            has_it = next(iter(labelled.values()))[0]
            more = f"; {len(objects) - 1} more like it" if len(objects) > 1 else ""
            yield violation(
                f"{kind} {objects[0].name} has no label release, and {has_it.kind} {has_it.name} "
                f"has release={value}, by which a Prometheus of {_CHART} selects{more}",
                Place(objects[0], ("metadata", "labels")),
                Place(has_it, ("metadata", "labels", "release")),
                confidence="medium",
            )
    elif len(values) > 1 and len(labelled) > 1:
        first = {
            kind: {labels_of(r.metadata)["release"] for r in x} for kind, x in labelled.items()
        }
        (kind, own), (other, theirs) = list(first.items())[:2]
        if own.isdisjoint(theirs):
            yield violation(
                f"{kind} {labelled[kind][0].name} has release={min(own)}, and {other} "
                f"{labelled[other][0].name} has release={min(theirs)}: a Prometheus of {_CHART} "
                "selects one of them",
                Place(labelled[kind][0], ("metadata", "labels", "release")),
                Place(labelled[other][0], ("metadata", "labels", "release")),
                confidence="medium",
            )


def _charts(context: Context) -> list[ChartValues]:
    """The values of the chart, one set for each object that installs it."""
    found: dict[int, ChartValues] = {}
    for one in chart_values(context.bundle):
        if one.chart == _CHART:
            found[id(one.by)] = replace(one, whole=one.whole and id(one.by) not in found)
    for release in context.bundle.of_kind("HelmRelease"):
        if text(release.get("spec", "chart", "spec", "chart")) == _CHART:
            whole = not release.get("spec", "valuesFrom")
            bare = ChartValues(release, _CHART, "", "", release, ("spec",), {}, whole=whole)
            found.setdefault(id(release), bare)
    return list(found.values())


def _selectors(
    context: Context, charts: list[ChartValues], field: str, off: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The selectors of the input, each with what has it. Without one, nothing is selected."""
    for server in context.bundle.of_kind("Prometheus", _GROUP):
        yield f"Prometheus {server.name}", as_dict(server.get("spec", field))
    for values in charts:
        yield _of_chart(values, field, off)


def _of_chart(values: ChartValues, field: str, off: str) -> tuple[str, dict[str, Any]]:
    """The selector that the chart gives its Prometheus. An empty one counts as none given."""
    by, spec = values.by, as_dict(at(values.values, "prometheus", "prometheusSpec"))
    name = f"{by.kind} {by.name}"
    if spec.get(off) is False or not values.whole or spec.get(field):
        return name, as_dict(spec.get(field))
    called = by.get("spec", "releaseName") or by.get("spec", "source", "helm", "releaseName")
    release = text(called) or by.name  # of a chart with the chart in it, it is not known
    return name, {"matchLabels": {"release": release}} if release else {}
