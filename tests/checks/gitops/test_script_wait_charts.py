"""Waits of scripts for what charts of the input make."""

from __future__ import annotations

from pathlib import Path

from tests.manifest.gotemplate.samples import chart
from tests.program import stackgen

SCRIPT = """\
#!/bin/bash
set -e
helm upgrade --install qwen ./charts/server -f env.yaml
kubectl rollout status deployment/qwen
"""
SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec: {containers: [{name: server, image: "registry.example.com/server:1.2"}]}
"""


def test_a_release_without_a_namespace_is_where_the_script_looks(tmp_path: Path) -> None:
    chart(tmp_path / "charts" / "server", "replicas: 1\n", templates__server=SERVER)
    (tmp_path / "env.yaml").write_text("replicas: 1\n")
    (tmp_path / "install.sh").write_text(SCRIPT)
    script = tmp_path / "install.sh"
    assert "script-wait" not in stackgen("lint", ".", cwd=tmp_path).out
    script.write_text(SCRIPT.replace("-f env", "-n models -f env"))
    assert "script-wait" in stackgen("lint", ".", cwd=tmp_path).out
