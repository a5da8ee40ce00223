"""A route to an InferencePool in an API group that the Istio of the input does not read."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, chain, is_pool
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.regex import regex

CHART, IMAGE = "istiod", "pilot"
_VERSION = regex(r"v?(\d+)\.(\d+)(?![\d*])")


@record
class _Installed:
    """A version of Istio. operator: an operator installs it, perhaps a build of a distribution."""

    version: str
    place: Place
    operator: bool = False

    @property
    def minor(self) -> tuple[int, int] | None:
        """None for a range or another text that does not begin with a version."""
        found = _VERSION.match(self.version)
        return (int(found[1]), int(found[2])) if found else None


def check(context: Context) -> Violations:
    """Judged where the input says each version of Istio, and none of them reads the group.

    KServe creates a pool of each group, and moves its route to the one that the gateway accepts.
    """
    routes = [one for one in controlled_routes(context) if one[2].pool_groups]
    installed = list(_installed(context)) if routes else []
    if not installed or any(one.minor is None for one in installed):
        return
    links = chain(context)
    reads: dict[str, frozenset[str]] = {}
    for route, _, row in routes:
        if row.name not in reads:
            known = (row.reads(one.minor).groups for one in installed if one.minor is not None)
            reads[row.name] = frozenset(group for groups in known for group in groups)
        for path, backend in links.backends(route):
            group = text(backend.get("group"))
            if not is_pool(backend) or group not in POOL_GROUPS:
                continue
            accepted = {group}
            if route.service is not None:
                name = text(backend.get("name"))
                accepted |= {p.group for p in links.named("InferencePool", route.namespace, name)}
            one = installed[0]
            if accepted & reads[row.name] or one.minor is None:
                continue
            found = row.reads(one.minor)
            takes = f"InferencePools of {found.groups[0]}" if found.groups else "no InferencePools"
            unsure = one.operator and found.builds_differ
            yield violation(
                f"Istio {one.version} reads {takes}, but the route refers to {group}",
                route.place(*path, "group"), one.place,
                severity=Severity.WARNING if unsure else None,
                confidence="medium" if unsure else None,
            )  # fmt: skip
            if route.service is not None:
                break  # the rules of its route have one cause


def _installed(context: Context) -> Iterator[_Installed]:
    """By the operator's object, by the chart of Flux or Argo CD, and by the image of istiod."""
    for resource in context.bundle.objects:
        if (resource.group, resource.kind) == ("sailoperator.io", "Istio"):
            yield _at(resource, ("spec", "version"), operator=True)
        elif resource.kind == "HelmRelease":
            chart: Path = ("spec", "chart", "spec")
            if resource.get(*chart, "chart") == CHART:
                yield _at(resource, (*chart, "version"))
        elif (resource.group, resource.kind) == ("argoproj.io", "Application"):
            several = (("spec", "sources", i) for i, _ in maps(resource.get("spec", "sources")))
            for source in (("spec", "source"), *several):
                if resource.get(*source, "chart") == CHART:
                    yield _at(resource, (*source, "targetRevision"))
    for pod in merged_pod_specs(context):
        for path, image in pod.images():
            name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
            if name == IMAGE:
                yield _Installed(tag, pod.place(*path))


def _at(resource: Resource, path: Path, operator: bool = False) -> _Installed:
    return _Installed(text(resource.get(*path)), Place(resource, path), operator)
