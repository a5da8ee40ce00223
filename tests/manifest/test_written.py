"""What Helm prints names its templates; findings name them too."""

from __future__ import annotations

from pathlib import Path

from stackgen.manifest.written import Templates
from stackgen.manifest.yaml_in import parse
from tests.program import stackgen

RENDERED = """\
---
# Source: chart/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: team}
data: {a: 1}
---
# Source: chart/charts/sub/templates/b.yaml
# a remark
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: team}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: team}
data:
  text: |
    # Source: not/a/template.yaml
"""


def test_each_document_knows_its_template() -> None:
    templates = Templates(RENDERED)
    found = [templates.of(d) for d in parse(RENDERED, "x")]
    assert [w and w.file for w in found] == [
        "chart/templates/a.yaml",
        "chart/charts/sub/templates/b.yaml",
        None,
    ]


def test_a_finding_names_the_template(tmp_path: Path) -> None:
    run = stackgen("lint", "-", "--select", "schema", cwd=tmp_path, given=RENDERED)
    assert (
        run.text
        == """\
error[schema-wrong-type]: a is 1 (number); a string is needed
 --> <stdin>:6:11
  |
6 | data: {a: 1}
  |           ^
  |
 ::: chart/templates/a.yaml
  | the template it is made from
  = in the cluster: The API server rejects the object.
  = help: Write `a: "1"`.
  = docs: stackgen explain schema-wrong-type

1 error in 3 documents
[exit 1]
"""
    )
