"""`lint --previous` and `build`: what may not change once an object exists."""

from __future__ import annotations

from pathlib import Path

from tests.program import stackgen
from tests.stacks import ROOT

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop, labels: {{tier: "{tier}"}}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec: {{containers: [{{name: main, image: "registry.example.com/web:1"}}]}}
"""


def test_a_changed_selector_is_found_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(DEPLOYMENT.format(app="web", tier="a"))
    (tmp_path / "new.yaml").write_text(DEPLOYMENT.format(app="site", tier="a"))
    done = stackgen(
        "lint", "--select", "schema", "--output-format", "concise",
        "--previous", "old.yaml", "new.yaml", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 1
    assert done.out.startswith("new.yaml:5:3: error[schema-immutable] ")


def test_what_may_change_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(DEPLOYMENT.format(app="web", tier="a"))
    (tmp_path / "new.yaml").write_text(DEPLOYMENT.format(app="web", tier="b"))
    arguments = ("lint", "--select", "schema", "--previous", "old.yaml", "new.yaml")
    assert stackgen(*arguments, cwd=tmp_path).code == 0


def test_an_object_that_is_replaced_may_change(tmp_path: Path) -> None:
    """The smoke test's Job cannot be changed, so Flux and Argo CD are told to recreate it."""
    for name in ("stack.yaml", "overlays/dev/stack.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    assert stackgen("build", cwd=tmp_path).code == 0
    spec = tmp_path / "stack.yaml"
    spec.write_text(spec.read_text().replace("name: qwen2-3b-pattern1", "name: qwen2-other"))
    done = stackgen("build", cwd=tmp_path)
    assert done.code == 0, done.out
    assert "qwen2-other" in (tmp_path / "out/dev/7-smoke-test/job-smoke-test.yaml").read_text()
