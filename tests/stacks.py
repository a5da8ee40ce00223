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
