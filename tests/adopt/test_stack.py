"""A stack from manifests: what is rendered is adopted as it is, and others by patches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stackgen import paths
from stackgen.adopt.read import name_of, read, release_of
from stackgen.adopt.stack import Stack, adopt
from stackgen.catalog.load import Catalog
from stackgen.compiler import compile_environment
from stackgen.manifest.collect import collect_text
from stackgen.manifest.resource import Bundle
from stackgen.starter import patterns
from tests.program import stackgen, state

CANARY = "hf_" + "bB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3f"
SERVER = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: qwen, namespace: llm}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: qwen}}}}
  template:
    metadata: {{labels: {{app: qwen}}}}
    spec:
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x2
      containers:
        - name: server
          image: vllm/vllm-tpu:v0.12.0
          command: [vllm, serve, Qwen/Qwen3-8B]
          args: [--max-model-len=8192, --max-num-batched-tokens=512, --api-key={CANARY}]
          env:
            - {{name: HF_TOKEN, value: {CANARY}}}
          resources: {{limits: {{google.com/tpu: 4}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: others, namespace: llm}}
data: {{a: b}}
"""


def _adopted(text: str) -> Stack:
    bundle = collect_text(text, "in.yaml").bundle
    return adopt(bundle, release_of(bundle, Catalog()), "llm")


@pytest.mark.parametrize("pattern", patterns.names())
def test_what_stackgen_renders_is_adopted_without_a_patch(pattern: str) -> None:
    compiled = compile_environment(paths.patterns(pattern), "prod", prove=False)
    assert compiled.bundle is not None and compiled.stack is not None
    release = release_of(compiled.bundle, Catalog())
    assert release == compiled.stack.spec.release.value
    made = adopt(compiled.bundle, release, name_of(compiled.bundle))
    assert made.errors == ()
    assert len(made.results) > 50
    wrong = [(r.resource.kind, r.resource.name, r.state, r.patch) for r in made.results]
    assert [x for x in wrong if x[2:] != ("equal", None)] == []


def test_a_deployment_of_others_becomes_a_model() -> None:
    made = _adopted(SERVER)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    assert spec["release"].startswith("llm-d-")
    (model,) = spec["serving"]["models"]
    assert (model["model"], model["replicas"], model["maxModelLen"]) == (
        "hf://Qwen/Qwen3-8B", 2, 8192
    )  # fmt: skip
    assert "--max-num-batched-tokens=512" in model["args"]
    pools = {p["name"]: p for p in spec["cluster"]["nodePools"]}
    assert (pools[model["nodePool"]]["accelerator"], pools[model["nodePool"]]["topology"]) == (
        "v6e", "2x2"
    )  # fmt: skip
    states = {r.resource.kind: r.state for r in made.results}
    # The token is a secret value, which no patch repeats.
    assert states == {"Deployment": "differs", "ConfigMap": "missing"}
    assert CANARY.encode() not in b"".join(made.files.values())
    (server,) = [r for r in made.results if r.resource.kind == "Deployment"]
    assert all(".env" in path or ".args" in path for path in server.changed), server.changed
    assert "Deployment qwen: container server is called modelserver" in made.assumed
    assert any("node pool" in what or "nodePools" in what for what in made.assumed)


def test_with_patches_the_render_says_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "in.yaml"
    file.write_text(SERVER.replace(f", --api-key={CANARY}", "").replace(CANARY, "''"))
    run = stackgen("adopt", "in.yaml", "-o", "made", cwd=tmp_path)
    assert (run.code, run.err) == (1, "")
    assert "  Deployment llm/qwen: rendered, with more fields, by a patch\n" in run.out
    assert "  ConfigMap llm/others: not rendered\n" in run.out
    assert "1 of 2 objects are rendered, 0 without a patch\n" in run.out
    built = stackgen("build", "--select", "spec", cwd=tmp_path / "made")
    assert built.code == 0, built.out
    texts = [p.read_text() for p in (tmp_path / "made/out").rglob("deployment-qwen.yaml")]
    (server,) = [yaml.safe_load(text) for text in texts]
    (container,) = server["spec"]["template"]["spec"]["containers"][:1]
    assert "vllm/vllm-tpu:v0.12.0" in str(server)
    assert container["resources"]["limits"]["google.com/tpu"] in (4, "4")


def test_nothing_is_overwritten_and_nothing_empty_is_adopted(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(SERVER)
    (tmp_path / "stack.yaml").write_text("mine\n")
    (tmp_path / "empty.yaml").write_text("a: b\n")
    before = state(tmp_path)
    for arguments, said in (
        (["in.yaml"], "stackgen: stack.yaml: is there already, or something is in its way\n"),
        (["empty.yaml", "-o", "x"], "stackgen: there is no Kubernetes object to adopt\n"),
        ([], "stackgen: name files or folders, - for standard input, or --kustomize DIR\n"),
        (["in.yaml", "--release", "odh", "-o", "x"], "stackgen: no release 'odh'"),
    ):
        run = stackgen("adopt", *arguments, cwd=tmp_path)
        assert (run.code, run.out) == (2, "")
        assert said in run.err
    assert state(tmp_path) == before


def test_any_names_and_shapes_are_data() -> None:
    odd = SERVER.replace("name: qwen,", 'name: "a: {b}\\n# c",').replace(
        "replicas: 2", "replicas: x"
    )
    made = _adopted(odd)
    assert yaml.safe_load(made.files["stack.yaml"])["spec"]["serving"]["models"][0]["name"] == (
        "a: {b}\n# c"
    )
    assert made.errors


ODD: tuple[object, ...] = (None, "x", 3, ["x"], {"a": "b"}, [{"name": 3}])


def _odd(data: object) -> Iterator[object]:
    """The data with each value in it replaced by each of ODD."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from ({**data, key: odd} for odd in ODD)
            yield from ({**data, key: inner} for inner in _odd(value))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from ([*data[:i], inner, *data[i + 1 :]] for inner in _odd(value))


def test_no_shape_of_an_object_is_a_fault() -> None:
    compiled = compile_environment(paths.patterns("llm-d-single"), "prod", prove=False)
    assert compiled.bundle is not None
    kinds = {"Deployment", "Gateway", "ContainerNodePool", "Kustomization",
             "NetworkPolicy", "ServiceAccount", "ContainerCluster"}  # fmt: skip
    first = {r.kind: r for r in compiled.bundle.objects if r.kind in kinds}
    assert len(first) > 5
    catalog, tried = Catalog(), 0
    for resource in first.values():
        for data in _odd(resource.data):
            if isinstance(data, dict) and isinstance(data.get("metadata"), dict):
                changed = Bundle((replace(resource, data=data),))
                if changed.objects:
                    read(changed, "llm-d-0.9", catalog)
                    tried += 1
    assert tried > 500


def test_tolerations_and_mounts_of_others_build(tmp_path: Path) -> None:
    text = SERVER.replace(f", --api-key={CANARY}", "").replace(CANARY, "''")
    text = text.replace(
        "      containers:\n",
        "      tolerations: [{key: google.com/tpu, operator: Exists, effect: NoSchedule}]\n"
        "      volumes: [{name: shm, emptyDir: {medium: Memory}}]\n      containers:\n",
    ).replace(
        "          resources:",
        "          volumeMounts: [{name: shm, mountPath: /dev/shm}]\n          resources:",
    )
    (tmp_path / "in.yaml").write_text(text)
    assert stackgen("adopt", "in.yaml", "-o", "made", cwd=tmp_path).code == 1
    built = stackgen("build", "--select", "schema", cwd=tmp_path / "made")
    assert built.code == 0, built.out
