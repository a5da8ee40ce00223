"""What fields of objects are after the kustomizations of the input."""

from __future__ import annotations

from pathlib import Path

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import finals
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
