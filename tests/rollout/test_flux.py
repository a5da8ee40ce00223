from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders
from stackgen.rollout.deliveries import deliveries
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Key, Step
from stackgen.rollout.words import slow_texts
from tests.rollout.bundles import bundle_of, rolled, step

GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: team}
"""
CERTIFICATE = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: c, namespace: team}
"""
PROGRAMMED = {
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
    "current": "status.conditions.exists(e, e.type == 'Programmed')",
}  # fmt: skip


def read(files: dict[str, str]) -> list[Step]:
    return flux.steps(Folders(bundle_of(files).resources), Kinds(Catalog()))


def test_with_wait_a_step_waits_for_all_that_it_applies() -> None:
    (found,) = read({"d/a.yaml": step("a", "./out/a"), "out/a/g.yaml": GATEWAY})
    assert [str(gate.key) for gate in found.gates] == ["Gateway team/g"]


def test_health_checks_count_without_wait_alone() -> None:
    checks = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "x", "namespace": "team"}]
    both = step("a", "./out/a", healthChecks=checks)
    only = step("a", "./out/a", healthChecks=checks, wait=False)
    (waits,) = read({"d/a.yaml": both, "out/a/g.yaml": GATEWAY})
    (checked,) = read({"d/a.yaml": only, "out/a/g.yaml": GATEWAY})
    assert [gate.key.kind for gate in waits.gates] == ["Gateway"]
    assert [gate.key for gate in checked.gates] == [Key("apps", "Deployment", "team", "x")]


def test_a_kind_without_a_status_is_guarded_by_an_expression_of_its_own() -> None:
    files = {"out/a/g.yaml": GATEWAY, "out/a/c.yaml": CERTIFICATE}
    (found,) = read({"d/a.yaml": step("a", "./out/a", healthCheckExprs=[PROGRAMMED]), **files})
    assert {gate.key.kind: gate.guarded for gate in found.gates} == {
        "Gateway": True, "Certificate": False,
    }  # fmt: skip


def test_times_that_are_not_given_are_those_of_the_interval() -> None:
    (found,) = read({"d/a.yaml": step("a", "./out/a", interval="10m"), "out/a/g.yaml": GATEWAY})
    assert (found.timeout, found.retry) == (600, 600)
    given = step("a", "./out/a", timeout="5m", retryInterval="2m")
    (found,) = read({"d/a.yaml": given, "out/a/g.yaml": GATEWAY})
    assert (found.timeout, found.retry) == (300, 120)


def test_a_step_that_another_step_applies_has_it_as_its_parent() -> None:
    files = {"d/a.yaml": step("a", "./out/a"), "out/a/k.yaml": step("inner", "./config")}
    (delivery,) = deliveries(bundle_of(files).resources, Kinds(Catalog()))
    found = delivery.steps
    assert {one.name: one.parent for one in found} == {"a": "", "inner": "a"}
    assert {one.name: one.remote for one in found} == {"a": False, "inner": True}


@pytest.mark.parametrize(("timeout", "found"), [("10m", [("Deployment", 1200)]), ("20m", [])])
def test_a_server_may_start_for_longer_than_its_step_waits(
    timeout: str, found: list[tuple[str, int]]
) -> None:
    server = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: team}
spec:
  template:
    spec:
      containers:
      - name: server
        image: vllm/vllm-openai:v0.11.0
        resources: {limits: {nvidia.com/gpu: 1}}
        startupProbe: {periodSeconds: 10, failureThreshold: 120}
"""
    way = rolled({
        "d/a.yaml": step("a", "./out/a", timeout=timeout), "d/b.yaml": step("b", "./out/b", "a"),
        "out/a/n.yaml": "{apiVersion: v1, kind: Namespace, metadata: {name: team}}",
        "out/a/s.yaml": server,
        "out/b/n.yaml": "{apiVersion: v1, kind: Namespace, metadata: {name: b}}",
    })  # fmt: skip
    assert [(one.key.kind, one.seconds) for one in way.slow] == found
    assert [text.endswith("; b waits for it") for text in slow_texts(way)] == [True] * len(found)
