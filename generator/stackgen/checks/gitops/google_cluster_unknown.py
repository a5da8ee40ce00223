"""A store or script that names another cluster, or another place of it, than the input makes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.volume_zone import DISK
from stackgen.escape import visible
from stackgen.facts.clusters import Cluster, clusters
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.embedded import is_workflow
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.regex import regex

_GROUP = "external-secrets.io"
_IDENTITY = ("spec", "provider", "gcpsm", "auth", "workloadIdentity")
# Words that name another cluster of its own, and no other spelling.
_APART = regex(
    r"(?:prod|production|prd|dev|develop|development|test|tst|stage|staging|stg|qa|uat|live|demo|sandbox"
    r"|preview|local|mgmt|management|hub|ops|tools|infra|dr|canary|blue|green|[a-z]*\d+[a-z]*|us|eu"
    r"|europe|asia|east|west|central|north|south|[a-z]|\d+)\Z"
)
_ACCOUNT = regex(r"serviceAccount:([a-z0-9:.-]+)\.svc\.id\.goog\[([^/\]]+)/([^\]]+)\]\Z")
_POOL = ".svc.id.goog"


@record
class Named:
    """A cluster as something names it, each part with its place; empty where it says none."""

    user: str
    name: tuple[str, Place]
    location: tuple[str, Place]
    project: tuple[str, Place]


def check(context: Context) -> Violations:
    """One finding for each user of a cluster, if the name of every cluster is known."""
    made = list(clusters(context.bundle))
    if not made or not all(plain(one.name) for one in made):
        return
    for named in (*_stores(context), *_credentials(context)):
        yield from _compared(named, made)
    yield from _pools(context, made)
    yield from _disks(context, made)


def _compared(named: Named, made: list[Cluster]) -> Violations:
    name, at_name = named.name
    if not name or not plain(name):
        return
    same = [one for one in made if one.name == name]
    if not same:
        file = at_name.resource.file if at_name.resource is not None else ""
        beside = [one for one in made if one.resource.file == file]
        other = len(made) > 1 or _is_another(name, made[0].name)
        if not other or (len(beside) == len(made) == 1):
            yield violation(
                f"{named.user} names cluster {visible(name)}; the input makes {made[0].name}",
                at_name,
                Place(made[0].resource, (), note="the cluster"),
            )
        return
    for word, (value, place) in (("location", named.location), ("project", named.project)):
        known = {str(getattr(one, word)) for one in same}
        if value and plain(value) and "" not in known and value not in known:
            yield violation(
                f"{named.user} looks for cluster {name} in {word} {visible(value)}; it is in "
                f"{', '.join(sorted(known))}",
                place,
                Place(same[0].resource, ("spec", word), note="the cluster"),
            )
            return


def _is_another(name: str, other: str) -> bool:
    """Whether two names may be those of two clusters: they differ in the word of an environment."""
    if all(map(_APART.match, other.split("-"))):
        return True
    words = set(name.split("-")) ^ set(other.split("-"))
    return any(_APART.match(word) for word in words - set(other.split("-")))


def _stores(context: Context) -> Iterator[Named]:
    for kind in ("ClusterSecretStore", "SecretStore"):
        for store in context.bundle.of_kind(kind, _GROUP):
            given = as_dict(store.get(*_IDENTITY))
            path = {key: (*_IDENTITY, key) for key in given}
            project = "clusterProjectID" if "clusterProjectID" in given else ""
            yield Named(
                f"{kind} {store.name}",
                (text(given.get("clusterName")), Place(store, path.get("clusterName", ()))),
                (text(given.get("clusterLocation")), Place(store, path.get("clusterLocation", ()))),
                (text(given.get(project)), Place(store, path.get(project, ()))),
            )


def _credentials(context: Context) -> Iterator[Named]:
    for one in context.bundle.outside:
        if one.kind == "Credentials":
            yield Named(
                "the job" if is_workflow(one.file) else "the script",
                (one.name, Place(one, ())),
                (text(one.get("spec", "location")), Place(one, ("spec", "location"))),
                (text(one.get("spec", "project")), Place(one, ("spec", "project"))),
            )


def _disks(context: Context, made: list[Cluster]) -> Violations:
    """Volumes whose disk is in another project than every cluster."""
    projects = {one.project for one in made}
    for volume in context.bundle.of_kind("PersistentVolume", "") if "" not in projects else ():
        path = ("spec", "csi", "volumeHandle")
        found = DISK.match(text(volume.get(*path)))
        project = found["project"] if found else ""
        if project and plain(project) and project not in {*projects, "UNSPECIFIED"}:
            yield violation(
                f"PersistentVolume {volume.name} has a disk of project {visible(project)}; the "
                f"cluster is in {', '.join(sorted(projects))}, and nodes attach disks of their own "
                "project",
                Place(volume, path),
            )


def _pools(context: Context, made: list[Cluster]) -> Violations:
    """Workload pools of another project than that of the cluster."""
    for one in made:
        own = f"{one.project}{_POOL}"
        if one.project and one.pool.endswith(_POOL) and one.pool != own:
            yield violation(
                f"the workload pool is {visible(one.pool)}; cluster {one.name} of project "
                f"{one.project} has {own}",
                Place(one.resource, ("spec", "workloadIdentityConfig", "workloadPool")),
            )
    pools = {one.pool for one in made}
    accounts = {(one.namespace, one.name) for one in context.bundle.of_kind("ServiceAccount", "")}
    for binding in (*context.bundle.objects, *context.bundle.outside):
        if not binding.group.startswith("iam.cnrm") or "" in pools:
            continue
        for path, member in _members(binding):
            found = _ACCOUNT.match(member)
            pool = f"{found[1]}{_POOL}" if found else ""
            if found and pool not in pools and (found[2], found[3]) in accounts:
                yield violation(
                    f"the member is of pool {visible(pool)}; the cluster has "
                    f"{', '.join(sorted(pools))}",
                    Place(binding, path),
                    Place(made[0].resource, (), note="the cluster"),
                )


def _members(binding: Resource) -> Iterator[tuple[Path, str]]:
    yield ("spec", "member"), text(binding.get("spec", "member"))
    for i, row in maps(binding.get("spec", "bindings")):
        for j, member in maps(row.get("members")):
            where: Path = ("spec", "bindings", i, "members", j, "member")
            yield where, text(member.get("member"))
