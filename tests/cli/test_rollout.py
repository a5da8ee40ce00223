"""`stackgen rollout`: exit codes, formats, and where it starts from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from tests.sandbox import ROOT


def ran(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["rollout", "-C", str(ROOT), "--env", "prod", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.return_value if isinstance(done.return_value, int) else done.exit_code, done.output


def test_the_first_installation_of_the_reference_stack() -> None:
    _, text = ran()
    lines = text.splitlines()
    assert lines[0] == "prod, management-cluster: first installation with Flux, 1 step"
    begin = "prod, workload-cluster: first installation with Flux, "
    assert any(line.startswith(begin) for line in lines)
    assert any(line.split()[:1] == ["4-serving"] for line in lines)


def test_from_the_same_render_nothing_changes() -> None:
    code, text = ran("--from", str(ROOT))
    assert (code, text.splitlines()[-1]) == (0, "  nothing changes")


def test_a_folder_of_manifests_is_a_start_as_well(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "out" / "prod", tmp_path / "out" / "prod")
    (tmp_path / "out" / "prod" / "3-gateway" / "gateway-inference-gateway.yaml").unlink()
    _, text = ran("--from", str(tmp_path / "out"), "--output-format", "json")
    _, found = json.loads(text)["rollouts"]
    changes = {
        (one["object"]["kind"], one["change"])
        for step in found["steps"] for one in step["changes"] if one["change"] != "unchanged"
    }  # fmt: skip
    assert changes == {("Gateway", "created")}
    assert found["first"] is False


@pytest.mark.parametrize(
    ("form", "begin"),
    [
        ("mermaid", "flowchart TD\n"),
        ("markdown", "### Rollout of prod, management-cluster: "),
        ("json", '{\n  "version": 1'),
    ],
)
def test_every_format_has_the_steps(form: str, begin: str) -> None:
    _, text = ran("--output-format", form)
    assert text.startswith(begin)
    assert "4-serving" in text


def test_a_stack_without_a_delivery_engine_has_no_rollout(tmp_path: Path) -> None:
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    (tmp_path / "stack.yaml").write_text(
        text.replace("  delivery:\n", "  delivery:\n    engine: none\n"), encoding="utf-8"
    )
    done = CliRunner().invoke(cli, ["rollout", "-C", str(tmp_path)], standalone_mode=False)
    assert "no delivery engine" in str(done.exception)
