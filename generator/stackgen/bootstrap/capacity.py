"""What node pools need of the project and the cluster: reservations, and a GKE that knows them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.bootstrap.needs import Needs
from stackgen.bootstrap.script import Step, command
from stackgen.catalog.load import Catalog
from stackgen.escape import shell_word
from stackgen.facts.gke_version import older
from stackgen.plan.model import Plan, PoolPlan


def _capacities(plan: Plan) -> Iterator[PoolPlan]:
    for pool in plan.pools:
        yield from (pool, *(entry.pool for entry in pool.fallback))


def reservation_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """Each reservation: it has to be there, in the zone, and in the state READY."""
    seen: set[tuple[str, str, str]] = set()
    for pool in _capacities(plan):
        path, zone = pool.spec.reservation.value, str(pool.zone.value)
        if path is None:
            continue
        words = path.split("/")
        named = words[0] == "projects"
        project, name = (words[1], words[3]) if named else (needs.project, words[0])
        if (project, name, zone) in seen:
            continue
        seen.add((project, name, zone))
        read = command(
            "gcloud", "compute", "reservations", "describe", name, f"--project={project}",
            f"--zone={zone}", "--format=value(status)",
        )  # fmt: skip
        wrong = f"Reservation {name} in {zone} is $state. Node pools can use it when it is READY."
        yield Step(
            f"reservation {name} in {zone}",
            "A future reservation (calendar mode) is there from its first to its last day, and "
            "needs no quota.",
            (f"state=$({read})", f'[ "$state" = READY ] || stop "{wrong}"'),
        )


def version_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """The control plane must know ComputeClasses that create node pools, and the TPUs of them."""
    if not any(pool.fallback for pool in plan.pools):
        return
    oldest = _oldest(plan, plan.catalog.copy())
    read = command(
        "gcloud", "container", "clusters", "describe", str(plan.cluster_name.value),
        f"--location={plan.stack.spec.cluster.location.value}", f"--project={needs.project}",
        "--format=value(currentMasterVersion)",
    )  # fmt: skip
    ordered = f"printf '%s\\n' {shell_word(oldest)} \"$version\" | sort -V | head -n 1"
    yield Step(
        "GKE version",
        "The fallback of a node pool is a ComputeClass, for which GKE creates node pools.",
        (
            f"version=$({read})",
            'echo "GKE $version"',
            f'[ "$({ordered})" = {shell_word(oldest)} ] ||',
            f'  stop "GKE $version is too old: it must be {oldest} or newer"',
        ),
    )


def _oldest(plan: Plan, catalog: Catalog) -> str:
    fact = catalog.gke("compute-class").data
    found = str(fact["min_version"])
    for pool in _capacities(plan):
        row = catalog.accelerator(str(pool.spec.accelerator.value))
        needed = row.data.get("min_gke_version") if row is not None else None
        if needed is not None and older(found, str(needed)):
            found = str(needed)
    return found
