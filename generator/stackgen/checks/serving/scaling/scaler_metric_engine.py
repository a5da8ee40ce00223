"""An autoscaler that reads metrics of a model server other than the one it scales."""

from __future__ import annotations

from stackgen.catalog.scaling import scaling
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.engine_runs import pod_runs
from stackgen.escape import visible
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.queries import queries
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each query, where all servers of the target are known."""
    known = scaling()["engines"]
    for scaler in autoscalers(context.bundle):
        kind, space, name = scaler.target
        own: set[str] | None = None
        for query in queries([scaler.resource]):
            for metric in query.names:
                engine = next(
                    (e for e, row in known.items() if metric.startswith(tuple(row["metrics"]))), ""
                )
                if engine and own is None:
                    own = _engines(context, kind, space, name)
                if engine and own and engine not in own and plain(metric):
                    yield violation(
                        f"{visible(metric)} is a metric of {engine}, and {kind} {name} runs "
                        f"{' and '.join(sorted(own))}",
                        Place(query.resource, query.path),
                    )
                    break


def _engines(context: Context, kind: str, space: str, name: str) -> set[str]:
    """The model servers in the Pods of a workload; empty where it is not known."""
    found: set[str] = set()
    for pods in chain(context).pods.get(space, ()):
        if (pods.owner.kind, pods.owner.name) == (kind, name):
            found |= _by_image(pods)
    for pod, _, run in pod_runs(context):
        if (pod.resource.kind, pod.resource.namespace, pod.resource.name) == (kind, space, name):
            found.add(run.running.engine.name.partition("-")[0])
    return found


def _by_image(pods: Pods) -> set[str]:
    images = [text(one.get("image")) for _, one in maps(pods.spec.get("containers"))]
    return {
        engine
        for engine, row in scaling()["engines"].items()
        if any(part in image for part in row["images"] for image in images)
    }
