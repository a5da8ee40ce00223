"""Delivery by Flux: a Kustomization a step, each after the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.argocd import out_path
from stackgen.layers.delivery.steps import (
    CLUSTER,
    MANAGEMENT,
    WORKLOAD,
    Check,
    Condition,
    Step,
    named,
    steps,
)
from stackgen.layers.folders import Folders
from stackgen.layers.objects import Absent, Made, is_value, obj
from stackgen.layers.platform.sources import FLUX
from stackgen.origin import Because, Traced, When, computed, text
from stackgen.plan.model import Plan


def objects(plan: Plan, folders: Folders) -> Iterator[Made]:
    """Of the management cluster, where there is one, then of the workload cluster."""
    managed = plan.stack.spec.cluster.managed
    yield _repository(plan, MANAGEMENT, managed)
    yield _repository(plan, WORKLOAD)
    yield _kustomization(plan, MANAGEMENT, CLUSTER, None, managed)
    before: Step | None = None
    for step in steps(plan, folders):
        if step.there.value:
            yield _kustomization(plan, WORKLOAD, step, before)
            before = step
        else:
            file = f"{WORKLOAD}/kustomization-{named(plan, step.name).value}.yaml"
            yield Absent(file, step.there.origin)


def _repository(plan: Plan, folder: str, when: Traced[bool] | None = None) -> Made:
    delivery = plan.stack.spec.delivery
    spec = {
        "interval": "1m",
        "url": delivery.repository,
        "ref": {"branch": delivery.branch},
        "ignore": _ignored(plan),
    }
    return obj(
        plan, folder, "source.toolkit.fluxcd.io/v1", "GitRepository", plan.stack.metadata.name,
        {"spec": spec}, namespace=FLUX, given=(delivery.engine,), when=when,
        rule="delivery/repository", why="where the rendered files are synced from",
    )  # fmt: skip


def _ignored(plan: Plan) -> Traced[str]:
    delivery, secrets = plan.stack.spec.delivery, plan.stack.spec.secrets
    why = "only what is synced is fetched"
    kept = _only(delivery.path.value)
    if secrets.manager.value != "sops":
        return computed("ignore list", why, kept, delivery.path, secrets.manager)
    kept = _only(delivery.path.value, secrets.path.value)
    return computed("ignore list", why, kept, delivery.path, secrets.manager, secrets.path)


def _only(*paths: str) -> str:
    tops = dict.fromkeys(path.split("/", maxsplit=1)[0] for path in paths)
    return "/*\n" + "".join(f"!/{top}\n" for top in tops)


def _kustomization(
    plan: Plan, folder: str, step: Step, before: Step | None, when: Traced[bool] | None = None
) -> Made:
    path = _sealed_path(plan) if step.sealed else out_path(plan, step.folder)
    spec: dict[str, Any] = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": _timeout(plan, step),
        "sourceRef": {"kind": "GitRepository", "name": plan.stack.metadata.name},
        "path": path.map("path", "", lambda p: f"./{p}"),
        "prune": True,
    }
    if step.folder == "2-platform/secrets":
        secrets = plan.stack.spec.secrets
        spec["decryption"] = When(is_value(secrets.manager, "sops"), Because(
            {"provider": "sops", "secretRef": {"name": secrets.keySecret}},
            "delivery/decryption", "the files are encrypted in the repository",
        ))  # fmt: skip
    if before is not None:
        between = step.earlier[len(before.earlier) :]
        spec["dependsOn"] = Because(
            [{"name": named(plan, before.name)}],
            "delivery/order", "each step needs what the one before it set up", between,
        )  # fmt: skip
    if step.health:
        spec["healthChecks"] = Because(
            [_check(check) for check in step.health],
            "delivery/health", "waits for what the operators run, not for their settings",
        )  # fmt: skip
    else:
        spec["wait"] = True
    if step.conditions:
        spec["healthCheckExprs"] = Because(
            [_condition(one) for one in step.conditions],
            "delivery/health-of-kind", "without it the kind counts as healthy at once",
        )  # fmt: skip
    return obj(
        plan, folder, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", named(plan, step.name),
        {"spec": spec}, namespace=FLUX, when=when,
        given=(plan.stack.spec.delivery.engine, step.there),
        rule="delivery/step", why=f"applies {step.folder} and waits until it is healthy",
    )  # fmt: skip


def _sealed_path(plan: Plan) -> Traced[str]:
    secrets = plan.stack.spec.secrets
    return text("{}/" + plan.env, secrets.path)


def _timeout(plan: Plan, step: Step) -> Any:
    value = f"{step.minutes}m"
    if step.folder != "4-serving":
        return value
    origins = tuple(m.startup_failures for m in plan.models)
    return Traced(value, text("{}" * len(origins), *origins).origin)


def _check(check: Check) -> Any:
    found = {"apiVersion": check.api, "kind": check.kind, "name": check.name}
    if check.namespace:
        found["namespace"] = check.namespace
    return found if check.when is None else When(check.when, found)


def _condition(condition: Condition) -> Any:
    is_true = f"e.type == '{condition.type}' && e.status == 'True'"
    found = {
        "apiVersion": condition.api,
        "kind": condition.kind,
        "inProgress": "!has(status.conditions)",
        "current": f"status.conditions.exists(e, {is_true})",
    }
    return found if condition.when is None else When(condition.when, found)
