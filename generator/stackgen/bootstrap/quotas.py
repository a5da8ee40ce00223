"""The quotas that a stack uses, with each node pool at its maximum, and how they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.bootstrap.needs import Needs, google_cloud
from stackgen.bootstrap.script import Step, command, function
from stackgen.catalog.load import Catalog
from stackgen.escape import shell_word
from stackgen.manifest.resource import Resource
from stackgen.plan.capacity import needed, nodes
from stackgen.plan.model import Plan, PoolPlan
from stackgen.record import record

SERVICE = "compute.googleapis.com"


@record
class Family:
    """A quota by family, which Compute Engine does not list with the region.

    kind: a key of `quotas.families`. name: the family, empty if the catalog does not have it.
    of: the machine series or the accelerator.
    """

    kind: str
    name: str
    of: str
    spot: bool


@record
class Quotas:
    """Amounts by quota.

    regional, project: metrics of the region and of the project. `A|B` is A, or B where A is not
    listed or has the limit 0. families: vCPUs, GPUs or chips. unknown: what cannot be counted.
    """

    regional: Mapping[str, int]
    project: Mapping[str, int]
    families: Mapping[Family, int]
    unknown: tuple[str, ...]


def quotas(plan: Plan, cluster: Resource) -> Quotas:
    """cluster: the ContainerCluster, with the patches of the spec."""
    facts, gateway = google_cloud()["quotas"], plan.stack.spec.gateway
    catalog = plan.catalog.copy()
    kind = str(gateway.class_.value)
    balancer = facts["balancers"].get(kind) or facts["balancers"][str(gateway.exposure.value)]
    regional, project = Counter[str](balancer), Counter[str]()
    families, unknown = Counter[Family](), dict[str, None]()
    private = cluster.get("spec", "privateClusterConfig", "enablePrivateNodes") is True
    for pool in plan.pools:
        # Servers are on the pool or on its fallback: of each quota the larger amount counts.
        largest = Counter[str | Family]()
        for one, most in capacities(plan, pool, catalog):
            for what, amount in _of_nodes(one, most, private, catalog, facts):
                largest[what] = max(largest[what], amount)
        for what, amount in largest.items():
            if isinstance(what, Family):
                families[what] += amount
            elif amount:
                (project if "ALL_REGIONS" in what else regional)[what] += amount
            else:
                unknown[what] = None
    return Quotas(regional, project, families, tuple(unknown))


def capacities(plan: Plan, pool: PoolPlan, catalog: Catalog) -> Iterator[tuple[PoolPlan, int]]:
    """The pool and each entry of its fallback, with the most nodes there can be of it."""
    yield pool, int(nodes(plan, pool, catalog)[1].value)
    for entry in pool.fallback:
        yield entry.pool, int(needed(plan, pool).value)


def _of_nodes(
    pool: PoolPlan, most: int, private: bool, catalog: Catalog, facts: Mapping[str, Any]
) -> Iterator[tuple[str | Family, int]]:
    """What so many nodes count in; 0 for what cannot be counted."""
    yield "INSTANCES", most
    if not private:
        yield "IN_USE_ADDRESSES", most
    size = pool.spec.diskSizeGb.value or catalog.gke("boot-disk").data["default_gb"]
    disk = str(pool.disk_type.value) if pool.disk_type else facts["boot_disk"]
    if disk in facts["disks"]:
        yield facts["disks"][disk], most * int(size)
    else:
        yield f"disk type {disk}", 0
    # A reservation was counted when it was created.
    if pool.spec.reservation.value is None:
        for what, amount in _of_a_node(pool, catalog, facts):
            yield what, most * amount


def _of_a_node(
    pool: PoolPlan, catalog: Catalog, facts: Mapping[str, Any]
) -> Iterator[tuple[str | Family, int]]:
    """What one node counts in: its accelerators, and vCPUs unless it is a TPU host."""
    spot = pool.spec.purchase.value in ("spot", "flex-start")
    kind, count = ("tpu", 0) if pool.slice is not None else ("gpu", 0)
    if pool.slice is not None:
        count = int(pool.slice.chips_per_host.value)
    elif pool.gpus is not None:
        count = int(pool.gpus.per_node.value)
        yield facts["project"]["gpu"], count
    if count:
        accelerator = str(pool.spec.accelerator.value)
        row = catalog.accelerator(accelerator)
        family = str(row.data.get("quota_family", "")) if row is not None else ""
        metric = facts[kind].get(accelerator)
        yield (
            (f"PREEMPTIBLE_{metric}|{metric}" if spot else metric)
            if metric else Family(kind, family, accelerator, spot)
        ), count  # fmt: skip
    if kind != "tpu":
        yield from _cpus(str(pool.machine_type.value), spot, catalog, facts)


def _cpus(
    machine: str, spot: bool, catalog: Catalog, facts: Mapping[str, Any]
) -> Iterator[tuple[str | Family, int]]:
    """The vCPUs of a machine type, by its series: the name before the first hyphen."""
    row = catalog.machine(machine)
    count = facts["shared_core"].get(machine) or int(row.data["vcpu"] if row is not None else 0)
    if not count:
        yield f"the vCPUs of {machine}", 0
        return
    yield facts["project"]["cpu"], count
    series = machine.partition("-")[0]
    metric = facts["cpu"].get(series)
    if metric is None:
        yield Family("cpu", series.upper(), series, spot), count
    else:
        yield f"PREEMPTIBLE_CPUS|{metric}" if spot else metric, count


def quota_steps(plan: Plan, found: Quotas, needs: Needs) -> Iterator[Step]:
    """The steps that read the quotas. They stop if one is too small."""
    where = f"--project={needs.project}"
    fields = ("--flatten=quotas[]", "--format=value(quotas.metric,quotas.usage,quotas.limit)")
    regional = command("gcloud", "compute", "regions", "describe", needs.region, where, *fields)
    cluster = command(
        "gcloud", "container", "clusters", "describe", str(plan.cluster_name.value),
        f"--location={plan.stack.spec.cluster.location.value}", where,
    )  # fmt: skip
    project = command("gcloud", "compute", "project-info", "describe", where, *fields)
    yield Step(
        f"quotas of nodes, disks, addresses and load balancers in {needs.region}",
        "Each line: quota, used, limit, needed with each node pool at its maximum. The management "
        "cluster is not counted. If the cluster of the stack exists, its nodes are part of what is "
        "used, and only the limit counts.",
        (
            f"ours=0; exists {cluster} && ours=1",
            f"too_small={shell_word(_SHORT)}",
            function("enough"),
            *(f"echo {shell_word(f'{one}: unknown, not counted')}" for one in found.unknown),
            *_read(regional, "enough", _pairs(found.regional)),
        ),
    )
    if found.project:
        yield Step(
            "quotas of the project in all regions",
            "Each line: quota, used, limit, needed.",
            tuple(_read(project, "enough", _pairs(found.project))),
        )
    # Of a family, a limit of its own counts before that of all families. -1: no limit.
    for number, (family, most) in enumerate(found.families.items()):
        yield _family(family, most, needs, () if number else (function("enough_of"),))


def _pairs(wanted: Mapping[str, int]) -> str:
    return " ".join(f"{name}={most}" for name, most in wanted.items())


def _read(listed: str, judge: str, *words: str) -> tuple[str, str]:
    """The quotas are read first, so that a command that fails stops the script."""
    return f"quotas=$({listed})", f"printf '%s\\n' \"$quotas\" | {command(judge, *words)}"


_SHORT = (
    "A quota is too small for what the stack can use. Delete what you do not need, or request more "
    "at https://console.cloud.google.com/iam-admin/quotas. To continue anyway: SKIP_QUOTAS=yes."
)


def _family(family: Family, most: int, needs: Needs, functions: tuple[str, ...]) -> Step:
    fact = google_cloud()["quotas"]["families"][family.kind]
    metric, dimension, unit = (str(fact[key]) for key in ("metric", "dimension", "unit"))
    wanted = f"metric={metric}"
    if family.spot:
        wanted += f' OR quotaDisplayName:"{fact["spot"]}"'
    where = (f"--service={SERVICE}", f"--project={needs.project}")
    rows = command(
        "gcloud", "beta", "quotas", "info", "list", *where,
        f"--filter={wanted}", "--flatten=dimensionsInfos[]",
        f"--format=value(quotaId,dimensionsInfos.dimensions.{dimension},"
        "dimensionsInfos.applicableLocations.list(),dimensionsInfos.details.value)",
    )  # fmt: skip
    name = family.name or family.of
    ask = command(
        "gcloud", "beta", "quotas", "preferences", "create", *where, f"--preferred-value={most}",
        f"--dimensions=region={needs.region},{dimension}={family.name or 'FAMILY'}",
    )  # fmt: skip
    return Step(
        f"quota of {unit} of {family.of} in {needs.region}",
        f"The node pools grow to {most}{' Spot' if family.spot else ''} {unit} of {name}. Each "
        "line: quota, family, locations, limit.",
        (
            *functions,
            f"echo {shell_word(f'needed: {most}. If the limit is lower, request more:')}",
            f"echo {shell_word(f'  {ask} --email=EMAIL --quota-id=QUOTA')}",
            *_read(rows, "enough_of", name, needs.region, str(most)),
        ),
    )
