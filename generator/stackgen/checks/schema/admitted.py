"""The objects of the input, and their Pods, as an admission policy sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.role_resource_unknown import plural
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, text
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
    """Each object, and the Pods of each workload; nothing where a policy of the input mutates."""
    if _mutated(context):
        return
    filled = {x.namespace for x in context.bundle.of_kind("LimitRange", "")}
    for resource in context.bundle.objects:
        data = deepcopy(resource.data)
        spec = data.get("spec")
        if isinstance(spec, dict):
            data["spec"] = {**_WORKLOADS.get(resource.kind, {}), **spec}
        for template in pod_templates(resource):
            here: Any = data
            for step in template.spec_path if template.spec else ():
                here = here[step]
            _with_defaults(here)
        if resource.kind != "Pod" or resource.namespace not in filled:
            at = ("metadata", "name")
            yield Admitted(resource, data, at, resource.kind, resource.group, True)
        plain = resource.group in _PLAIN and resource.namespace not in filled
        for template in pod_templates(resource) if plain else ():
            if template.spec:
                pod = deepcopy(dict(template.data))
                pod = {"apiVersion": "v1", "kind": "Pod", **pod}
                meta = {**as_dict(pod.get("metadata")), "namespace": resource.namespace}
                pod["metadata"] = meta
                _with_defaults(pod["spec"])
                yield Admitted(resource, pod, template.spec_path, "Pod", "", False)


def _mutated(context: Context) -> bool:
    """Whether something of the input changes objects before policies see them."""
    kyverno = (
        rule
        for kind in ("ClusterPolicy", "Policy")
        for policy in context.bundle.of_kind(kind, "kyverno.io")
        for _, rule in maps(policy.get("spec", "rules"))
    )
    return any(context.bundle.of_kind("MutatingAdmissionPolicy")) or any(
        "mutate" in rule for rule in kyverno
    )


def _with_defaults(spec: dict[str, Any]) -> None:
    for name, value in _POD.items():
        spec.setdefault(name, deepcopy(value))
    for section in ("initContainers", "containers"):
        for _, container in maps(spec.get(section)):
            for name, value in _CONTAINER.items():
                container.setdefault(name, deepcopy(value))
            for amounts in as_dict(container["resources"]).values():
                if isinstance(amounts, dict):  # amounts are texts to the server
                    amounts.update({k: str(v) for k, v in amounts.items()})
            image = text(container.get("image"))
            latest = ":" not in image.rpartition("/")[2] or image.endswith(":latest")
            container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
