"""What is fuzzed: each target writes an input into a folder and says which command reads it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from benchmarks.fuzz.mutate import mutated, text_of

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ROOT / "generator" / "stackgen" / "patterns"
Target = Callable[[Path, random.Random], list[str]]


@cache
def _documents() -> tuple[Any, ...]:
    """Objects of every sort: what the reference stack renders, and what rules are tried on."""
    files = [*(ROOT / "out").rglob("*.yaml"), *(ROOT / "tests" / "cases" / "rules").rglob("*.yaml")]
    found = []
    for file in sorted(files):
        try:
            found += [d for d in yaml.load_all(file.read_text("utf-8"), yaml.CSafeLoader) if d]
        except (yaml.YAMLError, ValueError):
            continue
    return tuple(json.loads(json.dumps(d, default=str)) for d in found)


@cache
def _stacks() -> tuple[tuple[Any, Any], ...]:
    """Specs with an overlay, of the patterns and of the reference stack."""
    found = []
    for folder in (*sorted(PATTERNS.iterdir()), ROOT):
        spec = yaml.safe_load((folder / "stack.yaml").read_text("utf-8"))
        overlay = sorted((folder / "overlays").glob("*/stack.yaml"))[-1]
        found.append((spec, yaml.safe_load(overlay.read_text("utf-8"))))
    return tuple(found)


_SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 9, "default": 1},
        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9, "enum": ["a", "b"]},
        "port": {
            "x-kubernetes-int-or-string": True,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
        },
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "labels": {
                    "type": "object", "additionalProperties": {"type": "string"}}},
            },
        },
        "object": {"type": "object", "x-kubernetes-embedded-resource": True,
                   "x-kubernetes-preserve-unknown-fields": True},
    },
    "x-kubernetes-validations": [{"rule": "self.size > 0", "message": "no"}],
}  # fmt: skip
_DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"kind": "Widget", "plural": "widgets"},
        "scope": "Namespaced",
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": _SPEC, "status": {"type": "object"}},
            }},
        }],
    },
}  # fmt: skip
_WIDGET = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "a"},
    "spec": {"size": 2, "parts": [{"name": "a", "labels": {"b": "c"}}], "port": 1, "name": "a"},
}
_BASELINE = {
    "version": 1,
    "findings": [{"fingerprint": "ab12", "rule": "x", "object": "a", "path": "b", "count": 1}],
}
_CONFIG = {
    "select": ["tpu", "serving"],
    "ignore": ["policy-image-digest"],
    "fail-on": "warning",
    "paths": [{"path": "a/**", "ignore": ["policy"], "reason": "theirs", "until": "2030-01-01"}],
    "profile": {"stage": "dev"},
}
_DATA = {"stackgen": {"release": "odh-3.5", "profile": {"stage": "dev"}}, "other": {"a": [1]}}
_MODEL = {
    "model_type": "qwen2", "num_hidden_layers": 36, "num_attention_heads": 16,
    "num_key_value_heads": 2, "hidden_size": 2048, "intermediate_size": 11008,
    "vocab_size": 151936, "max_position_embeddings": 32768, "torch_dtype": "bfloat16",
    "quantization_config": {"bits": 4, "quant_method": "awq"}, "text_config": {"head_dim": 128},
}  # fmt: skip


def _manifests(folder: Path, chance: random.Random, name: str = "in.yaml") -> str:
    """A file of one to four objects, at least one of them changed."""
    some = chance.sample(_documents(), chance.randint(1, 4))
    texts = [text_of(mutated(some[0], chance), chance), *(text_of(d, chance) for d in some[1:])]
    file = folder / name
    file.write_bytes(b"\n---\n".join(texts))
    return str(file)


def _exact(data: Any) -> bytes:
    return json.dumps(data, default=str).encode("utf-8")


def _stack(folder: Path, chance: random.Random, change: str = "spec") -> str:
    """A stack of which the file `change` is hostile; its environment."""
    spec, overlay = chance.choice(_stacks())
    (folder / "overlays" / "prod").mkdir(parents=True)
    for part, given, file in (
        ("spec", spec, folder / "stack.yaml"),
        ("overlay", overlay, folder / "overlays" / "prod" / "stack.yaml"),
    ):
        raw = text_of(mutated(given, chance), chance) if change == part else _exact(given)
        file.write_bytes(raw)
    return "prod"


def lint(folder: Path, chance: random.Random) -> list[str]:
    """Manifests of which one is changed."""
    form = chance.choice(("text", "json", "sarif", "junit", "github", "concise"))
    return ["lint", _manifests(folder, chance), "--output-format", form]


def expand(folder: Path, chance: random.Random) -> list[str]:
    """KServe's services."""
    services = [d for d in _documents() if "LLMInferenceService" in str(d.get("kind"))]
    file = folder / "in.yaml"
    file.write_bytes(text_of(mutated(chance.choice(services), chance), chance))
    return ["expand", str(file)]


def net(folder: Path, chance: random.Random) -> list[str]:
    """Policies and the workloads they select."""
    kinds = ("NetworkPolicy", "Deployment", "Service", "Gateway", "LLMInferenceService", "Pod")
    some = [d for d in _documents() if d.get("kind") in kinds]
    file = folder / "in.yaml"
    chosen = chance.sample(some, 6)
    file.write_bytes(
        text_of(mutated({"kind": "List", "apiVersion": "v1", "items": chosen}, chance, 5), chance)
    )
    form = chance.choice(("text", "json", "mermaid", "dot", "svg"))
    return ["net", "list", str(file), "--output-format", form]


def diff(folder: Path, chance: random.Random) -> list[str]:
    """An object and the same one changed."""
    document = chance.choice(_documents())
    old, new = folder / "old.yaml", folder / "new.yaml"
    old.write_bytes(text_of(mutated(document, chance), chance))
    new.write_bytes(text_of(mutated(document, chance), chance))
    return [
        "diff",
        str(old),
        str(new),
        "--output-format",
        chance.choice(("text", "json", "markdown")),
    ]


def import_(folder: Path, chance: random.Random) -> list[str]:
    """Definitions."""
    file = folder / "crd.yaml"
    file.write_bytes(text_of(mutated(_DEFINITION, chance), chance))
    return ["schemas", "import", str(file), "--to", str(folder / "schemas")]


def user_schema(folder: Path, chance: random.Random) -> list[str]:
    """A schema file of the user's, and an object of its kind."""
    from stackgen.schema import importer

    (made,) = importer.convert([("seed", _DEFINITION)])
    target = folder / "schemas" / made.path
    target.parent.mkdir(parents=True)
    target.write_bytes(text_of(mutated(json.loads(made.text), chance), chance))
    file = folder / "in.yaml"
    file.write_bytes(text_of(mutated(_WIDGET, chance, 1), chance))
    return ["lint", str(file), "--schemas", str(folder / "schemas"), "--select", "schema"]


def spec(folder: Path, chance: random.Random) -> list[str]:
    """The spec, compiled and proven."""
    _stack(folder, chance)
    return ["build", "-C", str(folder), "--check"]


def overlay(folder: Path, chance: random.Random) -> list[str]:
    """An overlay."""
    _stack(folder, chance, "overlay")
    return ["build", "-C", str(folder), "--check"]


def questions(folder: Path, chance: random.Random) -> list[str]:
    """The spec, by the commands that ask about it."""
    env = _stack(folder, chance, chance.choice(("spec", "overlay")))
    at = ["-C", str(folder)]
    return chance.choice((
        ["plan", *at],
        ["impact", f"stack.yaml:{chance.randint(1, 60)}", *at],
        ["impact", "spec.serving.models[0].replicas", *at],
        ["trace", "LLMInferenceService/x:spec.replicas", "--env", env, *at],
        ["cluster", "--env", env, "--format", "terraform", *at],
        ["cluster", "--env", env, *at],
        ["bootstrap", "--env", env, "--out", str(folder / "bootstrap"), *at],
        ["net", "list", *at, "--env", env],
        ["net", "prove", *at],
        ["expand", "--env", env, *at],
        ["policies", "facts", "--env", env, *at],
    ))  # fmt: skip


def patch(folder: Path, chance: random.Random) -> list[str]:
    """Patches of the spec: they reach every object."""
    spec, layer = json.loads(json.dumps(chance.choice(_stacks()), default=str))
    objects = [d for d in _documents() if isinstance(d.get("metadata"), dict)]
    target = chance.choice(objects)
    part = mutated({k: target[k] for k in target if k in ("metadata", "spec", "data")}, chance)
    name = target["metadata"].get("name")
    entry = {"target": {"kind": target.get("kind"), "name": name}, "patch": part}
    spec["spec"]["patches"] = [entry]
    (folder / "overlays" / "prod").mkdir(parents=True)
    (folder / "stack.yaml").write_bytes(text_of(spec, chance))
    (folder / "overlays" / "prod" / "stack.yaml").write_bytes(text_of(layer, chance))
    command = chance.choice((["build", "--check"], ["impact", "stack.yaml:20"], ["net", "prove"]))
    return [*command, "-C", str(folder)]


def baseline(folder: Path, chance: random.Random) -> list[str]:
    """Baselines."""
    (folder / "b.json").write_bytes(text_of(mutated(_BASELINE, chance), chance))
    file = folder / "in.yaml"
    file.write_bytes(text_of(_WIDGET, chance))
    return ["lint", str(file), "--baseline", str(folder / "b.json"), "--select", "schema"]


def config(folder: Path, chance: random.Random) -> list[str]:
    """`.stackgen.yaml`, the user's catalogue and a model's config.json."""
    _stack(folder, chance, "")
    which = chance.random()
    if which < 0.4:
        (folder / ".stackgen.yaml").write_bytes(text_of(mutated(_CONFIG, chance), chance))
        return ["build", "--check", "-C", str(folder)]
    if which < 0.7:
        name = chance.choice(
            ("machines", "accelerators", "models", "prices", "images", "topologies")
        )
        shelf = yaml.safe_load((ROOT / "generator/stackgen/catalog" / f"{name}.yaml").read_text())
        shelf = json.loads(json.dumps(shelf, default=str))
        rows = dict(chance.sample(sorted(shelf.items()), 1))
        (folder / "catalog").mkdir()
        (folder / "catalog" / f"{name}.yaml").write_bytes(text_of(mutated(rows, chance), chance))
        return ["plan", "-C", str(folder)]
    document = yaml.safe_load((folder / "stack.yaml").read_bytes())
    for model in document["spec"]["serving"]["models"]:
        model["config"] = "config.json"
    (folder / "stack.yaml").write_bytes(_exact(document))
    (folder / "config.json").write_bytes(text_of(mutated(_MODEL, chance), chance))
    return ["plan", "-C", str(folder)]


def data(folder: Path, chance: random.Random) -> list[str]:
    """Data for policies."""
    (folder / "data.yaml").write_bytes(text_of(mutated(_DATA, chance), chance))
    file = _manifests(folder, chance)
    return ["lint", file, "--data", str(folder / "data.yaml"), "--select", "policy"]


TARGETS: Mapping[str, Target] = {
    "lint": lint, "expand": expand, "net": net, "diff": diff, "import": import_,
    "user-schema": user_schema, "spec": spec, "overlay": overlay, "questions": questions,
    "patch": patch, "baseline": baseline, "config": config, "data": data,
}  # fmt: skip
