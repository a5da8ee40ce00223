"""What is fuzzed: each target writes an input into a folder and says which command reads it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from benchmarks.fuzz import surroundings
from benchmarks.fuzz.mutate import mutated, text_of
from benchmarks.fuzz.seeds import (
    BASELINE,
    CONFIG,
    DATA,
    DEFINITION,
    MODEL,
    WIDGET,
    documents,
    exact,
    manifests,
    stack,
    stacks,
)

Target = Callable[[Path, random.Random], list[str]]


def lint(folder: Path, chance: random.Random) -> list[str]:
    """Manifests of which one is changed."""
    form = chance.choice(("text", "json", "sarif", "junit", "github", "concise"))
    return ["lint", manifests(folder, chance), "--output-format", form]


def expand(folder: Path, chance: random.Random) -> list[str]:
    """KServe's services."""
    services = [d for d in documents() if "LLMInferenceService" in str(d.get("kind"))]
    file = folder / "in.yaml"
    file.write_bytes(text_of(mutated(chance.choice(services), chance), chance))
    return ["expand", str(file)]


def net(folder: Path, chance: random.Random) -> list[str]:
    """Policies and the workloads they select."""
    kinds = ("NetworkPolicy", "Deployment", "Service", "Gateway", "LLMInferenceService", "Pod")
    some = [d for d in documents() if d.get("kind") in kinds]
    file = folder / "in.yaml"
    chosen = chance.sample(some, 6)
    file.write_bytes(
        text_of(mutated({"kind": "List", "apiVersion": "v1", "items": chosen}, chance, 5), chance)
    )
    form = chance.choice(("text", "json", "mermaid", "dot", "svg"))
    return ["net", "list", str(file), "--output-format", form]


def diff(folder: Path, chance: random.Random) -> list[str]:
    """An object and the same one changed."""
    document = chance.choice(documents())
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
    file.write_bytes(text_of(mutated(DEFINITION, chance), chance))
    return ["schemas", "import", str(file), "--to", str(folder / "schemas")]


def user_schema(folder: Path, chance: random.Random) -> list[str]:
    """A schema file of the user's, and an object of its kind."""
    from stackgen.schema import importer

    (made,) = importer.convert([("seed", DEFINITION)])
    target = folder / "schemas" / made.path
    target.parent.mkdir(parents=True)
    target.write_bytes(text_of(mutated(json.loads(made.text), chance), chance))
    file = folder / "in.yaml"
    file.write_bytes(text_of(mutated(WIDGET, chance, 1), chance))
    return ["lint", str(file), "--schemas", str(folder / "schemas"), "--select", "schema"]


def spec(folder: Path, chance: random.Random) -> list[str]:
    """The spec, compiled and proven."""
    stack(folder, chance)
    return ["build", "-C", str(folder), "--check"]


def overlay(folder: Path, chance: random.Random) -> list[str]:
    """An overlay."""
    stack(folder, chance, "overlay")
    return ["build", "-C", str(folder), "--check"]


def questions(folder: Path, chance: random.Random) -> list[str]:
    """The spec, by the commands that ask about it."""
    env = stack(folder, chance, chance.choice(("spec", "overlay")))
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
    spec, layer = json.loads(json.dumps(chance.choice(stacks()), default=str))
    objects = [d for d in documents() if isinstance(d.get("metadata"), dict)]
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
    (folder / "b.json").write_bytes(text_of(mutated(BASELINE, chance), chance))
    file = folder / "in.yaml"
    file.write_bytes(text_of(WIDGET, chance))
    return ["lint", str(file), "--baseline", str(folder / "b.json"), "--select", "schema"]


def config(folder: Path, chance: random.Random) -> list[str]:
    """`.stackgen.yaml`, and a model's config.json."""
    stack(folder, chance, "")
    if chance.random() < 0.5:
        (folder / ".stackgen.yaml").write_bytes(text_of(mutated(CONFIG, chance), chance))
        return ["build", "--check", "-C", str(folder)]
    document = yaml.safe_load((folder / "stack.yaml").read_bytes())
    for model in document["spec"]["serving"]["models"]:
        model["config"] = "config.json"
    (folder / "stack.yaml").write_bytes(exact(document))
    (folder / "config.json").write_bytes(text_of(mutated(MODEL, chance), chance))
    return ["plan", "-C", str(folder)]


def data(folder: Path, chance: random.Random) -> list[str]:
    """Data for policies."""
    (folder / "data.yaml").write_bytes(text_of(mutated(DATA, chance), chance))
    file = manifests(folder, chance)
    return ["lint", file, "--data", str(folder / "data.yaml"), "--select", "policy"]


TARGETS: Mapping[str, Target] = {
    "lint": lint, "expand": expand, "net": net, "diff": diff, "import": import_,
    "user-schema": user_schema, "spec": spec, "overlay": overlay, "questions": questions,
    "patch": patch, "baseline": baseline, "config": config, "data": data, **surroundings.TARGETS,
}  # fmt: skip
