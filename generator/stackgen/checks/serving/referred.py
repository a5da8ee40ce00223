"""What objects of the input refer to, whether it is there or not."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import applied_to
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.object_references import of_object, of_pod_spec, references


def referred(context: Context) -> frozenset[tuple[str, str, str]]:
    """Kinds, namespaces and names."""
    found: set[tuple[str, str, str]] = set()
    for resource in context.bundle.objects:
        found.update((x.kind, applied_to(x.namespace), x.name) for x in of_object(resource))
    for pod in pod_specs(context):
        for ref in of_pod_spec(pod.spec, pod.namespace):
            found.add((ref.kind, applied_to(ref.namespace), ref.name))
        for to in references(pod.spec):
            found.add((to.kind, applied_to(pod.namespace), to.name))
    return frozenset(found)
