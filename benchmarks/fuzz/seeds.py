"""Valid inputs that targets change, and the files that they write them to."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from benchmarks.fuzz.mutate import mutated, text_of

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ROOT / "generator" / "stackgen" / "patterns"


@cache
def documents() -> tuple[Any, ...]:
    """Objects of every sort: what the reference stack renders, and what rules are tried on."""
    files = [*(ROOT / "out").rglob("*.yaml"), *(ROOT / "tests" / "cases" / "rules").rglob("*.yaml")]
    found = []
    for file in sorted(files):
        try:
            read = yaml.load_all(file.read_text("utf-8"), yaml.CSafeLoader)
            found += [d for d in read if d and isinstance(d, dict)]
        except (yaml.YAMLError, ValueError):
            continue
    return tuple(json.loads(json.dumps(d, default=str)) for d in found)


@cache
def stacks() -> tuple[tuple[Any, Any], ...]:
    """Specs with an overlay, of the patterns and of the reference stack."""
    found = []
    for folder in (*sorted(PATTERNS.iterdir()), ROOT):
        spec = yaml.safe_load((folder / "stack.yaml").read_text("utf-8"))
        overlay = sorted((folder / "overlays").glob("*/stack.yaml"))[-1]
        found.append((spec, yaml.safe_load(overlay.read_text("utf-8"))))
    return tuple(found)


SPEC = {
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
DEFINITION = {
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
                "properties": {"spec": SPEC, "status": {"type": "object"}},
            }},
        }],
    },
}  # fmt: skip
WIDGET = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "a"},
    "spec": {"size": 2, "parts": [{"name": "a", "labels": {"b": "c"}}], "port": 1, "name": "a"},
}
BASELINE = {
    "version": 1,
    "findings": [{"fingerprint": "ab12", "rule": "x", "object": "a", "path": "b", "count": 1}],
}
CONFIG = {
    "select": ["tpu", "serving"],
    "ignore": ["policy-image-digest"],
    "fail-on": "warning",
    "paths": [{"path": "a/**", "ignore": ["policy"], "reason": "theirs", "until": "2030-01-01"}],
    "profile": {"stage": "dev"},
}
DATA = {"stackgen": {"release": "odh-3.5", "profile": {"stage": "dev"}}, "other": {"a": [1]}}
MODEL = {
    "model_type": "qwen2", "num_hidden_layers": 36, "num_attention_heads": 16,
    "num_key_value_heads": 2, "hidden_size": 2048, "intermediate_size": 11008,
    "vocab_size": 151936, "max_position_embeddings": 32768, "torch_dtype": "bfloat16",
    "quantization_config": {"bits": 4, "quant_method": "awq"}, "text_config": {"head_dim": 128},
}  # fmt: skip


def manifests(folder: Path, chance: random.Random, name: str = "in.yaml") -> str:
    """A file of one to four objects, at least one of them changed."""
    some = chance.sample(documents(), chance.randint(1, 4))
    texts = [text_of(mutated(some[0], chance), chance), *(text_of(d, chance) for d in some[1:])]
    file = folder / name
    file.write_bytes(b"\n---\n".join(texts))
    return str(file)


def exact(data: Any) -> bytes:
    return json.dumps(data, default=str).encode("utf-8")


def stack(folder: Path, chance: random.Random, change: str = "spec") -> str:
    """A stack of which the file `change` is hostile; its environment."""
    spec, overlay = chance.choice(stacks())
    (folder / "overlays" / "prod").mkdir(parents=True)
    for part, given, file in (
        ("spec", spec, folder / "stack.yaml"),
        ("overlay", overlay, folder / "overlays" / "prod" / "stack.yaml"),
    ):
        raw = text_of(mutated(given, chance), chance) if change == part else exact(given)
        file.write_bytes(raw)
    return "prod"
