"""No number in a flag or in the spec breaks a rule or makes it count up to the number."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from types import FrameType
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.facts.engines import running
from stackgen.manifest.resource import Bundle, Resource
from tests.checks.families import found_by

IMAGES = {"google.com/tpu": "vllm/vllm-tpu:v0.27.0", "nvidia.com/gpu": "vllm/vllm-openai:v0.27.0"}
# Numbers that rules compute with. All others share one server.
COMPUTED = (
    "tensor-parallel-size", "pipeline-parallel-size", "data-parallel-size", "max-model-len",
    "max-num-seqs", "max-num-batched-tokens", "block-size", "gpu-memory-utilization", "max-loras",
    "max-lora-rank", "kv-offloading-size", "port",
)  # fmt: skip


def server(name: str, resource: str, flags: dict[str, str]) -> dict[str, Any]:
    devices = {"cpu": "8", "memory": "100Gi", resource: "4"}
    nodes = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
    if resource == "google.com/tpu":
        nodes = {
            "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
            "cloud.google.com/gke-tpu-topology": "2x2",
        }
    container = {
        "name": "vllm", "image": IMAGES[resource], "command": ["vllm", "serve", "Qwen/Qwen3-32B"],
        "args": ["--enable-lora", *(f"--{flag}={value}" for flag, value in flags.items())],
        "resources": {"requests": devices, "limits": devices},
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "models"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"nodeSelector": nodes, "containers": [container]},
            },
        },
    }  # fmt: skip


def servers(value: str) -> Iterator[dict[str, Any]]:
    for resource, image in IMAGES.items():
        found = running(image, "vllm", Catalog())
        assert found is not None
        kinds = found.engine.versions.at(found.version, found.engine.options)
        others = {n for n, kind in kinds.items() if kind.startswith(("int", "float", "size"))}
        assert others and kinds.keys() >= set(COMPUTED)
        each = [{name: value} for name in COMPUTED]
        rest = dict.fromkeys(sorted(others - set(COMPUTED)), value)
        for number, flags in enumerate([*each, rest]):
            yield server(f"{resource[:3]}-{number}", resource, flags)


@contextmanager
def bounded(most: float) -> Iterator[list[int]]:
    """Counts the lines of Python that run, and fails once they are more than `most`."""
    lines = [0]

    def count(frame: FrameType, event: str, _: Any) -> Any:
        lines[0] += event == "line"
        assert lines[0] <= most, f"more than {most} lines, at {frame.f_code.co_qualname}"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield lines
    finally:
        sys.settrace(before)


def judged(value: str) -> set[str]:
    """The ids of the rules that find something."""
    context = Context(Bundle(tuple(Resource(d, "servers.yaml") for d in servers(value))))
    return {f.rule.id for family in ("tpu", "serving") for f in found_by(family, context)}


@pytest.fixture(scope="module")
def usual() -> int:
    """Lines that the checks run for an ordinary number, after all data files have been read."""
    judged("1")
    with bounded(inf) as lines:
        judged("4")
    return lines[0]


@pytest.mark.parametrize("value", ["0", "-4", str(10**6), "1e9", "nan"])
def test_no_number_of_a_flag_breaks_a_rule(value: str) -> None:
    assert judged(value)


def test_leading_zeros_are_read_as_the_engine_reads_them() -> None:
    assert judged("007") == judged("7")


@pytest.mark.parametrize("value", [10**9, 10**30])
def test_no_rule_counts_up_to_a_number(value: int, usual: int) -> None:
    with bounded(2 * usual):
        assert "tp-gt-devices" in judged(str(value))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"parallelism": 3, "completions": 3},
            "3 Pods of Job train request 4 of google.com/tpu each",
        ),
        ({"parallelism": 3, "completions": 2}, ""),
        ({"parallelism": 2}, ""),
        ({"completions": 9}, ""),
        ({"parallelism": 40}, "40 Pods of Job train request 4 of google.com/tpu each"),
    ],
)
def test_pods_that_kueue_admits_together_share_a_quota(spec: dict[str, Any], told: str) -> None:
    pod = server("train", "google.com/tpu", {})["spec"]["template"]
    name = {"name": "train", "namespace": "models"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {**spec, "template": pod}}
    job["metadata"] = {**name, "labels": {"kueue.x-k8s.io/queue-name": "train"}}
    names = ("google.com/tpu", "cpu", "memory")
    quotas = [{"name": n, "nominalQuota": "8" if n == names[0] else "9Ti"} for n in names]
    group = {"coveredResources": [*names], "flavors": [{"name": "tpu", "resources": quotas}]}
    queue = {"namespaceSelector": {}, "resourceGroups": [group]}
    api = "kueue.x-k8s.io/v1beta1"
    documents = [
        job,
        {
            "apiVersion": api,
            "kind": "LocalQueue",
            "metadata": name,
            "spec": {"clusterQueue": "all"},
        },
        {"apiVersion": api, "kind": "ClusterQueue", "metadata": {"name": "all"}, "spec": queue},
    ]
    context = Context(Bundle(tuple(Resource(d, "queue.yaml") for d in documents)))
    rule = registry.of_family("serving")
    (check,) = (module for module in rule if module.id == "kueue-not-admitted")
    found = [finding.message for finding in check.findings(context)]
    assert len(found) == bool(told)
    assert told in "".join(found)
