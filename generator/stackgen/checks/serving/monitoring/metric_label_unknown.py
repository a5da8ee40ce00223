"""A query for the metrics of an InferencePool or model that the input does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, Pods, chain
from stackgen.checks.serving.monitors import targets
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.queries import all_queries
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of, selector
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# Metrics of endpoint pickers, and the labels in which they name the pool.
_POOL_METRICS = ("inference_pool_", "inference_extension_", "llm_d_epp_")
# The label of kube-state-metrics that names an object, by the kind.
_STATES = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
_VLLM = "vllm:"
# The label, and as the adapter of Cloud Monitoring has it.
_SELECTED = ("model_name", "metric.labels.model_name")
_POD_LABEL = "__meta_kubernetes_pod_label_"
_OTHER = regex(r"[^a-zA-Z0-9_]")
_POOL_LABELS = ("name", "inference_pool", "pool_name")
_MATCHERS = regex(r"(?<![a-zA-Z_:])([a-zA-Z_:][\w:]*+)\s*+\{([^{}]*)\}")
_EQUAL = regex(r'(\w+)\s*=\s*"([^"\\]*)"')
_MONITORS = (
    ("ServiceMonitor", "monitoring.coreos.com"),
    ("PodMonitor", "monitoring.coreos.com"),
    ("PodMonitoring", "monitoring.googleapis.com"),
)


def check(context: Context) -> Violations:
    """One finding for each query and name, where the input has pools in the same namespace."""
    yield from _jobs(context)
    yield from _relabeled(context)
    yield from _models(context)
    yield from _workloads(context)
    pools: dict[str, set[str]] = {}
    for pool in chain(context).of("InferencePool", *POOL_GROUPS):
        pools.setdefault(pool.namespace, set()).add(pool.name)
    for query in all_queries(context.bundle) if pools else ():
        known = pools.get(query.resource.namespace, set())
        content = text(query.resource.get(*query.path))
        for metric, matchers in _MATCHERS.findall(content) if known else ():
            labels = dict(_EQUAL.findall(matchers)) if metric.startswith(_POOL_METRICS) else {}
            if labels.get("namespace", query.resource.namespace) != query.resource.namespace:
                continue
            for name in _POOL_LABELS:
                value = labels.get(name)
                if value and plain(value) and value not in known:
                    yield violation(
                        f"no InferencePool in the manifests has the name {visible(value)}"
                        f"{did_you_mean(value, sorted(known))} (label {name} of {metric})",
                        Place(query.resource, query.path),
                    )


def _relabeled(context: Context) -> Violations:
    """Queries for a label that a monitor takes from a label of Pods, which none of them has."""
    empty: dict[str, str] = {}
    given: set[str] = set()
    for target in targets(context):
        for word in ("relabelings", "metricRelabelings"):
            for _, rule in maps(target.endpoint.get(word)):
                label = text(rule.get("targetLabel"))
                sources = as_list(rule.get("sourceLabels"))
                source = text(sources[0]) if len(sources) == 1 else ""
                wanted = source.removeprefix(_POD_LABEL) if source.startswith(_POD_LABEL) else ""
                known = {_OTHER.sub("_", key) for pods in target.pods for key in pods.labels}
                fixed = rule.get("replacement", "$1") in ("$1", "${1}")
                if label and wanted and fixed and "regex" not in rule and wanted not in known:
                    empty[label] = wanted
                elif label:
                    given.add(label)
    for query in all_queries(context.bundle) if empty.keys() - given else ():
        for metric, matchers in _MATCHERS.findall(text(query.resource.get(*query.path))):
            labels = dict(_EQUAL.findall(matchers)) if metric.startswith(_VLLM) else {}
            for label in [x for x in labels if labels[x] and x in empty and x not in given]:
                yield violation(
                    f"the monitors give {metric} the label {label} from the label "
                    f"{empty[label]} of the Pods, which have none",
                    Place(query.resource, query.path),
                )


def _models(context: Context) -> Violations:
    """Queries for the model of vLLM by another name than its servers answer to.

    They are the Pods that an autoscaler scales; for other queries, those of the whole input, if
    one of them has a name like it.
    """
    asked = [
        (query.resource, query.path, found)
        for query in all_queries(context.bundle)
        if any(name.startswith(_VLLM) for name in query.names)
        if (found := list(_of_models(text(query.resource.get(*query.path)))))
    ]
    asked += _selected(context)
    if not asked:
        return
    served = ServedNames(context)
    every = [p for here in chain(context).pods.values() for p in here if served.runs(p)]
    by_owner: dict[tuple[str, str, str], list[Pods]] = {}
    for pods in every:
        owner = (pods.owner.namespace, pods.owner.kind, pods.owner.name)
        by_owner.setdefault(owner, []).append(pods)
    of_all = served.of(every)
    for one, path, found in asked:
        ref = as_dict(one.get("spec", "scaleTargetRef"))
        target = (text(ref.get("kind")) or "Deployment", text(ref.get("name")))
        own = by_owner.get((one.namespace, *target))
        names = served.of(own) if own else of_all
        for metric, value in found if names else ():
            if value in names:
                continue
            near = did_you_mean(value, sorted(names))
            if own or near:
                there = near or f"; they answer to {', '.join(map(visible, sorted(names)))}"
                who = f"{target[0]} {target[1]}" if own else "the manifests"
                yield violation(
                    f"no server of {who} has the name {visible(value)}{there} "
                    f"(label model_name of {metric})",
                    Place(one, path),
                )


def _workloads(context: Context) -> Violations:
    """Queries for a workload that the namespace does not have, and has as another kind.

    They are metrics of kube-state-metrics.
    """
    kinds = {label: kind for label, kind in _STATES.items() if context.bundle.of_kind(kind)}
    for query in all_queries(context.bundle) if kinds else ():
        for metric, matchers in _MATCHERS.findall(text(query.resource.get(*query.path))):
            label = metric.partition("_")[2].partition("_")[0]
            equal = dict(_EQUAL.findall(matchers)) if metric.startswith("kube_") else {}
            name, space = equal.get(label, ""), equal.get("namespace", "")
            if label not in _STATES or not name or not space or not plain(name):
                continue
            named = {
                kind for kind in _STATES.values() if list(context.bundle.named(kind, space, name))
            }
            if named and _STATES[label] not in named:
                yield violation(
                    f"namespace {visible(space)} has no {_STATES[label]} {visible(name)}, which "
                    f"{metric} is about; it has {', '.join(sorted(named))} {visible(name)}",
                    Place(query.resource, query.path),
                )


def _selected(context: Context) -> Iterator[tuple[Resource, Path, list[tuple[str, str]]]]:
    """The models that HorizontalPodAutoscalers select, where they are, with the metric."""
    for one in context.bundle.of_kind("HorizontalPodAutoscaler", "autoscaling"):
        for i, metric in maps(one.get("spec", "metrics")):
            for kind in ("external", "object", "pods"):
                name = text(at(metric, kind, "metric", "name")).rpartition("|vllm:")
                path: Path = (kind, "metric", "selector", "matchLabels")
                for label in _SELECTED if name[1] or name[2].startswith(_VLLM) else ():
                    value = text(as_dict(at(metric, *path)).get(label))
                    if value and plain(value):
                        whole = name[2] if not name[1] else _VLLM + name[2].partition("|")[0]
                        yield one, ("spec", "metrics", i, *path, label), [(whole, value)]


def _of_models(query: str) -> Iterator[tuple[str, str]]:
    """The metrics of vLLM in a query that name a model, and the name."""
    for metric, matchers in _MATCHERS.findall(query):
        value = dict(_EQUAL.findall(matchers)).get("model_name", "")
        if metric.startswith(_VLLM) and value and plain(value):
            yield metric, value


def _services(context: Context, monitor: Resource) -> set[str]:
    """The names of the Services that a monitor selects; `*` where these are not the jobs."""
    chosen = monitor.get("spec", "selector")
    if monitor.get("spec", "jobLabel") or monitor.get("spec", "namespaceSelector"):
        return {"*"}
    return {
        one.name
        for one in context.bundle.of_kind("Service", "")
        if one.namespace == monitor.namespace
        and selector(as_dict(chosen)).matches(labels_of(one.metadata)) is True
    } or {"*"}


def _jobs(context: Context) -> Violations:
    """Queries for a job with the name of a monitor beside them that gives another job."""
    jobs: dict[str, set[str]] = {}
    names: dict[str, dict[str, str]] = {}
    for kind, group in _MONITORS:
        for one in context.bundle.of_kind(kind, group):
            here = jobs.setdefault(one.namespace, set())
            if one.get("spec", "jobLabel") or kind == "ServiceMonitor":
                here |= _services(context, one)
                continue
            job = one.name if kind == "PodMonitoring" else f"{one.namespace}/{one.name}"
            here.add(job)
            names.setdefault(one.namespace, {})[one.name] = job
    for query in all_queries(context.bundle) if names else ():
        space = query.resource.namespace
        for _, matchers in _MATCHERS.findall(text(query.resource.get(*query.path))):
            job = dict(_EQUAL.findall(matchers)).get("job", "")
            near = [
                j for n, j in names.get(space, {}).items() if job == n or job.startswith(n + "-")
            ]
            if job and near and job not in jobs[space] and "*" not in jobs[space]:
                yield violation(
                    f"no monitor in namespace {space or 'default'} gives the job {visible(job)}; "
                    f"there is {', '.join(sorted(near))}",
                    Place(query.resource, query.path),
                )
