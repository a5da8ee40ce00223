"""The way back: delivery stops first, then each step goes after those that need it."""

from __future__ import annotations

from stackgen.manifest.resource import Resource
from stackgen.plan.model import Plan

STEP = "kustomize.toolkit.fluxcd.io"


def teardown(plan: Plan, objects: tuple[Resource, ...]) -> str:
    """Markdown: the commands in order. objects: those of the environment, as rendered."""
    name = plan.stack.metadata.name.value
    flux = plan.stack.spec.delivery.engine.value == "flux"
    steps = _flux(name, objects) if flux else _argocd(name)
    if plan.stack.spec.cluster.managed.value:
        steps.append(_cluster(name, flux))
    steps.append((
        "Namespaces, CRDs and the cluster stay. Delete the cluster with all that is in it:",
        [
            (f"gcloud container clusters delete {plan.cluster_name.value} "
            f"--location={plan.stack.spec.cluster.location.value} "
            f"--project={plan.stack.spec.cluster.project.value}")
        ],
    ))  # fmt: skip
    lines = [f"# Removing {name} ({plan.env})", ""]
    for number, (what, commands) in enumerate(steps, 1):
        lines += [
            f"{number}. {what}",
            "",
            "   ```bash",
            *(f"   {c}" for c in commands),
            "   ```",
            "",
        ]
    return "\n".join(lines)


def _flux(name: str, objects: tuple[Resource, ...]) -> list[tuple[str, list[str]]]:
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


def _argocd(name: str) -> list[tuple[str, list[str]]]:
    return [
        ("In the workload cluster, stop the delivery. This Application has no finalizer:", [
            f"kubectl delete application {name}-delivery --namespace argocd",
        ]),
        ("Delete the Applications, the last group first (`deletionOrder: Reverse`):", [
            f"kubectl delete applicationset {name} --namespace argocd",
        ]),
    ]  # fmt: skip


def _cluster(name: str, flux: bool) -> tuple[str, list[str]]:
    what = (
        "In the management cluster, stop the delivery. The objects of Config Connector stay, and "
        "so do the cluster and its node pools:"
    )
    if not flux:
        names = f"{name}-cluster-delivery {name}-1-cluster"
        return what, [f"kubectl delete application {names} --namespace argocd"]
    kind = "kustomizations.kustomize.toolkit.fluxcd.io --namespace flux-system"
    return what, [
        (
            f"kubectl patch {kind} {name}-cluster-delivery --type=merge "
            '--patch=\'{"spec":{"suspend":true}}\''
        ),
        f"kubectl delete {kind} {name}-cluster-delivery {name}-1-cluster",
    ]
