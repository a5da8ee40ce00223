"""A query that selects a namespace, a workload or a label that its metrics do not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.queries import Query, all_queries
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_VLLM = "vllm:"
# Metrics of kube-state-metrics, with the label of the object and its kind.
_STATES = {
    "kube_deployment_": ("deployment", "Deployment"),
    "kube_statefulset_": ("statefulset", "StatefulSet"),
}
_MATCHERS = regex(r"(?<![a-zA-Z_:])([a-zA-Z_:][\w:]*+)\s*+\{([^{}]*)\}")
_EQUAL = regex(r'(\w+)\s*=\s*"([^"\\$]*)"')
_LABEL = regex(r"(?:\A|,)\s*(\w+)\s*(?:=~?|!=|!~)")
# What people write for the label model_name of vLLM.
_MODEL, _MEANT = "model_name", frozenset({"model", "model_id", "served_model_name", "modelname"})
_NAMESPACED = ("Rules", "monitoring.googleapis.com")
_SCRAPERS = (
    "ServiceMonitor",
    "PodMonitor",
    "PodMonitoring",
    "ClusterPodMonitoring",
    "ScrapeConfig",
)


def check(context: Context) -> Violations:
    """One finding for each query and value."""
    asked = [(query, list(_selectors(query))) for query in all_queries(context.bundle)]
    known = provided(context)
    for query, found in asked:
        told: set[str] = set()
        for metric, labels in found:
            for begin, (label, kind) in _STATES.items():
                space, name = labels.get("namespace", ""), labels.get(label, "")
                names = known.names(kind, space) if space and name else set()
                if metric.startswith(begin) and names and name not in names | told:
                    told.add(name)
                    if known.has(kind, space, name) or known.hides(space) or _made(name, names):
                        continue
                    hint = did_you_mean(name, sorted(names))
                    yield violation(
                        f"the input has no {kind} {visible(name)} in namespace {visible(space)}"
                        f"{hint or '; it has ' + ', '.join(sorted(names)[:5])}",
                        Place(query.resource, query.path),
                    )
    yield from _of_vllm(context, asked)


def _made(name: str, names: set[str]) -> bool:
    """Whether the name may be of what a controller makes of another object."""
    return any(name.startswith(f"{other}-") for other in names)


def _of_vllm(
    context: Context, asked: list[tuple[Query, list[tuple[str, dict[str, str]]]]]
) -> Violations:
    ours = [
        (query, labels)
        for query, found in asked
        for metric, labels in found
        if metric.startswith(_VLLM)
    ]
    inside = [
        query
        for query, _ in asked
        if (query.resource.kind, query.resource.group) == _NAMESPACED
        and any(name.startswith(_VLLM) for name in query.names)
    ]
    if not ours and not inside:
        return
    served = ServedNames(context)
    spaces = {
        space for space, here in chain(context).pods.items() for pods in here if served.runs(pods)
    }
    for query in {id(one.resource): one for one in reversed(inside)}.values():
        own = query.resource.namespace
        if own and spaces and all(map(plain, (own, *spaces))) and not {"", own} & spaces:
            yield violation(
                f"Rules of namespace {own} read metrics of this namespace only, and the model "
                f"servers are in {', '.join(sorted(spaces))}",
                Place(query.resource, query.path),
            )
    seen = {one.namespace for one in context.bundle.objects}
    seen |= {one.name for one in context.bundle.of_kind("Namespace", "")}
    scraped = [one for one in context.bundle.objects if one.kind in _SCRAPERS]
    configured = str([one.get("spec") for one in scraped])
    for query, labels in ours:
        space = labels.get("namespace", "")
        if space and spaces and all(map(plain, spaces)) and "" not in spaces and space not in seen:
            yield violation(
                f"no model server of the input is in namespace {visible(space)}; they are in "
                f"{', '.join(sorted(spaces))}",
                Place(query.resource, query.path),
            )
        for label in sorted(labels.keys() & _MEANT) if scraped else ():
            if f"'{label}'" not in configured and "labelmap" not in configured:
                yield violation(
                    f'vLLM has no label {label}; did you mean "{_MODEL}"?',
                    Place(query.resource, query.path),
                )


def _selectors(query: Query) -> Iterator[tuple[str, dict[str, str]]]:
    """Each metric with the labels that it is selected by; "" for what is no fixed value."""
    content = text(query.resource.get(*query.path))
    for metric, matchers in _MATCHERS.findall(content.replace('\\"', '"')):
        labels = dict.fromkeys(_LABEL.findall(matchers), "")
        yield metric, {**labels, **dict(_EQUAL.findall(matchers))}
