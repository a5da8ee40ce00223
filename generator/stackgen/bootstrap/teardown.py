"""The way back: delivery stops first, then each step goes after those that need it."""

from __future__ import annotations

from stackgen.bootstrap.model_storage import buckets, disks
from stackgen.manifest.resource import Resource
from stackgen.plan.model import Plan

STEP = "kustomize.toolkit.fluxcd.io"
Step = tuple[str, list[str]]  # what is done, and the commands


def teardown(plan: Plan, objects: tuple[Resource, ...]) -> str:
    """Markdown: the commands in order. objects: those of the environment, as rendered."""
    name = plan.stack.metadata.name.value
    flux = plan.stack.spec.delivery.engine.value == "flux"
    steps = _flux(name, objects) if flux else _argocd(name)
    if plan.stack.spec.cluster.managed.value:
        steps += _cluster(plan)
    steps.append((
        "Namespaces, CRDs and the cluster stay. Delete the cluster with all that is in it:",
        [
            (f"gcloud container clusters delete {plan.cluster_name.value} "
            f"--location={plan.stack.spec.cluster.location.value} "
            f"--project={plan.stack.spec.cluster.project.value}")
        ],
    ))  # fmt: skip
    steps += model_storage_left(plan)
    return _markdown(f"Removing {name} ({plan.env})", steps)


def model_storage_left(plan: Plan) -> list[Step]:
    """Disks and buckets with the weights of models outlive the cluster."""
    project = plan.stack.spec.cluster.project.value
    steps: list[Step] = []
    if found := disks(plan):
        commands = [
            f"gcloud compute disks delete {name} --zone={zone} --project={project}"
            for name, zone in found
        ]
        steps.append(("Disks with the weights of models stay, and cost. Delete them:", commands))
    if names := list(dict.fromkeys(bucket for bucket, _ in buckets(plan))):
        about = "Buckets with weights and compiled programs stay. Look at what they hold:"
        steps.append((about, [f"gcloud storage ls gs://{name}" for name in names]))
    return steps


def hand_over(plan: Plan) -> str:
    """Markdown: how cluster and node pools leave Config Connector, and stay as they are.

    The same before and after `cluster.managed: false` is delivered.
    """
    name = plan.stack.metadata.name.value
    steps: list[Step] = [
        (
            "Set `cluster.managed: false` in stack.yaml, and merge what `stackgen build` renders.",
            [],
        ),
        *_cluster(plan),
        (
            "Cluster and node pools now belong to no tool. As files for the next one:",
            [f"stackgen cluster --env {plan.env} --format terraform > cluster.tf.json"],
        ),
    ]
    return _markdown(f"Handing over the cluster of {name} ({plan.env})", steps)


def _markdown(title: str, steps: list[Step]) -> str:
    lines = [f"# {title}", ""]
    for number, (what, commands) in enumerate(steps, 1):
        lines += [f"{number}. {what}", ""]
        if commands:
            lines += ["   ```bash", *(f"   {command}" for command in commands), "   ```", ""]
    return "\n".join(lines)


def _flux(name: str, objects: tuple[Resource, ...]) -> list[Step]:
    """Suspended, the root deletes nothing when it is deleted, and makes nothing again."""
    delete = "kubectl delete kustomizations.kustomize.toolkit.fluxcd.io --namespace flux-system"
    return [
        ("In the workload cluster, stop the delivery. The steps stay:", [
            ("kubectl patch kustomizations.kustomize.toolkit.fluxcd.io --namespace flux-system "
            f"{name}-delivery --type=merge --patch='{{\"spec\":{{\"suspend\":true}}}}'"),
            f"{delete} {name}-delivery",
        ]),
        ("Delete the steps, the last one first. Each command waits until the step is gone:", [
            f"{delete} {step}" for step in reversed(_ordered(objects))
        ]),
    ]  # fmt: skip


def _ordered(objects: tuple[Resource, ...]) -> list[str]:
    """The Kustomizations of the workload cluster, each after those that it depends on."""
    waits = {
        r.name: {d["name"] for d in r.get("spec", "dependsOn") or []}
        for r in objects
        if r.group == STEP and "/delivery/workload-cluster/" in r.file
    }
    found: list[str] = []
    while waits:
        ready = [name for name, before in waits.items() if not before & waits.keys()]
        found += ready
        waits = {name: before for name, before in waits.items() if name not in ready}
    return found


def _argocd(name: str) -> list[Step]:
    return [
        ("In the workload cluster, stop the delivery. This Application has no finalizer:", [
            f"kubectl delete application {name}-delivery --namespace argocd",
        ]),
        ("Delete the Applications, the last group first (`deletionOrder: Reverse`):", [
            f"kubectl delete applicationset {name} --namespace argocd",
        ]),
    ]  # fmt: skip


def _cluster(plan: Plan) -> list[Step]:
    """Config Connector would make what others delete again, and undo what they change."""
    engine = plan.stack.spec.delivery.engine.value
    space = plan.stack.spec.cluster.configConnectorNamespace.value
    pools = [str(member.name.value) for pool in plan.pools for member in pool.members]
    kinds = {"containernodepools": pools, "containerclusters": [plan.cluster_name.value]}
    named = [
        f"{kind}.container.cnrm.cloud.google.com --namespace {space} {' '.join(names)}"
        for kind, names in kinds.items()
    ]
    abandon = "cnrm.cloud.google.com/deletion-policy=abandon"
    stop = _stop_management(plan.stack.metadata.name.value, engine)
    let_go = (
        "In the management cluster, let Config Connector leave the cluster and its node pools when "
        "their objects are deleted:"
    )
    delete = (
        "Delete these objects. Cluster and node pools stay, and Config Connector no longer changes "
        "them:"
    )
    return [
        *([stop] if stop is not None else []),
        (let_go, [f"kubectl annotate --overwrite {one} {abandon}" for one in named]),
        (delete, [f"kubectl delete {one}" for one in named]),
    ]


def _stop_management(name: str, engine: str) -> Step | None:
    """Stop the delivery of the cluster; what it applied stays. None without an engine."""
    what = "In the management cluster, stop the delivery. What it applied stays"
    if engine == "flux":
        kind = "kustomizations.kustomize.toolkit.fluxcd.io --namespace flux-system"
        suspend = '--type=merge --patch=\'{"spec":{"suspend":true}}\''
        return f"{what} (`deletionPolicy: Orphan`):", [
            f"kubectl patch {kind} {name}-cluster-delivery {suspend}",
            f"kubectl delete {kind} {name}-cluster-delivery {name}-1-cluster",
        ]
    if engine == "argocd":
        names = f"{name}-cluster-delivery {name}-1-cluster"
        what += (
            ". These Applications have no finalizer. `argocd app delete` and the UI would add one, "
            "and then delete everything without `Delete=false`:"
        )
        return what, [f"kubectl delete application {names} --namespace argocd"]
    return None
