"""Delivery by Flux: a Kustomization a step, each after those that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackgen.layers.delivery.order import dependencies
from stackgen.layers.delivery.steps import (
    CLUSTER,
    MANAGEMENT,
    WORKLOAD,
    named,
    steps,
)
from stackgen.layers.folders import Folders
from stackgen.origin import Because, Traced, When, all_of, computed, is_set, is_value, text
from stackgen.plan.model import Plan
from stackgen.render.argocd import out_path
from stackgen.render.delivery import FLUX, Check, Step
from stackgen.render.objects import Omitted, Rendered, Scope, obj

TIMEOUT = Because(
    "10m", "delivery/timeout",
    "a step that is not healthy by then is tried again, at the newest commit",
)  # fmt: skip


def objects(
    plan: Plan, folders: Folders, guards: Callable[[str], list[When]]
) -> Iterator[Rendered]:
    """Of the management cluster, where there is one, then of the workload cluster.

    guards: the health check expressions for what a folder holds.
    """
    on = is_value(plan.stack.spec.delivery.engine, "flux")
    managed = all_of(plan.stack.spec.cluster.managed, on)
    yield _repository(plan, MANAGEMENT, managed)
    yield _repository(plan, WORKLOAD, on)
    yield _kustomization(plan, MANAGEMENT, CLUSTER, [], guards(CLUSTER.folder), managed)
    every = steps(plan, folders)
    for step in every:
        if step.there.value:
            when = all_of(on, step.there)
            before = dependencies(step, every)
            yield _kustomization(plan, WORKLOAD, step, before, guards(step.folder), when)
        else:
            file = f"{WORKLOAD}/kustomization-{named(plan, step.name).value}.yaml"
            yield Omitted(file, step.there.origin, "kustomize.toolkit.fluxcd.io", "Kustomization")


def _repository(plan: Plan, folder: str, when: Traced[bool]) -> Rendered:
    delivery = plan.stack.spec.delivery
    spec = {
        "interval": "1m",
        "url": delivery.repository,
        "secretRef": When(is_set(delivery.secret), {"name": delivery.secret}),
        "ref": {"branch": delivery.branch},
        "ignore": _ignored(plan),
    }
    return obj(
        Scope(plan, folder, FLUX), "source.toolkit.fluxcd.io/v1", "GitRepository",
        plan.stack.metadata.name, {"spec": spec}, when=when, rule="delivery/repository",
        why="where the rendered files are synced from",
    )  # fmt: skip


def _ignored(plan: Plan) -> Traced[str]:
    delivery, secrets = plan.stack.spec.delivery, plan.stack.spec.secrets
    sealed = [secrets.path] if secrets.manager.value == "sops" else []
    return computed(
        "ignore list", "only what is synced is fetched",
        lambda path, _, sealed: _only(path, *sealed), delivery.path, secrets.manager, sealed,
    )  # fmt: skip


def _only(*paths: str) -> str:
    tops = dict.fromkeys(path.split("/", maxsplit=1)[0] for path in paths)
    return "/*\n" + "".join(f"!/{top}\n" for top in tops)


def _kustomization(
    plan: Plan,
    folder: str,
    step: Step,
    before: list[Traced[str | None]],
    guarded: list[When],
    when: Traced[bool],
) -> Rendered:
    path = _sealed_path(plan) if step.sealed else out_path(plan, step.folder)
    spec: dict[str, Any] = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": TIMEOUT,
        "sourceRef": {"kind": "GitRepository", "name": plan.stack.metadata.name},
        "path": path.map("path", "", lambda p: f"./{p}"),
        "prune": True,
    }
    if folder == MANAGEMENT:
        # This object is deleted when the cluster is handed over. Cluster and pools must stay.
        spec["deletionPolicy"] = Because(
            "Orphan",
            "delivery/cluster-stays",
            "the cluster and its pools stay when this object is deleted",
        )
    if step.folder == "2-platform/secrets":
        secrets = plan.stack.spec.secrets
        spec["decryption"] = When(is_value(secrets.manager, "sops"), Because(
            {"provider": "sops", "secretRef": {"name": secrets.keySecret}},
            "delivery/decryption", "the files are encrypted in the repository",
        ))  # fmt: skip
    if before:
        spec["dependsOn"] = [_dependency(plan, name) for name in before]
    if step.health:
        spec["healthChecks"] = Because(
            [_check(check) for check in step.health],
            "delivery/health", "waits for what the operators run, not for their settings",
        )  # fmt: skip
    else:
        spec["wait"] = True
    if guarded:
        spec["healthCheckExprs"] = guarded
    return obj(
        Scope(plan, folder, FLUX), "kustomize.toolkit.fluxcd.io/v1", "Kustomization",
        named(plan, step.name), {"spec": spec}, when=when, rule="delivery/step",
        why=f"applies {step.folder} and waits until it is healthy",
    )  # fmt: skip


def _dependency(plan: Plan, step: Traced[str | None]) -> When:
    there = step.map("is there", "", lambda name: name is not None)
    name = computed("name", "", "{}-{}".format, plan.stack.metadata.name, step)
    return When(there, {"name": name})


def _sealed_path(plan: Plan) -> Traced[str]:
    secrets = plan.stack.spec.secrets
    return text("{}/" + plan.env, secrets.path)


def _check(check: Check) -> Any:
    found: dict[str, Any] = {"apiVersion": check.api, "kind": check.kind, "name": check.name}
    if check.namespace:
        found["namespace"] = check.namespace
    return found if check.when is None else When(check.when, found)
