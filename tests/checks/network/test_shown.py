"""Namespaces of which the input shows all Pods, beside deliveries."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.network.view import view
from stackgen.manifest.collect import collect

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: models, labels: {app: a}}
spec: {containers: [{name: c, image: i}]}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: models, namespace: argocd}
spec:
  project: default
  source: {repoURL: "https://example.com/r.git", targetRevision: main, PART}
  destination: {server: "https://kubernetes.default.svc", namespace: models}
"""


@pytest.mark.parametrize(
    ("part", "known"),
    [("path: apps/models", True), ("path: apps/others", False), ("chart: models", False)],
)
def test_an_application_of_a_folder_of_the_input_hides_nothing(
    part: str, known: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "apps" / "models"
    folder.mkdir(parents=True)
    (folder / "pod.yaml").write_text(POD)
    (tmp_path / "models.yaml").write_text(APPLICATION.replace("PART", part))
    seen = view(Context(collect([str(tmp_path)]).bundle))
    assert ("models" in seen.known) is known
