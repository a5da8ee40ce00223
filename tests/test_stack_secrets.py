"""Canaries in the files of a stack: no command of stacks prints one or writes one."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from tests import sandbox
from tests.program import stackgen, state
from tests.test_secrets import FORMATS

ROW = "acme/model: {source: 'https://me:Kanari07-zwölf/9@hub.example/x', as_of: '2026-11-01'}\n"
NUMBERS = range(10)
PATCHES = """\
  patches:
    - target: {{kind: LLMInferenceService, name: qwen2-3b-pattern1}}
      patch:
        spec:
          template:
            containers:
              - name: main
                args: ["--api-key={0}"]
                command: [sh, -c, "serve --password {1}"]
                env: [{{name: HF_TOKEN, value: "{2}"}}, {{name: DB_PASSWORD, value: "{3}"}}]
    - target: {{kind: Secret, name: db}}
      patch: {{stringData: {{a: "{4}"}}, data: {{b: "{5}"}}}}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: a}}
stringData: {{a: "{8}"}}
"""


def canary(number: int) -> str:
    return f"Kanari{number:02d}-zwölf/9"


def forms(number: int) -> tuple[str, ...]:
    plain = canary(number)
    raw = base64.b64encode(plain.encode()).decode().rstrip("=")
    return plain, raw, quote(plain, safe=""), plain.replace("ö", "\\u00f6")


def leaks(text: str) -> list[str]:
    return [form for number in NUMBERS for form in forms(number) if form in text]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack in two commits, the second with canaries in each of its files."""
    root = sandbox.stack(tmp_path_factory.mktemp("stack"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    sandbox.run_ok(["git", "init", "-q"], root)
    sandbox.run_ok(["git", "add", "."], root)
    sandbox.run_ok([*git, "commit", "-qm", "before"], root)
    values = [canary(n) for n in NUMBERS]
    values[5] = base64.b64encode(canary(5).encode()).decode()
    spec, overlay = root / "stack.yaml", root / "overlays" / "dev" / "stack.yaml"
    spec.write_text(spec.read_text() + PATCHES.format(*values))
    overlay.write_text(overlay.read_text() + f"password: '{canary(6)}'\n")
    (root / "catalog").mkdir()
    (root / "catalog" / "models.yaml").write_text(ROW)
    rendered = next((root / "out" / "dev").rglob("*.yaml"))
    rendered.write_text(rendered.read_text() + "---\n" + SECRET.format(*values))
    sandbox.run_ok(["git", "add", "."], root)
    sandbox.run_ok([*git, "commit", "-qm", "after"], root)
    return root


COMMANDS = [
    *(["build", "--output-format", form] for form in FORMATS),
    *(["build", "--check", "--output-format", form] for form in FORMATS),
    *(["diff", "--base", "HEAD~1", "--output-format", f] for f in ("text", "markdown", "json")),
    ["plan"],
    ["plan", "--output-format", "json"],
    ["plan", "--what-if", f"qwen2-3b-pattern1.args=--api-key={canary(9)}"],
    ["trace", "--env", "dev", "LLMInferenceService/qwen2-3b-pattern1:spec.template"],
    ["impact", "spec.patches"],
    ["impact", "spec.patches", "--output-format", "json"],
    ["bootstrap", "--env", "dev"],
    ["cluster", "--env", "dev"],
    *(["rollout", "--env", "dev", "--output-format", f] for f in ("text", "json", "markdown")),
    ["rollout", "--env", "dev", "--from", "HEAD~1"],
    ["bootstrap", "--env", "dev", "--hand-over"],
    ["lint", "--statistics", "out"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_of_stacks_prints_a_secret(arguments: list[str], folder: Path) -> None:
    before = state(folder / "out")
    done = stackgen(*arguments, cwd=folder)
    assert done.code in (1, 2), done.text
    assert len(done.out + done.err) > 20
    assert leaks(done.out + done.err) == []
    assert state(folder / "out") == before
    assert not (folder / "bootstrap").exists()


def test_every_canary_of_the_stack_is_planted(folder: Path) -> None:
    texts = "\n".join(p.read_text() for p in folder.rglob("*.yaml"))
    assert all(any(form in texts for form in forms(n)) for n in NUMBERS if n != 9)


ECHO = """\
package main
import rego.v1
deny contains msg if {
    input.kind == "Secret"
    msg := sprintf("echo %v %v", [input.stringData.a, base64.encode(input.stringData.a)])
}
"""


@pytest.mark.parametrize("form", FORMATS)
def test_a_policy_that_echoes_a_secret_runs_and_is_starred(form: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "echo.rego").write_text(ECHO)
    (tmp_path / "secret.yaml").write_text(SECRET.format(*map(canary, NUMBERS)))
    done = stackgen(
        "lint", "--policy", "mine", "--output-format", form,
        "--write-baseline", "known.json", "secret.yaml", cwd=tmp_path,
    )  # fmt: skip
    assert "echo ****" in done.out
    assert leaks(done.out + done.err + (tmp_path / "known.json").read_text()) == []
