"""What fields of objects are after the kustomizations of the input."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import finals
from stackgen.checks.schema.pass_documents import check
from stackgen.findings.model import Severity
from stackgen.manifest.collect import collect

SCALER = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: chat}
spec: {maxReplicaCount: 3}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec: {replicas: 1}
"""
FILES = {
    "base/kustomization.yaml": "resources: [scaler.yaml]\n",
    "base/scaler.yaml": SCALER,
    "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: more.yaml}]\n",
    "prod/more.yaml": SCALER.split("---", maxsplit=1)[0].replace("3", "9"),
    "dev/kustomization.yaml": "resources: [../base]\nreplicas: [{name: chat, count: 2}]\n",
}


def test_overlays_say_what_a_field_is_in_the_end(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    context = Context(collect([str(tmp_path)]).bundle)
    scaler, deployment = (context.bundle.of_kind(k) for k in ("ScaledObject", "Deployment"))
    most = finals(context, next(iter(scaler)), ("spec", "maxReplicaCount"))
    assert {value: Path(place.file or place.resource.file).name for value, place in most} == {
        3: "scaler.yaml",
        9: "more.yaml",
    }
    counts = finals(context, next(iter(deployment)), ("spec", "replicas"))
    assert {value: place.path for value, place in counts} == {
        2: ("replicas", 0, "count"),
        1: ("spec", "replicas"),
    }


POD = """
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: registry.example.com/a:1.0
      resources: {claims: [{name: gpu}]}
"""

NO_CLAIM = "[{op: remove, path: /spec/containers/0/resources}]"


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ("namespace: prod", None),
        ("components: [../extra]", Severity.INFO),
        (f"patches: [{{target: {{kind: Pod}}, patch: '{NO_CLAIM}'}}]", Severity.INFO),
    ],
)
def test_what_no_overlay_adds_to_a_base_is_missing(
    more: str, severity: Severity | None, tmp_path: Path
) -> None:
    files = {
        "base/kustomization.yaml": "resources: [pod.yaml]\n",
        "base/pod.yaml": POD,
        "extra/kustomization.yaml": "kind: Component\npatches: [{path: claim.yaml}]\n",
        "prod/kustomization.yaml": f"resources: [../base]\n{more}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [f for f in check(Context(collect([str(tmp_path)]).bundle)) if "gpu" in f.message]
    assert [f.severity for f in found] == [severity]
