"""One line of the spec changes: every line that depends on it follows, and no other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from stackgen.manifest.document import show_path
from tests.stacks import build_data

Leaves = dict[str, Any]
SERVICE = "4-serving/llminferenceservice-qwen2-3b-pattern1.yaml"
POOL = "1-cluster/containernodepool-tpu-v6e-pool.yaml"
CONTAINER = f"{SERVICE} spec.template.containers[0]"


def _leaves(change: Callable[[Any], object] | None = None, env: str = "prod") -> Leaves:
    """Every rendered leaf by `file path`, with one change made to the spec."""
    data = copy.deepcopy(build_data(env).loaded.data)
    if change is not None:
        change(data["spec"])
    bundle = build_data(env, data).bundle
    assert bundle is not None
    return {
        f"{r.file.split('/', 2)[2]} {show_path(path)}": r.get(*path)
        for r in bundle.resources
        for path in r.origins
    }


def _moved(change: Callable[[Any], object], env: str = "prod") -> dict[str, tuple[Any, Any]]:
    """The leaves that a change moves: before and after, None where there is none."""
    before, after = _leaves(env=env), _leaves(change, env)
    return {
        name: (before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def _pool(spec: Any) -> Any:
    return spec["cluster"]["nodePools"][1]


def _model(spec: Any) -> Any:
    return spec["serving"]["models"][0]


QUOTA = '4-serving/resourcequota-accelerators.yaml spec.hard["requests.google.com/tpu"]'


def _topology(after: str, machine: str, chips: str, bounds: str) -> dict[str, tuple[Any, Any]]:
    label = '["cloud.google.com/gke-tpu-topology"]'
    return {
        f"{POOL} spec.nodeConfig.machineType": ("ct6e-standard-4t", machine),
        f"{CONTAINER}.args[3]": ("--tensor-parallel-size=4", f"--tensor-parallel-size={chips}"),
        f"{CONTAINER}.env[0].value": ("2,2,1", bounds),
        f"{CONTAINER}.env[5].value": ("4", chips),
        f'{CONTAINER}.resources.limits["google.com/tpu"]': ("4", chips),
        f'{CONTAINER}.resources.requests["google.com/tpu"]': ("4", chips),
        f"{SERVICE} spec.template.nodeSelector{label}": ("2x2", after),
        QUOTA: ("12", str(3 * int(chips))),  # two replicas, and one more during an update
    }


def test_a_smaller_topology() -> None:
    moved = _moved(lambda spec: _pool(spec).update(topology="1x1"))
    assert moved == _topology("1x1", "ct6e-standard-1t", "1", "1,1,1")


def test_a_larger_topology() -> None:
    moved = _moved(lambda spec: _pool(spec).update(topology="2x4"))
    assert moved == _topology("2x4", "ct6e-standard-8t", "8", "2,4,1")


def test_another_generation() -> None:
    label = 'spec.template.nodeSelector["cloud.google.com/gke-tpu-accelerator"]'
    assert _moved(lambda spec: _pool(spec).update(accelerator="v5e")) == {
        f"{POOL} spec.nodeConfig.diskType": ("hyperdisk-balanced", "pd-balanced"),
        f"{POOL} spec.nodeConfig.machineType": ("ct6e-standard-4t", "ct5lp-hightpu-4t"),
        f"{SERVICE} {label}": ("tpu-v6e-slice", "tpu-v5-lite-podslice"),
        # v5e loads and compiles slower.
        f"{SERVICE} spec.template.containers[0].startupProbe.failureThreshold": (180, 203),
    }


def test_more_replicas() -> None:
    assert _moved(lambda spec: _model(spec).update(replicas=3)) == {
        f"{SERVICE} spec.replicas": (2, 3),
        QUOTA: ("12", "16"),
    }


def test_a_single_replica_needs_no_disruption_budget() -> None:
    moved = _moved(lambda spec: _model(spec).update(replicas=1))
    budget = "poddisruptionbudget-qwen2-3b-pattern1.yaml"
    assert moved.pop(f"{SERVICE} spec.replicas") == (2, 1)
    assert moved.pop(QUOTA) == ("12", "8")
    assert moved.pop("4-serving/kustomization.yaml resources[4]") == (budget, None)
    assert moved
    assert all(n.startswith(f"4-serving/{budget} ") and v[1] is None for n, v in moved.items())


def test_nodes_of_a_pool() -> None:
    assert _moved(lambda spec: _pool(spec).update(nodes={"min": 1, "max": 5})) == {
        f"{POOL} spec.autoscaling.maxNodeCount": (3, 5),
        f"{POOL} spec.autoscaling.minNodeCount": (2, 1),
        f"{POOL} spec.initialNodeCount": (2, 1),
    }


def _renamed(leaves: Leaves, old: str, new: str) -> Leaves:
    """The leaves as a plain search and replace would make them; list entries by their text."""

    def put(value: Any) -> Any:
        return value.replace(old, new) if isinstance(value, str) else value

    return {put(name): put(value) for name, value in leaves.items()}


def test_another_name_of_the_model_service() -> None:
    """Files, selectors, policies, budget, alerts: wherever the name stands, and nowhere the old."""
    for env in ("prod", "dev"):  # dev has the smoke test
        after = _leaves(lambda spec: _model(spec).update(name="other"), env)
        assert after == _renamed(_leaves(env=env), "qwen2-3b-pattern1", "other")


def test_another_name_of_the_node_pool() -> None:
    def change(spec: Any) -> None:
        _pool(spec)["name"] = _model(spec)["nodePool"] = "accelerators"

    assert _leaves(change) == _renamed(_leaves(), "tpu-v6e-pool", "accelerators")


def test_another_name_of_the_namespace() -> None:
    def change(spec: Any) -> None:
        spec["serving"]["namespace"] = "other-models"

    for env in ("prod", "dev"):
        after = _leaves(change, env)
        assert after == _renamed(_leaves(env=env), "llm-d-inference-scheduling", "other-models")


def test_another_model() -> None:
    moved = _moved(lambda s: _model(s).update(model="hf://Qwen/Qwen2.5-72B-Instruct"), "dev")
    plain = {n: v for n, v in moved.items() if n.startswith("4-serving/")}
    assert set(plain) == {
        f"{CONTAINER}.args[1]",
        f"{CONTAINER}.resources.limits.memory",
        f"{CONTAINER}.resources.requests.ephemeral-storage",
        f"{CONTAINER}.resources.requests.memory",
        f"{CONTAINER}.startupProbe.failureThreshold",
        f"{SERVICE} spec.model.name",
        f"{SERVICE} spec.model.uri",
    }
    assert plain[f"{SERVICE} spec.model.uri"][1] == "hf://Qwen/Qwen2.5-72B-Instruct"
    assert plain[f"{CONTAINER}.args[1]"][1] == "--served-model-name=Qwen/Qwen2.5-72B-Instruct"
    asked = moved["7-smoke-test/job-smoke-test.yaml spec.template.spec.containers[0].command[2]"]
    assert "Qwen2.5-72B" in asked[1] and "Qwen2.5-3B" not in asked[1]


def test_without_an_image_pull_secret_nobody_names_it() -> None:
    after = _leaves(lambda spec: spec["serving"].pop("imagePullSecret"))
    text = "\n".join(f"{name}: {value}" for name, value in after.items())
    assert "redhat-pull-secret" not in text
    assert "imagePullSecrets" not in text
    assert "stackgen.dev/pull-secret" not in text
