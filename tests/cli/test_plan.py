"""`stackgen plan`, to the letter, for the reference stack and for what it might be."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stackgen.cli import plan as command
from stackgen.cli.main import run
from tests import sandbox

CASES = Path(__file__).resolve().parents[1] / "cases" / "plan-output"


class Day(date):
    """The day on which these plans are made."""

    @classmethod
    def today(cls) -> Day:
        return cls(2026, 11, 23)


@pytest.fixture
def stackgen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in the repository: exit code, standard output, standard error."""
    monkeypatch.chdir(sandbox.ROOT)
    monkeypatch.setattr(command, "date", Day)
    for name in ("FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stackgen", *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out, printed.err

    return call


Stackgen = Callable[..., tuple[int, str, str]]
OUTPUTS = {
    "reference.txt": ("plan",),
    "what-if-2x4.txt": ("plan", "--env", "prod", "--what-if", "topology=2x4"),
    "what-if-several.txt": (
        "plan", "--what-if", "topology=1x1", "--what-if",
        "qwen2-3b-pattern1.replicas=3,tpu-v6e-pool.nodes.max=4",
    ),
    "explain.txt": ("plan", "--env", "dev", "--explain"),
    "reference.json": ("plan", "--env", "prod", "--output-format", "json"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_output(name: str, stackgen: Stackgen, golden: Callable[[Path, str], None]) -> None:
    code, out, err = stackgen(*OUTPUTS[name])
    assert (code, err) == (0, "")
    golden(CASES / name, out)


@pytest.mark.parametrize("name", [n for n in OUTPUTS if n.endswith(".txt") and n != "explain.txt"])
def test_the_tables_stay_within_80_columns_and_end_in_no_spaces(name: str) -> None:
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines) <= 80
    assert not any(line.endswith(" ") for line in lines)


def test_the_json_of_a_what_if_holds_both_plans_and_their_differences(stackgen: Stackgen) -> None:
    _, out, _ = stackgen(
        "plan", "--env", "prod", "--what-if", "topology=1x1", "--output-format", "json"
    )
    content: dict[str, Any] = json.loads(out)
    assert content["version"] == 1
    (now,), (then,) = content["environments"], content["whatIf"]["environments"]
    assert (now["models"][0]["chips"], then["models"][0]["chips"]) == (4, 1)
    assert then["models"][0]["fit"]["kvTokens"] == 622650
    assert then["cost"]["max"]["day"] == pytest.approx(now["cost"]["max"]["day"] - 3 * 213.84)
    changed = {d["figure"]: (d["now"], d["whatIf"]) for d in content["whatIf"]["differences"]}
    assert changed["qwen2-3b-pattern1: devices"] == ("v6e 2x2", "v6e 1x1")


def test_what_brings_errors_is_shown_with_them(stackgen: Stackgen) -> None:
    code, out, _ = stackgen(
        "plan", "--env", "prod", "--what-if",
        "qwen2-3b-pattern1.model=hf://meta-llama/Llama-3.3-70B-Instruct",
    )  # fmt: skip
    assert code == 0
    assert "+ error[model-weights-exceed-hbm]: " in out


def test_a_price_of_machines_that_cannot_be_rendered_is_still_shown(stackgen: Stackgen) -> None:
    _, out, _ = stackgen("plan", "--env", "dev", "--what-if", "purchase=flex-start")
    assert "tpu-v6e-pool, max nodes: USD/day" in out
    assert "259.20" in out
    assert "+ error[tpu-flex-not-rendered]: " in out


def test_nothing_that_changes_is_said(stackgen: Stackgen) -> None:
    _, out, _ = stackgen("plan", "--env", "prod", "--what-if", "topology=2x2")
    assert "Nothing changes.\n" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topologie=2x4", 'did you mean "topology"?'),
        ("topology", "is not KEY=VALUE"),
        ("topology=3x3", "v6e has no topology 3x3"),
        ("replicas=many", "replicas must be"),
    ],
)
def test_what_cannot_be_tried_is_wrong_usage(text: str, message: str, stackgen: Stackgen) -> None:
    code, out, err = stackgen("plan", "--env", "prod", "--what-if", text)
    assert (code, out) == (2, "")
    assert message in err


def test_a_spec_with_errors_has_no_plan(tmp_path: Path, stackgen: Stackgen) -> None:
    (tmp_path / "stack.yaml").write_text("kind: Stack\n", encoding="utf-8")
    code, out, err = stackgen("plan", "-C", str(tmp_path))
    assert (code, out) == (2, "")
    assert "the spec has errors; there is no plan of default" in err


def test_planning_writes_nothing(tmp_path: Path, stackgen: Stackgen) -> None:
    root = sandbox.stack(tmp_path / "repository")
    before = tmp_path / "before"
    shutil.copytree(root, before)
    assert stackgen("plan", "-C", str(root))[0] == 0
    assert stackgen("plan", "-C", str(root), "--what-if", "topology=1x1")[0] == 0
    assert sandbox.same_trees(root, before) == []


def test_errors_that_the_spec_suppresses_are_not_the_reason(
    tmp_path: Path, stackgen: Stackgen
) -> None:
    (tmp_path / "stack.yaml").write_text(
        "kind: Stack\nspec:\n  suppress:\n    - {rule: spec-missing-key, reason: a trial}\n"
        "  cluster: {locatoin: us-east5-a}\n",
        encoding="utf-8",
    )
    _, _, err = stackgen("plan", "-C", str(tmp_path))
    assert "spec-unknown-key: " in err
    assert "spec-missing-key: " not in err
