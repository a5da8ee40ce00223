"""The host name of a Pod of the same workload, which no Pod has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.digits import to_int
from stackgen.facts.containers import texts
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# A name that ends with numbers, and the Service, or the subdomain, that gives it.
_HOST = regex(r"(?<![\w.)}$/-])([a-z][a-z0-9-]*?)((?:-\d+)+)\.([a-z][a-z0-9-]*)(?=[.:/,\s\"']|\Z)")


def check(context: Context) -> Violations:
    """One finding for each name in the commands and variables of the workload's own Pods."""
    kinds: tuple[tuple[str, str, Callable[[Context, Resource], _Names]], ...] = (
        ("JobSet", "jobset.x-k8s.io", _of_job_set),
        ("StatefulSet", "apps", _of_stateful_set),
        ("Job", "batch", _of_job),
    )
    for kind, group, names in kinds:
        for resource in context.bundle.of_kind(kind, group):
            if resource.name and not is_completed(context, resource):
                yield from _violations(context, resource, names(context, resource))


class _Names:
    """The names of the Pods of a workload. subdomain: "" where the Pods have no names.

    bases: what is before the numbers, with the limits of each number; None for one that may grow.
    """

    def __init__(self, subdomain: str, bases: dict[str, tuple[int | None, ...]]) -> None:
        self.subdomain = subdomain
        self.bases = bases


def _of_job_set(_: Context, resource: Resource) -> _Names:
    network = ("spec", "network")
    subdomain = text(resource.get(*network, "subdomain")) or resource.name
    if resource.get(*network, "enableDNSHostnames") is False:
        subdomain = ""
    bases: dict[str, tuple[int | None, ...]] = {}
    for i, job in maps(resource.get("spec", "replicatedJobs")):
        path = ("spec", "replicatedJobs", i, "template", "spec")
        pods = _number(resource, (*path, "completions")) or _number(
            resource, (*path, "parallelism")
        )
        replicas = _number(resource, ("spec", "replicatedJobs", i, "replicas"))
        bases[f"{resource.name}-{text(job.get('name'))}"] = (replicas or 1, pods or 1)
    return _Names(subdomain, bases)


def _of_stateful_set(_: Context, resource: Resource) -> _Names:
    start = resource.get("spec", "ordinals", "start")
    limit = None if start else _number(resource, ("spec", "replicas"))
    return _Names(text(resource.get("spec", "serviceName")), {resource.name: (limit,)})


def _of_job(_: Context, resource: Resource) -> _Names:
    subdomain = text(resource.get("spec", "template", "spec", "subdomain"))
    indexed = resource.get("spec", "completionMode") == "Indexed"
    limit = _number(resource, ("spec", "completions"))
    return _Names(subdomain if indexed else "", {resource.name: (limit,)})


def _number(resource: Resource, path: Path) -> int | None:
    value = resource.get(*path)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _violations(context: Context, resource: Resource, names: _Names) -> Violations:
    named = context.once(_named)
    for path, written in _texts(resource):
        for base, numbers, subdomain in dict.fromkeys(_HOST.findall(written)):
            wrong = _wrong(resource, names, named, base, numbers, subdomain)
            if wrong:
                yield violation(
                    f"no Pod has the name {base}{numbers}.{subdomain}: {wrong}",
                    Place(resource, path),
                )
                break


def _named(context: Context) -> Counter[str]:
    """How many objects have each name."""
    return Counter(one.name for one in context.bundle.objects)


def _wrong(
    resource: Resource,
    names: _Names,
    named: Counter[str],
    base: str,
    numbers: str,
    subdomain: str,
) -> str:
    """What is wrong with a name; "" if it is right, or that of something else."""
    limits = names.bases.get(base)
    if limits is None:
        # Of a JobSet, the part in the middle tells that its own Pods are meant.
        own = base.startswith(f"{resource.name}-") and numbers.count("-") == 2
        known = subdomain in (names.subdomain, resource.name)
        others = (named[name] - (name == resource.name) for name in (base, subdomain))
        if resource.kind != "JobSet" or not (own or known) or any(others):
            return ""
        return f"those of {resource.name} begin with {', '.join(names.bases)}" + did_you_mean(
            base, names.bases
        )
    if numbers.count("-") != len(limits):
        return ""
    if not names.subdomain:
        return f"the Pods of {resource.kind} {resource.name} have no host names"
    if subdomain != names.subdomain:
        return f"the subdomain of the Pods is {names.subdomain}"
    for given, limit in zip(numbers.split("-")[1:], limits, strict=True):
        number = to_int(given)
        if limit is not None and number is not None and number >= limit:
            return f"the numbers are less than {limit}"
    return ""


def _texts(resource: Resource) -> Iterator[tuple[Path, str]]:
    for template in pod_templates(resource):
        for path, said in texts(template.spec):
            yield (*template.spec_path, *path), said
