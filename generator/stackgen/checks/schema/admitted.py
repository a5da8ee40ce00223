"""The objects of the input, and their Pods, as an admission policy sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.access.role_resource_unknown import plural
from stackgen.facts.containers import containers
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.schema.store import namespaced

# What the API server sets before policies see an object. Source: Kubernetes API reference 1.36.
_POD: dict[str, Any] = {
    "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30, "securityContext": {}, "enableServiceLinks": True,
}  # fmt: skip
_CONTAINER: dict[str, Any] = {
    "resources": {}, "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}  # fmt: skip
# Workloads whose controllers change nothing of what policies see of a Pod.
_PLAIN = ("apps", "batch", "leaderworkerset.x-k8s.io", "jobset.x-k8s.io")
_WORKLOADS: dict[str, dict[str, Any]] = {
    "Deployment": {
        "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate"},
    },
    "StatefulSet": {"replicas": 1, "podManagementPolicy": "OrderedReady"},
    "Job": {"parallelism": 1, "completions": 1, "backoffLimit": 6},
    "Service": {"type": "ClusterIP", "sessionAffinity": "None"},
}  # fmt: skip

_MAKERS = {
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
    "CronJob",
}  # fmt: skip


@record
class Admitted:
    """An object with defaults, or a Pod of it. path: of the finding. whole: the object itself."""

    resource: Resource
    data: dict[str, Any]
    path: Path
    kind: str
    group: str
    whole: bool

    @property
    def name(self) -> str:
        return self.resource.name if self.whole else ""

    @property
    def namespace(self) -> str:
        known = self.whole and not namespaced(self.group, self.kind)
        return "" if known else self.resource.namespace or "default"

    @property
    def labels(self) -> Mapping[str, Any]:
        return as_dict(as_dict(self.data.get("metadata")).get("labels"))

    @property
    def resources(self) -> str:
        """The name of the kind in rules."""
        return plural(self.kind.lower())

    @property
    def shown(self) -> str:
        own = f"{self.resource.kind} {self.resource.name}"
        return own if self.whole else f"the Pods of {own}"

    @property
    def request(self) -> dict[str, Any]:
        return {"operation": "CREATE", "namespace": self.namespace, "name": self.name}


def admitted(context: Context) -> Iterator[Admitted]:
    """Each object, and the Pods of each workload; without those that a policy may change."""
    for resource in context.bundle.objects:
        yield from forms(context, resource, resource)


def forms(context: Context, resource: Resource, made: Resource) -> Iterator[Admitted]:
    """An object and its Pods, without those that a policy of the input may change.

    made: what kustomizations make of the object.
    """
    changed, filled = context.once(_changed), context.once(_filled)
    if changed is None or resource.kind in changed:
        return
    data = deepcopy(made.data)
    spec = data.get("spec")
    if isinstance(spec, dict):
        data["spec"] = {**_WORKLOADS.get(resource.kind, {}), **spec}
    for template in pod_templates(made):
        here: Any = data
        for step in template.spec_path if template.spec else ():
            here = here[step]
        _with_defaults(here)
    if resource.kind != "Pod" or resource.namespace not in filled:
        yield Admitted(
            resource, data, ("metadata", "name"), resource.kind, resource.group, whole=True
        )
    plain = resource.group in _PLAIN and resource.namespace not in filled
    for template in pod_templates(made) if plain and "Pod" not in changed else ():
        if template.spec:
            pod = deepcopy(dict(template.data))
            pod = {"apiVersion": "v1", "kind": "Pod", **pod}
            meta = {**as_dict(pod.get("metadata")), "namespace": resource.namespace}
            pod["metadata"] = meta
            _with_defaults(pod["spec"])
            yield Admitted(resource, pod, template.spec_path, "Pod", "", whole=False)


def _filled(context: Context) -> frozenset[str]:
    """The namespaces in which a LimitRange adds to Pods."""
    return frozenset(x.namespace for x in context.bundle.of_kind("LimitRange", ""))


def _changed(context: Context) -> frozenset[str] | None:
    """The kinds that something of the input changes before policies see them; None for any."""
    if any(context.bundle.of_kind("MutatingAdmissionPolicy")):
        return None
    rules = [
        as_dict(rule.get("match"))
        for kind in ("ClusterPolicy", "Policy")
        for policy in context.bundle.of_kind(kind, "kyverno.io")
        for _, rule in maps(policy.get("spec", "rules"))
        if "mutate" in rule
    ]
    found: set[str] = set()
    for match in rules:
        entries = [x for word in ("any", "all") for _, x in maps(match.get(word))] or [match]
        for entry in entries:
            kinds = as_list(as_dict(entry.get("resources")).get("kinds"))
            names = {text(one).rpartition("/")[2] for one in kinds}
            if not names or not all(one.isalnum() for one in names):
                return None
            found |= names
    # Kyverno writes a rule on Pods for the kinds that make them, too.
    return frozenset(found | _MAKERS if "Pod" in found else found)


def _with_defaults(spec: dict[str, Any]) -> None:
    for name, value in _POD.items():
        spec.setdefault(name, deepcopy(value))
    for _, container in containers(spec):
        for name, value in _CONTAINER.items():
            container.setdefault(name, deepcopy(value))
        for amounts in as_dict(container["resources"]).values():
            if isinstance(amounts, dict):  # amounts are texts to the server
                amounts.update({k: str(v) for k, v in amounts.items()})
        image = text(container.get("image"))
        latest = ":" not in image.rpartition("/")[2] or image.endswith(":latest")
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
