"""Helpers of the tests: building stacks from data, and walking over specs."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stackgen.compiler import Compiled, compile_environment
from stackgen.origin import Traced

ROOT = Path(__file__).resolve().parent.parent
CONFIG = "model.config.json"  # of a model, beside stack.yaml in every stack built from data


def build_data(env: str, data: dict[str, Any] | None = None, *, prove: bool = False) -> Compiled:
    """The repository's stack in `env`; with `data`, that merged spec instead of the files."""
    if data is None:
        return compile_environment(str(ROOT), env, prove=prove)
    with tempfile.TemporaryDirectory() as folder:
        # JSON is YAML; the overlay only names the environment.
        (Path(folder) / "stack.yaml").write_text(json.dumps(data), encoding="utf-8")
        shutil.copy(ROOT / "tests" / "cases" / "plan" / CONFIG, folder)
        overlay = Path(folder) / "overlays" / env / "stack.yaml"
        overlay.parent.mkdir(parents=True)
        overlay.write_text("{}\n", encoding="utf-8")
        return compile_environment(folder, env, prove=prove)


def of_one_model(
    release: str, gateway: dict[str, Any], pool: dict[str, Any], /, prove: bool = False,
    observe: dict[str, Any] | None = None, delivery: dict[str, Any] | None = None,
    cluster: dict[str, Any] | None = None, **model: Any,
) -> Compiled:  # fmt: skip
    """A stack of one model `qwen` in the namespace `models`, on the pool `tpu`."""
    one = {"name": "qwen", "model": "hf://Qwen/Qwen3-32B", "nodePool": "tpu", **model}
    http = {"listeners": [{"name": "http", "port": 80}], **gateway}
    data = _data(release, one, [_pool("tpu", pool)], http, observe, delivery)
    data["spec"]["cluster"] |= cluster or {}
    return build_data("default", data, prove=prove)


def _pool(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "nodes": {"min": 0, "max": 8}, "diskSizeGb": 500, **shape}


def _data(
    release: str, model: dict[str, Any], pools: list[dict[str, Any]], gateway: dict[str, Any],
    observe: dict[str, Any] | None, delivery: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The data of a stack of one model in the namespace `models`, beside a pool for the rest."""
    system = {
        "name": "default-pool", "machineType": "n1-standard-8", "nodes": {"min": 2, "max": 4},
    }  # fmt: skip
    return {
        "apiVersion": "stackgen.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": "demo"},
        "spec": {
            "release": release,
            "cluster": {
                "project": "my-project",
                "location": "us-central1-b",
                "controlPlaneCidr": "172.16.0.0/28",
                "nodeServiceAccount": "nodes@my-project.iam.gserviceaccount.com",
                "nodePools": [system, *pools],
            },
            "gateway": gateway,
            "serving": {"namespace": "models", "models": [model]},
            "observe": observe or {},
            "delivery": {"repository": "https://example.com/stacks", **(delivery or {})},
        },
    }


def split_stack(
    release: str, pool: dict[str, Any] | None = None, gateway: dict[str, Any] | None = None,
    observe: dict[str, Any] | None = None, **model: Any,
) -> dict[str, Any]:  # fmt: skip
    """The data of a stack of one model `qwen` with prefill servers, on pools of their own."""
    shape = pool or {"accelerator": "v6e", "topology": "2x4"}
    pools = [_pool(name, shape) for name in ("decode", "prefill")]
    one = {
        "name": "qwen", "model": "hf://Qwen/Qwen3-32B", "nodePool": "decode", "replicas": 2,
        "prefill": {"replicas": 3, "nodePool": "prefill"}, **model,
    }  # fmt: skip
    http = [{"name": "http", "port": 80}]
    there = {"exposure": "internal", "listeners": http, **(gateway or {})}
    return _data(release, one, pools, there, observe)


def spec_leaves(compiled: Compiled) -> Iterator[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    """Every leaf of the typed spec, defaults included: path, value, its schema."""
    from stackgen.spec.schema import stack_schema

    yield from _leaves(compiled.stack, (), stack_schema())


def _leaves(
    value: Any, path: tuple[Any, ...], schema: dict[str, Any]
) -> Iterator[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    from stackgen.spec.schema import key_of

    if isinstance(value, Traced):
        yield path, value.value, schema
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, (*path, i), schema["items"])
    else:
        for field in dataclasses.fields(typing.cast(Any, value)):
            key = key_of(field)
            inner = schema["properties"][key]
            yield from _leaves(getattr(value, field.name), (*path, key), inner)
