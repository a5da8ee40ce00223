"""Stacks as files: the reference, every pattern, and every combination of choices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackgen import paths
from stackgen.compiler import Compiled, environments
from stackgen.starter import patterns
from stackgen.tree.render import files_of
from tests.layers.difference import compiled
from tests.stacks import ROOT
from tests.test_combinations import COMBINATIONS, combined

Object = dict[str, Any]
COMBINED = {", ".join(chosen.values()): chosen for chosen in COMBINATIONS}
NAMED = [f"reference/{env}" for env in environments(str(ROOT))] + [
    f"{name}/{env}" for name in patterns.names() for env in environments(paths.patterns(name))
]
NAMES = [*NAMED, *COMBINED]


@dataclass(frozen=True)
class Stack:
    """A stack and the folder of its repository. files: the objects, by path below `out/<env>`."""

    name: str
    root: Path
    env: str
    engine: str
    files: dict[str, Object]

    @property
    def out(self) -> Path:
        return self.root / "out" / self.env


def compile_named(name: str) -> Compiled:
    """The stack of one of NAMES, compiled."""
    return combined(COMBINED[name]) if name in COMBINED else compiled(name)


def write(name: str, made: Compiled, root: Path) -> Stack:
    """Write the files of a compiled stack below `root`, as in a repository."""
    assert made.bundle is not None and made.stack is not None
    for file, content in files_of(made).items():
        target = root / "out" / made.env / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    files = {r.file.removeprefix(f"out/{made.env}/"): plain(r.data) for r in made.bundle.objects}
    return Stack(name, root, made.env, made.stack.spec.delivery.engine.value, files)


def plain(data: Any) -> Any:
    """As a reader of JSON has it: 1.0 and 1 are the same number."""
    return json.loads(json.dumps(data), parse_float=float)


def identity(data: Object) -> str:
    """One line that names an object."""
    meta = data["metadata"]
    return f"{data['apiVersion']} {data['kind']} {meta.get('namespace', '')}/{meta['name']}"
