"""An autoscaler that reads metrics of servers which no monitor of the input selects."""

from __future__ import annotations

from stackgen.catalog.scaling import scaling
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.monitors import Target, targets
from stackgen.escape import visible
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.queries import queries
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Bundle

_OPERATOR, _GOOGLE = "monitoring.coreos.com", "prometheus.googleapis.com|"
# What may read metrics of any Pod.
_OTHERS = (
    "ScrapeConfig",
    "OpenTelemetryCollector",
    "VMPodScrape",
    "VMServiceScrape",
    "VMNodeScrape",
)


def check(context: Context) -> Violations:
    """One finding for each autoscaler, beside monitors that select other servers."""
    engines = scaling()["engines"].values()
    begins = tuple(begin for row in engines for begin in row["metrics"])
    every: list[Target] | None = None
    for scaler in autoscalers(context.bundle):
        kind, space, name = scaler.target
        own = [
            one
            for one in chain(context).pods.get(space, ())
            if (one.owner.kind, one.owner.name) == (kind, name)
        ]
        for query in queries([scaler.resource]) if own and space else ():
            metric = next((one for one in query.names if one.startswith(begins)), "")
            given = query.resource.get(*query.path)
            if not metric or (isinstance(given, str) and given.startswith(_GOOGLE)):
                continue  # another rule knows what Google's adapter serves
            if every is None:
                every = [] if _open(context.bundle) else list(targets(context))
            beside = [one for one in every if any(p.owner.namespace == space for p in one.pods)]
            selected = {id(pods) for one in every for pods in one.pods}
            if beside and not any(id(one) in selected or _scraped(one) for one in own):
                yield violation(
                    f"no monitor of the input selects the Pods of {kind} {name}, and the query "
                    f"reads {visible(metric)}; {beside[0].resource.kind} "
                    f"{beside[0].resource.name} selects other servers of the namespace",
                    Place(query.resource, query.path),
                    Place(beside[0].resource, ("spec", "selector")),
                )
                break


def _open(bundle: Bundle) -> bool:
    """Whether something may read metrics of Pods that no monitor of the input selects."""
    some = any(True for kind in _OTHERS for _ in bundle.of_kind(kind))
    expressions = (
        one.get("spec", "selector", "matchExpressions")
        for one in bundle.of_kind("ServiceMonitor", _OPERATOR)
    )
    return some or any(expressions)


def _scraped(pods: Pods) -> bool:
    return any("prometheus.io/scrape" in str(key) for key in pods.annotations)
