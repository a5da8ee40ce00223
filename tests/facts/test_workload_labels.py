"""The node labels that a workload asks for, from its selector and its affinity."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
          - matchExpressions:
              - {key: cloud.google.com/gke-tpu-topology, operator: In, values: VALUES}
  containers:
    - {name: a, image: registry.k8s.io/pause:3.10}
"""


@pytest.mark.parametrize("values", ["5", "{}", "true", "x", "[5, [2x2]]"])
def test_values_that_are_no_list_of_strings_are_the_schemas_to_report(
    tmp_path: Path, values: str
) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(POD.replace("VALUES", values), encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", "--output-format", "concise", str(file)])
    assert ": error[schema-wrong-type] " in result.stdout
    assert "rule-crashed" not in result.stdout
