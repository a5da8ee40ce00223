"""Delivery by Argo CD: an ApplicationSet that syncs the steps, group after group.

RollingSync, not waves across Applications: waves order only the first creation of Applications,
which then sync each commit all together. Here every commit goes through the groups in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers.delivery.order import levels
from stackgen.layers.delivery.steps import (
    CLUSTER,
    MANAGEMENT,
    WORKLOAD,
    named,
    steps,
)
from stackgen.layers.folders import Folders
from stackgen.layers.platform.sources import every_source
from stackgen.origin import Because, Traced, When, all_of, computed, is_value, text
from stackgen.plan.model import Plan
from stackgen.render.argocd import NAMESPACE, SERVER, application_spec, out_path
from stackgen.render.delivery import Step
from stackgen.render.objects import Rendered, Scope, obj

STEP = "stackgen.dev/step"


def objects(plan: Plan, folders: Folders) -> Iterator[Rendered]:
    """Of the management cluster, where there is one, then of the workload cluster."""
    on = is_value(plan.stack.spec.delivery.engine, "argocd")
    managed = all_of(plan.stack.spec.cluster.managed, on)
    yield _project(plan, MANAGEMENT, managed)
    yield _project(plan, WORKLOAD, on)
    yield _cluster(plan, managed)
    yield _set(plan, steps(plan, folders), on)


def _project(plan: Plan, folder: str, when: Traced[bool]) -> Rendered:
    delivery = plan.stack.spec.delivery
    repositories: list[Any] = [delivery.repository]
    if folder == WORKLOAD:
        repositories += _others(plan)
    spec = {
        "sourceRepos": repositories,
        "destinations": [{"server": SERVER, "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    return obj(
        Scope(plan, folder, NAMESPACE), "argoproj.io/v1alpha1", "AppProject",
        _project_name(plan, folder), {"spec": spec}, when=when, rule="delivery/project",
        why="which repositories the stack's Applications may use",
    )  # fmt: skip


def _others(plan: Plan) -> list[Any]:
    """Where the parts of the platform come from."""
    return [
        When(one.when, plan.release.value("sources", one.key, "registry" if one.chart else "url"))
        for one in every_source(plan)
    ]


def _project_name(plan: Plan, folder: str) -> Traced[str]:
    """Two projects: a management cluster may be the workload cluster of another stack."""
    return plan.stack.metadata.name if folder == WORKLOAD else named(plan, "cluster")


def _cluster(plan: Plan, managed: Traced[bool]) -> Rendered:
    source = _source(plan, out_path(plan, CLUSTER.folder))
    project = _project_name(plan, MANAGEMENT)
    return obj(
        Scope(plan, MANAGEMENT, NAMESPACE), "argoproj.io/v1alpha1", "Application",
        named(plan, CLUSTER.name), {"spec": application_spec(plan, None, source, project=project)},
        when=managed, rule="delivery/step", why=f"applies {CLUSTER.folder}",
    )  # fmt: skip


def _source(plan: Plan, path: str | Traced[str]) -> dict[str, Any]:
    delivery = plan.stack.spec.delivery
    return {"repoURL": delivery.repository, "targetRevision": delivery.branch, "path": path}


def _set(plan: Plan, every: list[Step], when: Traced[bool]) -> Rendered:
    elements = [
        When(step.there, Because(
            {
                "name": step.name,
                "path": out_path(plan, step.folder),
                "pruneLast": step.prune_last,
            },
            "delivery/step", f"applies {step.folder}",
        ))
        for step in every
        if step.there.value
    ]  # fmt: skip
    # A step that goes moves those after it up: each place depends on all of them.
    rolling = computed(
        "delivery/order", "each group needs what the groups before it set up, healthy", lambda _: [
            {"matchExpressions": [{"key": STEP, "operator": "In", "values": group}]}
            for group in levels(every)
        ], [step.there for step in every],
    )  # fmt: skip
    spec = {
        "goTemplate": True,
        "goTemplateOptions": ["missingkey=error"],
        "generators": [{"list": {"elements": elements}}],
        "strategy": {
            "type": "RollingSync",
            "deletionOrder": "Reverse",
            "rollingSync": {"steps": rolling},
        },
        "template": {
            "metadata": {
                "name": text("{}-{{{{.name}}}}", plan.stack.metadata.name),
                "labels": {STEP: "{{.name}}"},
            },
            "spec": application_spec(
                plan, None, _source(plan, "{{.path}}"), prune_last="{{.pruneLast}}"
            ),
        },
    }
    return obj(
        Scope(plan, WORKLOAD, NAMESPACE), "argoproj.io/v1alpha1", "ApplicationSet",
        plan.stack.metadata.name, {"spec": spec}, when=when, rule="delivery/steps",
        why="an Application a step, synced group after group",
        notes=(
            "Needs progressive syncs on the ApplicationSet controller, and health for kinds that",
            "Argo CD does not know: `stackgen bootstrap` writes both.",
        ),
    )  # fmt: skip
