"""Faults put into a render by editing its objects are found, and the render has none of them."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.compiler import Compiled
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle, Resource
from stackgen.spec.load import load
from tests.rollout.bundles import of_compiled
from tests.stacks import ROOT, build_data

Objects = list[Resource]
Change = Callable[[Objects], Objects]
HOSTS = ROOT / "generator" / "stackgen" / "patterns" / "multi-host"


@cache
def stack(engine: str, hosts: int = 1) -> Compiled:
    """The reference stack, or the pattern with several hosts, for a delivery engine."""
    file = "overlays/prod/stack.yaml" if hosts == 1 else None
    data = copy.deepcopy(load(str(ROOT if hosts == 1 else HOSTS), "stack.yaml", file).data)
    data["spec"].setdefault("delivery", {}).update(engine=engine, repository="https://example.com")
    return build_data("prod", data)


def changed(compiled: Compiled, change: Change) -> Compiled:
    """The stack with an edited render."""
    assert compiled.bundle is not None
    resources = [
        dataclasses.replace(r, data=copy.deepcopy(r.data)) for r in compiled.bundle.resources
    ]
    return dataclasses.replace(compiled, bundle=Bundle(tuple(change(resources))))


def findings(compiled: Compiled) -> list[Finding]:
    """What the family finds."""
    assert compiled.bundle is not None and compiled.stack is not None
    context = Context(
        compiled.bundle, compiled.stack.spec.release.value, compiled.stack, compiled.plan,
        catalog=compiled.catalog, loaded=compiled.loaded,
    )  # fmt: skip
    return [f for one in registry.of_family("rollout") for f in registry.guarded(one, context)]


def named(objects: Objects, kind: str, end: str) -> Resource:
    return next(r for r in objects if r.kind == kind and r.name.endswith(end) and not r.index)


def edit(kind: str, end: str, **fields: Any) -> Change:
    """Set fields of the spec of an object; None removes one."""

    def change(objects: Objects) -> Objects:
        spec = named(objects, kind, end).data["spec"]
        for key, value in fields.items():
            spec[key] = value
            if value is None:
                del spec[key]
        return objects

    return change


def after(step: str, *names: str) -> Change:
    """Let a Flux step come after others."""

    def change(objects: Objects) -> Objects:
        own = named(objects, "Kustomization", step)
        prefix = own.name.removesuffix(step)
        own.data["spec"]["dependsOn"] = [{"name": prefix + name} for name in names]
        return objects

    return change


def last_in_set(step: str) -> Change:
    """Let an Argo CD step come last."""

    def change(objects: Objects) -> Objects:
        found = named(objects, "ApplicationSet", "").data["spec"]["strategy"]["rollingSync"]
        for one in list(found["steps"]):
            values = one["matchExpressions"][0]["values"]
            if step in values:
                values.remove(step)
                if not values:
                    found["steps"].remove(one)
        expression = {"key": "stackgen.dev/step", "operator": "In", "values": [step]}
        found["steps"].append({"matchExpressions": [expression]})
        return objects

    return change


def move(kind: str, end: str, folder: str) -> Change:
    """Move an object into the folder of another step."""

    def change(objects: Objects) -> Objects:
        moved = named(objects, kind, end)
        was, _, name = moved.file.rpartition("/")
        top = was[: was.index("out/prod") + len("out/prod")]
        for r in objects:
            if r.index and r.file == f"{was}/kustomization.yaml":
                r.data["resources"].remove(name)
            if r.index and r.file == f"{top}/{folder}/kustomization.yaml":
                r.data["resources"].append(name)
        new = dataclasses.replace(moved, file=f"{top}/{folder}/{name}")
        return [new if r is moved else r for r in objects]

    return change


def without(kind: str, end: str) -> Change:
    def change(objects: Objects) -> Objects:
        gone = named(objects, kind, end)
        for r in objects:
            if r.index and r.file.rpartition("/")[0] == gone.file.rpartition("/")[0]:
                r.data["resources"].remove(gone.file.rpartition("/")[2])
        return [r for r in objects if r is not gone]

    return change


def both(*changes: Change) -> Change:
    def change(objects: Objects) -> Objects:
        for one in changes:
            objects = one(objects)
        return objects

    return change


def letsencrypt(objects: Objects) -> Objects:
    named(objects, "Certificate", "").data["spec"]["issuerRef"]["name"] = "letsencrypt"
    return objects


POLICIES_LAST = both(
    after("5-network", "4-serving"), after("kserve", "operands"), after("3-gateway", "pki")
)
FLUX: dict[str, tuple[Change, set[str]]] = {
    "policies after models": (POLICIES_LAST, {"rollout-flow-closed", "rollout-policy-late"}),
    "alerts after models": (after("6-observe", "4-serving"), {"rollout-blocked-fix"}),
    "an issuer that is not there": (letsencrypt, {"rollout-issuer-missing"}),
    "ssh without identity": (
        edit("GitRepository", "llmd-istio-tpu", url="ssh://git@example.com/stack"),
        {"rollout-never-synced"},
    ),
    "no guard of secrets": (
        edit("Kustomization", "-secrets", healthCheckExprs=None), {"rollout-not-awaited"},
    ),
    "two owners": (
        edit("Kustomization", "kserve-presets", patches=[]), {"rollout-shared-ownership"},
    ),
    "a circle": (after("sources", "4-serving"), {"rollout-order"}),
    "a step that is not there": (after("pki", "nothing"), {"rollout-order"}),
    "a late namespace": (
        move("Namespace", "llm-d-inference-scheduling", "4-serving"), {"rollout-namespace-late"},
    ),
    "a late secret store": (
        move("ClusterSecretStore", "", "4-serving"), {"rollout-deadlock"},
    ),
    "a late operator": (
        move("HelmRelease", "external-secrets", "4-serving"), {"rollout-definition-late"},
    ),
    "a late token": (
        move("ClusterExternalSecret", "", "4-serving"), {"rollout-secret-late"},
    ),
}  # fmt: skip
ARGOCD: dict[str, tuple[Change, set[str]]] = {
    "policies after models": (
        last_in_set("5-network"), {"rollout-flow-closed", "rollout-policy-late"},
    ),
    "alerts after models": (last_in_set("6-observe"), {"rollout-blocked-fix"}),
    "an issuer that is not there": (letsencrypt, {"rollout-issuer-missing"}),
    "a late secret store": (
        move("ClusterSecretStore", "", "4-serving"), {"rollout-deadlock"},
    ),
    "a late token": (
        move("ClusterExternalSecret", "", "4-serving"), {"rollout-secret-late"},
    ),
}  # fmt: skip


CASES = [
    pytest.param(engine, change, rules, id=f"{engine}: {name}")
    for engine, faults in (("flux", FLUX), ("argocd", ARGOCD))
    for name, (change, rules) in faults.items()
]


@pytest.mark.parametrize(("engine", "change", "rules"), CASES)
def test_a_fault_that_is_put_in_is_found(engine: str, change: Change, rules: set[str]) -> None:
    found = findings(changed(stack(engine), change))
    assert rules <= {f.rule.id for f in found}
    assert all(f.places and f.message for f in found)


@pytest.mark.parametrize("engine", ["flux", "argocd"])
@pytest.mark.parametrize("hosts", [1, 4])
def test_the_render_itself_has_no_fault(engine: str, hosts: int) -> None:
    assert [(f.rule.id, f.message) for f in findings(stack(engine, hosts))] == []


@pytest.mark.parametrize("engine", ["flux", "argocd"])
def test_an_operand_that_is_missing_is_found(engine: str) -> None:
    change = without("LeaderWorkerSetOperator", "cluster")
    found = findings(changed(stack(engine, 4), change))
    assert "rollout-operand-missing" in {f.rule.id for f in found}


def test_pods_without_a_pull_secret_are_never_ready() -> None:
    def change(objects: Objects) -> Objects:
        service = named(objects, "LLMInferenceService", "")
        del service.data["spec"]["template"]["imagePullSecrets"]
        del named(objects, "ServiceAccount", "model-server").data["imagePullSecrets"]
        return objects

    found = of_compiled(changed(stack("flux"), change)).blocked
    assert [(b.key.kind, b.cause.need.rule) for b in found] == [
        ("LLMInferenceService", "pod-pull-secret")
    ]


def with_second_model(engine: str) -> Compiled:
    data = copy.deepcopy(stack(engine).loaded.data)
    first = data["spec"]["serving"]["models"][0]
    data["spec"]["serving"]["models"].append({**first, "name": "second", "servedName": "second"})
    return build_data("prod", data)


@pytest.mark.parametrize("engine", ["flux", "argocd"])
def test_a_second_model_waits_for_policies_that_come_after_it(engine: str) -> None:
    """Found when the policies come last; from the render as it is the second model is ready."""
    late = POLICIES_LAST if engine == "flux" else last_in_set("5-network")
    old, new = changed(stack(engine), late), changed(with_second_model(engine), late)
    assert old.bundle is not None
    (blocked,) = of_compiled(new, old.bundle.resources).blocked
    assert (blocked.key.kind, blocked.key.name) == ("LLMInferenceService", "second")
    assert blocked.cause.by is not None and blocked.cause.by.name == "allow-epp-second"
    before = stack(engine).bundle
    assert before is not None
    assert of_compiled(with_second_model(engine), before.resources).blocked == ()


def test_a_longer_chain_of_steps_makes_each_change_slower() -> None:
    chain = both(after("3-gateway", "kserve"), after("4-serving", "3-gateway"))
    assert of_compiled(changed(stack("flux"), chain)).seconds > of_compiled(stack("flux")).seconds
