"""Kustomize renders exactly the objects that were checked: from the whole, and from each folder."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stackgen import paths
from stackgen.compiler import Compiled, compile_environment, environments
from stackgen.manifest.yaml_in import parse
from stackgen.starter import patterns
from stackgen.tree.render import files_of
from tests.kubectl import kustomize, kustomize_alone, needs_kubectl
from tests.program import stackgen
from tests.stacks import ROOT

CASES = ROOT / "tests" / "cases"
STACKS = [
    *((ROOT, env) for env in environments(str(ROOT))),
    *((f, environments(str(f))[0]) for f in sorted((CASES / "stacks").iterdir()) if f.is_dir()),
    *((Path(paths.patterns(name)), "prod") for name in patterns.names()),
]
DELIVERY = "delivery"
pytestmark = needs_kubectl


def _identity(data: dict[str, Any]) -> str:
    meta = data["metadata"]
    return f"{data['apiVersion']} {data['kind']} {meta.get('namespace', '')}/{meta['name']}"


def _objects(text: str) -> dict[str, Any]:
    """The objects of a YAML stream by identity; numbers and text as kubectl reads them."""
    documents = parse(text, "kustomize")
    assert all(not d.problems for d in documents)
    found = {_identity(d.data): _plain(d.data) for d in documents}
    assert len(found) == len(documents), "an object is rendered twice"
    return found


def _plain(data: Any) -> Any:
    """1.0 and 1 are the same number to JSON readers."""
    return json.loads(json.dumps(data), parse_float=float)


@pytest.fixture(scope="module", params=STACKS, ids=lambda s: f"{s[0].name}-{s[1]}")
def built(request: pytest.FixtureRequest, tmp_path_factory: Any) -> tuple[Compiled, Path]:
    """A stack, compiled, and the folder of its files."""
    root, env = request.param
    compiled = compile_environment(str(root), env, prove=False)
    folder: Path = tmp_path_factory.mktemp("out")
    for name, content in files_of(compiled).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return compiled, folder


def _checked(compiled: Compiled, below: str) -> dict[str, Any]:
    """The objects of the bundle in the folder `below` of the environment."""
    assert compiled.bundle is not None
    prefix = f"out/{compiled.env}/" + (f"{below}/" if below else "")
    return {
        _identity(r.data): _plain(r.data)
        for r in compiled.bundle.objects
        if r.file.startswith(prefix) and (below or f"/{DELIVERY}/" not in r.file)
    }


def test_the_whole_renders_every_object_but_delivery(built: tuple[Compiled, Path]) -> None:
    compiled, folder = built
    wanted = _checked(compiled, "")
    assert len(wanted) > 20
    assert _objects(kustomize(folder)) == wanted


def test_every_folder_renders_its_own_objects(built: tuple[Compiled, Path]) -> None:
    compiled, folder = built
    tried = Counter[str]()
    for index in sorted(folder.rglob("kustomization.yaml")):
        below = str(index.parent.relative_to(folder))
        if below == ".":
            continue
        wanted = _checked(compiled, below)
        assert wanted, f"{below} has an index and no object"
        assert _objects(kustomize_alone(index.parent)) == wanted, below
        tried[below.split("/", maxsplit=1)[0]] += 1
    layers = {"2-platform", "3-gateway", "4-serving"}
    assert compiled.stack is not None
    assert ("1-cluster" in tried) == compiled.stack.spec.cluster.managed.value
    assert layers <= set(tried)
    assert tried["2-platform"] > (3 if compiled.stack.spec.platform.all.value == "managed" else 0)


def test_every_file_is_listed_by_one_index(built: tuple[Compiled, Path]) -> None:
    compiled, folder = built
    listed = Counter[str]()
    for index in folder.rglob("kustomization.yaml"):
        (document,) = parse(index.read_text(), "index")
        for entry in document.data["resources"]:
            listed[str((index.parent / entry).relative_to(folder))] += 1
    assert set(listed.values()) == {1}
    assert compiled.bundle is not None
    objects = {r.file.split("/", 2)[2] for r in compiled.bundle.objects}
    assert objects <= set(listed)
    assert {name for name in listed if name.endswith(".yaml")} == objects


def test_an_overlay_of_kustomize_is_rendered_and_linted(tmp_path: Path) -> None:
    """Last-mile patches of a user over out/prod, as the workflow has it."""
    shutil.copytree(CASES / "kustomize-overlay", tmp_path / "overlays" / "prod")
    compiled = compile_environment(str(ROOT), "prod", prove=False)
    for name, content in files_of(compiled).items():
        (tmp_path / "out" / "prod" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / "prod" / name).write_bytes(content)
    rendered = kustomize(tmp_path / "overlays" / "prod")
    found, wanted = _objects(rendered), _checked(compiled, "")
    service = "serving.kserve.io/v1alpha1 LLMInferenceService "
    service += "llm-d-inference-scheduling/qwen2-3b-pattern1"
    changed = {name for name in wanted if found.get(name) != wanted[name]}
    assert changed == {service}
    assert found[service]["spec"]["replicas"] == 3
    assert set(found) - set(wanted) == {"v1 ConfigMap llm-d-inference-scheduling/extra"}

    options = ("--select", "schema", "--release", "llm-d-infra-xks-0.15")
    good = stackgen("lint", "-", *options, cwd=tmp_path, given=rendered)
    assert (good.code, good.err) == (0, "")
    assert good.out == f"no findings in {len(found)} documents\n"
    bad = rendered.replace("replicas: 3", "replicas: three")
    run = stackgen("lint", "-", *options, cwd=tmp_path, given=bad)
    assert run.code == 1
    line = 1 + bad[: bad.index("replicas: three")].count("\n")
    assert f"--> <stdin>:{line}:13" in run.out
