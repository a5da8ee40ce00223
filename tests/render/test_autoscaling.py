"""Names of Pods in queries: of every rendering, they select the Pods of one workload."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.origin import literal
from stackgen.platforms.registry import predictions
from stackgen.render.autoscaling import pods_of
from tests.stacks import build_data, split_stack

SLICES = {
    "accelerator": "tpu7x", "topology": "2x2x1", "slicing": "dynamic",
    "reservation": "projects/other-project/reservations/tpu/reservationBlocks/b1",
    "nodes": {"min": 16, "max": 16},
}  # fmt: skip
LONG = "llama-3-1-70b-instruct-for-a-team"
MATCHER = re.compile(r'pod([=!]~)"([^"]*)"')


def split(release: str, pool: dict[str, Any] | None = None, name: str = "qwen") -> Compiled:
    """Servers of both roles with every query that the stack has."""
    data = split_stack(
        release, pool, name=name, replicas=None, autoscaling={"min": 1, "max": 3, "target": 32},
        prefill={"nodePool": "prefill", "autoscaling": {"max": 2, "metric": "ttft"}},
        slo={"ttft": {"p90": "2s"}, "tpot": {"p90": "100ms"}},
        traffic={"requestsPerSecond": 1, "inputTokens": 500, "outputTokens": 100},
    )  # fmt: skip
    if pool is not None:
        data["spec"]["cluster"] |= {"location": "us-central1-c", "releaseChannel": "RAPID"}
    return build_data("default", data)


def pods(kind: str, name: str) -> list[str]:
    """Names of Pods as Kubernetes makes them: 58 characters and five more, or a number."""
    if kind == "LeaderWorkerSet":
        return [f"{name}-0", f"{name}-12"]
    return [f"{name}-{digest}-"[:58] + "x7k2p" for digest in ("5d4f", "7bd9c8f6d5")]


def workloads(compiled: Compiled) -> list[tuple[str, str]]:
    """Kind and name of all that makes Pods, with what the controller makes of services."""
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    found = [r.data for r in compiled.bundle.objects]
    row = compiled.catalog.copy().release(compiled.stack.spec.release.value)
    if row is not None and row.data["platform"] == "kserve":
        objects = predictions()["kserve"].objects(compiled.bundle, row)
        for service in compiled.bundle.of_kind("LLMInferenceService", "serving.kserve.io"):
            found += objects(service).objects
    kinds = ("Deployment", "LeaderWorkerSet")
    return [(o["kind"], o["metadata"]["name"]) for o in found if o["kind"] in kinds]


@pytest.mark.parametrize(
    ("release", "pool", "name", "owners"),
    [
        ("llm-d-0.9", None, "qwen", {"qwen", "qwen-prefill"}),
        ("llm-d-0.9", SLICES, "qwen", {"qwen", "qwen-prefill"}),
        ("kserve-0.21", None, LONG, {f"{LONG}-kserve", f"{LONG}-kserve-prefill"}),
    ],
)
def test_each_query_selects_the_pods_of_one_workload(
    release: str, pool: dict[str, Any] | None, name: str, owners: set[str]
) -> None:
    compiled = split(release, pool, name)
    made = workloads(compiled)
    assert compiled.bundle is not None
    text = json.dumps([r.data for r in compiled.bundle.objects]).replace('\\\\\\"', '"')
    found = set(MATCHER.findall(text.replace('\\"', '"')))
    selected = {}
    for sign, names in found:
        assert sign == "=~"
        hit = {w for w in made if any(re.fullmatch(names, pod) for pod in pods(*w))}
        assert len(hit) == 1, (names, hit, made)
        ((kind, owner),) = hit
        assert all(re.fullmatch(names, pod) for pod in pods(kind, owner))
        selected[owner] = kind
    assert owners <= selected.keys(), selected
    if pool is not None:
        assert {selected[owner] for owner in owners} == {"LeaderWorkerSet"}


@pytest.mark.parametrize("length", [1, 45, 46, 47, 56, 57, 58, 63])
def test_long_names_of_deployments_are_cut_in_those_of_pods(length: int) -> None:
    name = literal("n" * length, "test", "a name")
    names = pods_of(name, name).value
    assert all(re.fullmatch(names, pod) for pod in pods("Deployment", name.value))
    assert not any(re.fullmatch(names, f"{pod}-0") for pod in pods("Deployment", name.value))
