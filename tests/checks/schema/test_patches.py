"""What patches of a kustomization write, compared with the schema of the object."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import is_final
from stackgen.checks.schema.pass_patches import check
from stackgen.manifest.collect import collect

SERVER = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: qwen}\n"
INDEX = "resources: [server.yaml]\npatches:\n- {path: p.yaml, target: {kind: Deployment}}\n"


def said(folder: Path, patch: str) -> list[tuple[str, str]]:
    (folder / "server.yaml").write_text(SERVER)
    (folder / "p.yaml").write_text(patch)
    (folder / "kustomization.yaml").write_text(INDEX)
    bundle = collect([str(folder)]).bundle
    return [(one.rule.id, one.message) for one in check(Context(bundle=bundle))]


def test_a_merge_patch_with_a_field_that_the_kind_does_not_have(tmp_path: Path) -> None:
    ((rule, message),) = said(
        tmp_path, SERVER + "spec: {replica: 2, paused: null, $patch: merge}\n"
    )
    assert rule == "schema-unknown-field"
    assert message.startswith('in a patch: "replica" is not a field here; did you mean "replicas"')


def test_a_json_patch_with_a_value_of_another_type(tmp_path: Path) -> None:
    container = "/spec/template/spec/containers"
    assert said(tmp_path, f"- {{op: add, path: {container}/-, value: {{nam: x}}}}\n") != []
    assert said(tmp_path, f"- {{op: add, path: {container}/0/args/-, value: --x}}\n") == []
    assert said(tmp_path, "- {op: replace, path: /spec/replicas, value: '${N}'}\n") == []
    assert said(tmp_path, "- {op: replace, path: /spec/replicas, value: '2'}\n") == [
        ("schema-wrong-type", 'in a patch: replicas is "2" (string); an integer is needed')
    ]


SCALER = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: qwen}
spec:
  scaleTargetRef: {name: qwen}
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: "60"}}]
"""


@pytest.mark.parametrize(
    ("written", "patched", "expected"),
    [
        ("maxReplicaCount: 2", "minReplicaCount: 3", "minReplicaCount must be at most"),
        ("maxReplicaCount: 2", "minReplicaCount: 2", ""),
        ("maxReplicaCount: 2", "minReplicaCount: ${LEAST}", ""),
        ("{maxReplicaCount: 2, minReplicaCount: 3}", "pollingInterval: 5", ""),  # said elsewhere
    ],
)
def test_a_patch_whose_value_does_not_fit_another_field(
    tmp_path: Path, written: str, patched: str, expected: str
) -> None:
    own = "".join(f"  {one}\n" for one in written.strip("{}").split(", "))
    (tmp_path / "scaler.yaml").write_text(SCALER + own)
    patch = f"- {{target: {{kind: ScaledObject}}, patch: '{{spec: {{{patched}}}}}'}}"
    (tmp_path / "kustomization.yaml").write_text(f"resources: [scaler.yaml]\npatches:\n{patch}\n")
    found = list(check(Context(bundle=collect([str(tmp_path)]).bundle)))
    assert [one.rule.id for one in found] == ["schema-cross-field"] * bool(expected)
    assert all(one.message.startswith(f"after the patch: {expected}") for one in found)


def test_a_merge_patch_with_a_container_that_the_object_does_not_have(tmp_path: Path) -> None:
    server = (
        SERVER
        + """spec:
  selector: {matchLabels: {app: qwen}}
  template:
    metadata: {labels: {app: qwen}}
    spec: {containers: [{name: vllm, image: "registry.example.com/vllm:1.0"}]}
"""
    )
    patch = "spec: {template: {spec: {containers: [{name: %s, tty: true}]}}}\n"
    (tmp_path / "server.yaml").write_text(server)
    (tmp_path / "kustomization.yaml").write_text(
        "resources: [server.yaml]\npatches: [{path: p.yaml}]"
    )
    found = []
    for name in ("vllm", "main"):
        (tmp_path / "p.yaml").write_text(SERVER + patch % name)
        bundle = collect([str(tmp_path)]).bundle
        found += [(one.rule.id, one.message) for one in check(Context(bundle=bundle))]
    said = "after the patch: image is required (the object has no container main; it has vllm)"
    assert found == [("schema-missing-field", said)]


@pytest.mark.parametrize(("patches", "expected"), [("[]", True), ("[{path: p.yaml}]", False)])
def test_a_value_is_final_if_no_overlay_changes_it(
    tmp_path: Path, patches: str, expected: bool
) -> None:
    for folder in ("base", "prod"):
        (tmp_path / folder).mkdir()
    (tmp_path / "base/server.yaml").write_text(SERVER + "spec: {replicas: 1}\n")
    (tmp_path / "base/kustomization.yaml").write_text("resources: [server.yaml]")
    if not expected:
        (tmp_path / "prod/p.yaml").write_text(SERVER + "spec: {replicas: 2}\n")
    (tmp_path / "prod/kustomization.yaml").write_text(f"resources: [../base]\npatches: {patches}")
    context = Context(bundle=collect([str(tmp_path)]).bundle)
    (server,) = context.bundle.of_kind("Deployment", "apps")
    assert is_final(context, server, ("spec", "replicas")) is expected
