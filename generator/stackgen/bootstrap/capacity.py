"""What node pools need of the project and the cluster: reservations, and a GKE that knows them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.bootstrap.needs import Needs
from stackgen.bootstrap.script import Step, command, unless
from stackgen.catalog.load import Catalog
from stackgen.escape import shell_word
from stackgen.facts.gke_version import older
from stackgen.plan.model import Plan, PoolPlan
from stackgen.plan.slices import Slice, is_dynamic, workload_policy


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


def policy_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """The workload policies that node pools name, before the pools."""
    catalog = plan.catalog.copy()
    fact = catalog.gke("dynamic-slicing").data
    shapes: dict[str, str] = {}
    dynamic = False
    for pool in plan.pools:
        if is_dynamic(pool.spec).value:
            dynamic = True
        elif isinstance(pool.shape, Slice) and pool.shape.hosts.value > 1:
            policy = workload_policy(pool.shape, catalog)
            if policy is not None:
                shapes[policy.value] = pool.shape.topology.value
    if dynamic:
        yield _policy(
            needs, str(fact["policy"]), fact["partition"],
            "--accelerator-topology-mode=provision_only",
            why="GKE then creates the nodes of a partition without links. The links come with a "
            "slice.",
        )  # fmt: skip
    for name, topology in shapes.items():
        yield _policy(
            needs, name, topology,
            why="GKE refuses a node pool of this generation with several hosts without it.",
        )  # fmt: skip


def _policy(needs: Needs, name: str, topology: str, *more: str, why: str) -> Step:
    where = (f"--region={needs.region}", f"--project={needs.project}")
    words = ("gcloud", "compute", "resource-policies")
    make = command(
        *words, "create", "workload-policy", name, *where, "--type=HIGH_THROUGHPUT",
        f"--accelerator-topology={topology}", *more,
    )  # fmt: skip
    return Step(
        f"workload policy {name}", why, (unless(command(*words, "describe", name, *where), make),)
    )


def slice_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """GKE's slice controller, and Kueue with the part that asks for slices."""
    if not any(is_dynamic(pool.spec).value for pool in plan.pools):
        return
    fact = plan.catalog.copy().gke("dynamic-slicing").data
    lost = (
        f"Kueue {fact['kueue_version']} or newer, with leaderworkerset.x-k8s.io/leaderworkerset in "
        "integrations.frameworks, and the Kueue slice controller must be installed: https://docs."
        "cloud.google.com/kubernetes-engine/docs/how-to/use-gke-dynamic-slicing"
    )
    there = command("kubectl", "get", "crd", "slices.accelerator.gke.io")
    kueue = command("kubectl", "get", "crd", "topologies.kueue.x-k8s.io")
    made = command(
        "kubectl", "get", "deployments", "--all-namespaces",
        "--selector=app.kubernetes.io/name=slice-controller", "--output=name",
    )  # fmt: skip
    yield Step(
        "slice controller",
        "GKE forms slices for Pods that Kueue admits. The stack does not install Kueue.",
        (
            unless(there, command(
                "gcloud", "container", "clusters", "update", str(plan.cluster_name.value),
                f"--location={plan.stack.spec.cluster.location.value}",
                f"--project={needs.project}", "--enable-slice-controller",
            )),
            f"until_ok 600 exists {there}",
            f"exists {kueue} || stop {shell_word(lost)}",
            f'[ -n "$({made})" ] || stop {shell_word(lost)}',
        ),
    )  # fmt: skip


def version_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """The control plane must know ComputeClasses that create node pools, and the TPUs of them."""
    if not any(pool.fallback or is_dynamic(pool.spec).value for pool in plan.pools):
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
        "Older ones create no node pools for a ComputeClass, or form no dynamic slices.",
        (
            f"version=$({read})",
            'echo "GKE $version"',
            f'[ "$({ordered})" = {shell_word(oldest)} ] ||',
            f'  stop "GKE $version is too old: it must be {oldest} or newer"',
        ),
    )


def _oldest(plan: Plan, catalog: Catalog) -> str:
    found = str(catalog.gke("compute-class").data["min_version"])
    slices = catalog.gke("dynamic-slicing").data
    for pool in plan.pools:
        if pool.slice is not None and is_dynamic(pool.spec).value:
            small = pool.slice.topology.value in slices["sub_slices"]
            first = str(slices["sub_slice_version" if small else "super_slice_version"])
            found = first if older(found, first) else found
    for pool in _capacities(plan):
        row = catalog.accelerator(str(pool.spec.accelerator.value))
        needed = row.data.get("min_gke_version") if row is not None else None
        if needed is not None and older(found, str(needed)):
            found = str(needed)
    return found
