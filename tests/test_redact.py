"""Credentials are starred out wherever stackgen speaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackgen.redact import redact
from tests.program import stackgen

# Put together here, so that no scanner takes this file for a leak.
TOKEN = "hf_" + "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1z"
KEYS = [
    TOKEN,
    "AIza" + "x" * 35,
    "sk-" + "a1" * 12,
    "ghp_" + "Z9" * 18,
    "AKIA" + "ABCDEFGH12345678",
    "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0abcd" + ".c2lnbmF0dXJl",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_credential_keeps_its_length_and_nothing_else(key: str) -> None:
    clean = redact(f"--token={key} --port=80")
    assert len(clean) == len(f"--token={key} --port=80")
    assert key[4:] not in clean
    assert clean.startswith("--token=") and clean.endswith(" --port=80")


@pytest.mark.parametrize(
    "text", ["hf://Qwen/Qwen2.5-3B-Instruct", "huggingface-token", "sk-short", "", "eyJ", "a" * 500]
)
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("form", ["text", "concise", "json", "sarif", "github", "junit"])
def test_no_report_echoes_a_credential(form: str, tmp_path: Path) -> None:
    manifest = tmp_path / "secret.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"
        f"data: {{token: {TOKEN}}}\nunknown: {TOKEN}\n"
    )
    done = stackgen("lint", "--output-format", form, manifest.name, cwd=tmp_path)
    assert done.code == 1
    assert TOKEN not in done.out + done.err
    assert TOKEN[4:20] not in done.out + done.err


def test_build_refuses_a_credential_and_traces_hide_it(tmp_path: Path) -> None:
    from tests.stacks import ROOT

    spec = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    line = "        nodePool: tpu-v6e-pool\n"
    (tmp_path / "stack.yaml").write_text(
        spec.replace(line, f'{line}        args: ["--api-key={TOKEN}"]\n'), encoding="utf-8"
    )
    done = stackgen("build", cwd=tmp_path)
    assert done.code == 1
    assert "secrets-no-inline-token" in done.out
    assert TOKEN not in done.out + done.err
    assert not (tmp_path / "out").exists()
    place = "LLMInferenceService/qwen2-3b-pattern1:spec.template.containers[0].args"
    for form in ("text", "json"):
        shown = stackgen("trace", "--output-format", form, place, cwd=tmp_path)
        assert shown.code == 0
        assert TOKEN not in shown.out
    assert json.loads(shown.out)["version"] == 1
