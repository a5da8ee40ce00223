"""Pods of a chart that a script installs are Pods that the input does not show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli

MANIFESTS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: models}
spec:
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec: {containers: [{name: chat, image: "registry.example.com/chat:1.0.0"}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: events, namespace: models}
spec:
  podSelector: {matchLabels: {app: chat}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: picker}}}], ports: [{port: 5556}]}]
"""
INSTALL = "helm install picker oci://registry.example.com/picker --version 1.0.0 -n models\n"


@pytest.mark.parametrize("script", ["", INSTALL])
def test_a_peer_may_be_a_pod_of_the_chart(tmp_path: Path, script: str) -> None:
    (tmp_path / "models.yaml").write_text(MANIFESTS, encoding="utf-8")
    (tmp_path / "setup.sh").write_text(f"#!/bin/bash\n{script}", encoding="utf-8")
    done = CliRunner().invoke(cli, ["lint", str(tmp_path), "--output-format", "json"])
    rules = {one["rule"] for one in json.loads(done.stdout)["findings"]}
    assert ("net-peer-selects-nothing" in rules) is not bool(script)
