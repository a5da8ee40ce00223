"""A policy or filter of Istio that selects a gateway which its namespace does not have."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, Chain, applied_to, chain
from stackgen.checks.serving.deliveries import unseen_namespaces
from stackgen.checks.serving.istio.istio_selector_namespace import SELECTORS
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.settled import settled
from stackgen.facts.chart_values import installs
from stackgen.facts.istio_gateways import istio_gateways
from stackgen.facts.object_references import table
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector
from stackgen.net.workloads import GATEWAY_LABEL
from stackgen.spelling import did_you_mean

# Charts of Istio, of which only `gateway` makes Pods that requests go through.
_CHARTS = frozenset({"base", "istiod", "cni", "ztunnel", "gateway"})
_TARGETS: tuple[Path, ...] = (
    ("spec", "targetNamespace"), ("spec", "destination", "namespace"),
    ("spec", "template", "spec", "destination", "namespace"), ("metadata", "namespace"),
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each object, where the input shows all gateways of its namespace."""
    links = chain(context)
    for kind, path in SELECTORS.items():
        for one in context.bundle.of_kind(kind):
            wanted = {str(key): str(value) for key, value in as_dict(one.get(*path)).items()}
            if not one.group.endswith("istio.io") or not all(map(plain, wanted.values())):
                continue
            if not wanted or links.selected(one.namespace, wanted):
                continue
            if GATEWAY_LABEL in wanted:
                yield from _by_name(context, links, one, path, wanted[GATEWAY_LABEL])
            else:
                yield from _by_labels(context, one, path, wanted)


def _by_name(context: Context, links: Chain, one: Resource, path: Path, name: str) -> Violations:
    """A Gateway of the Gateway API, where its namespace has others, and no namespace has it."""
    gateways = list(links.of("Gateway", GATEWAY_API))
    here = [x for x in gateways if applied_to(x.namespace) == applied_to(one.namespace)]
    near = {x.name for x in here if _of_one_set(context, one, x.resource)}
    # istio-selector-namespace speaks of a Gateway of another namespace.
    if not near or any(x.name == name for x in gateways):
        return
    if provided(context).incomplete(one) or more_gateways(context, one.namespace):
        return
    meant = did_you_mean(name, sorted(near)) or f"; it has {', '.join(sorted(near))}"
    yield violation(
        f"namespace {one.namespace or 'default'} has no Gateway {name}{meant}",
        Place(one, (*path, GATEWAY_LABEL)),
    )


def _by_labels(
    context: Context, one: Resource, path: Path, wanted: Mapping[str, str]
) -> Violations:
    """The gateway of a chart, where the input has no Pod with the labels."""
    found = istio_gateways(context.bundle) or ()
    mine = [x for x in found if x.namespace == one.namespace]
    if not mine or any(wanted.items() <= x.labels.items() for x in found):
        return
    if any(True for _ in chain(context).everywhere({"matchLabels": wanted})):
        return
    if more_gateways(context, one.namespace):
        return
    first = mine[0]
    has = {key: value for key, value in first.labels.items() if key in wanted} or first.labels
    yield violation(
        f"no gateway of namespace {one.namespace} has {_shown(wanted)}; {first.shown} installs "
        f"{_shown(has)}",
        Place(one, path, key=True),
        first.place,
    )


def _shown(labels: Mapping[str, str]) -> str:
    return str(selector({"matchLabels": dict(labels)}))


def _of_one_set(context: Context, one: Resource, other: Resource) -> bool:
    """Whether both are applied together: by deliveries that are all here, or by Kustomize."""
    files = settled(context).delivered
    return {one.file, other.file} <= files or in_one_set(context, one, other)


def more_gateways(context: Context, space: str) -> bool:
    """Whether something else may make gateways in a namespace: a chart, or a delivery."""
    unseen = unseen_namespaces(context)
    if unseen is None or space not in unseen:
        return unseen is None
    known = {id(x.parts[0].by) for x in installs(context.bundle) if x.chart.chart in _CHARTS}
    makers = (x for x in context.bundle.objects if x.kind in table()["opaque"])
    return any(id(x) not in known and _target(x) == space for x in makers)


def _target(one: Resource) -> str:
    """The namespace to which a delivery brings its objects."""
    return next((found for path in _TARGETS if (found := text(one.get(*path)))), "")
