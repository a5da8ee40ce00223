"""An autoscaler that names a container which its Pods do not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.gitops.patches import UNKNOWN, patches
from stackgen.escape import visible
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import did_you_mean

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
# What webhooks add to Pods.
_INJECTED = (
    "istio-proxy",
    "istio-init",
    "gke-gcsfuse-sidecar",
    "linkerd-proxy",
    "daprd",
    "queue-proxy",
)


def check(context: Context) -> Violations:
    """One finding for each name, where the input has the workload as a whole."""
    for scaler, target, path, name in _named(context):
        kind, called = text(target.get("kind")), text(target.get("name"))
        if kind not in _KINDS or not plain(name) or name in ("*", *_INJECTED) or not name:
            continue
        found = list(context.bundle.named(kind, scaler.namespace, called, group="apps"))
        if len(found) != 1 or _adds(context, found[0]):
            continue
        names = [
            text(one.get("name"))
            for template in pod_templates(found[0])
            for field in ("containers", "initContainers")
            for _, one in maps(template.spec.get(field))
        ]
        if names and all(map(plain, names)) and name not in names:
            hint = did_you_mean(name, names) or f"; it has {', '.join(names)}"
            yield violation(
                f"{kind} {called} has no container {visible(name)}{hint}",
                Place(scaler, path),
                Place(found[0], ("spec", "template", "spec", "containers"), key=True),
            )


def _adds(context: Context, one: Resource) -> bool:
    """Whether a kustomization may add containers to the workload."""
    indexes = [i for i in context.bundle.resources if i.index and in_one_set(context, one, i)]
    return any(
        index.get("components")
        or index.get("transformers")
        or any(
            patch.data is UNKNOWN or "containers" in str(patch.data)
            for patch in patches(index, context.bundle.patches)
        )
        for index in indexes
    )


def _named(context: Context) -> Iterator[tuple[Resource, dict[str, object], Path, str]]:
    for one in context.bundle.of_kind("VerticalPodAutoscaler", "autoscaling.k8s.io"):
        target = as_dict(one.get("spec", "targetRef"))
        base: Path = ("spec", "resourcePolicy", "containerPolicies")
        for i, policy in maps(one.get(*base)):
            yield one, target, (*base, i, "containerName"), text(policy.get("containerName"))
    for one in context.bundle.of_kind("HorizontalPodAutoscaler", "autoscaling"):
        target = as_dict(one.get("spec", "scaleTargetRef"))
        for i, metric in maps(one.get("spec", "metrics")):
            source = as_dict(metric.get("containerResource"))
            where: Path = ("spec", "metrics", i, "containerResource", "container")
            yield one, target, where, text(source.get("container"))
