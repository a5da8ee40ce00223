"""A credential stops the build wherever it stands, and its finding shows the place alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from stackgen.cli.options import ReportOptions
from stackgen.cli.output import deliver
from stackgen.compiler import Compiled, compile_environment
from stackgen.findings.pipeline import Options, conclude
from stackgen.findings.rules import all_rules
from stackgen.findings.select import selection
from stackgen.report import formats
from tests.program import stackgen
from tests.sandbox import ROOT
from tests.tokens import ENCODED, FRAMED, TOKENS, leaked

MINIMAL = ROOT / "tests" / "cases" / "stacks" / "minimal" / "stack.yaml"
MODEL = "        nodePool: tpu-pool\n"
ONE_LINE = {**{k: (t, t) for k, t in TOKENS.items()}, **FRAMED, "base64": (ENCODED, ENCODED)}
del ONE_LINE["private key"]
# Where it stands: the file, what is put at the end of it (or after MODEL), {} is the credential.
PLACES = {
    "comment": ("stack.yaml", "# it was {}\n"),
    "argument": ("stack.yaml", MODEL + "        args: ['--api-key={}']\n"),
    "value": ("stack.yaml", MODEL + "        servedName: '{}'\n"),
    "key": ("stack.yaml", "  '{}': 1\n"),
    "patch": (
        "stack.yaml",
        "  patches:\n    - target: {{kind: Service, name: x}}\n      patch: {{a: ['{}']}}\n",
    ),
    "reason": ("stack.yaml", "  suppress:\n    - {{rule: avail-pdb, reason: 'it is {}'}}\n"),
    "overlay": ("overlays/dev/stack.yaml", "metadata: {{name: '{}'}}\n"),
    "overlay comment": ("overlays/dev/stack.yaml", "# {}\n"),
    "catalog": ("catalog/models.yaml", "acme/model: {{source: '{}'}}\n"),
    "catalog comment": ("catalog/releases/mine.yaml", "# {}\n"),
    "beside the catalog": ("catalog/README.md", "See {}\n"),
}


def _stack(folder: Path, file: str = "", text: str = "") -> Path:
    shutil.copy(MINIMAL, folder)
    target = folder / (file or "stack.yaml")
    target.parent.mkdir(parents=True, exist_ok=True)
    before = target.read_text() if target.exists() else ""
    inside = text.startswith(MODEL)
    target.write_text(before.replace(MODEL, text) if inside else before + text)
    return folder


def _compiled(folder: Path) -> Compiled:
    return compile_environment(str(folder), "dev")


Reports = Callable[[Compiled], str]


@pytest.fixture
def reports(capsys: pytest.CaptureFixture[str]) -> Reports:
    """What a run prints about a compiled stack, in every format."""

    def printed(compiled: Compiled) -> str:
        options = Options(selection(all_rules(), (), ()))
        outcome = conclude(
            compiled.findings, options, documents=1, today=date(2026, 11, 23),
            sources=compiled.sources,
        )  # fmt: skip
        for form in formats("findings"):
            deliver(outcome, ReportOptions(output_format=form))
        shown = capsys.readouterr()
        return shown.out + shown.err

    return printed


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", ONE_LINE)
def test_it_is_found_wherever_it_stands(
    shape: str, place: str, tmp_path: Path, reports: Reports
) -> None:
    whole, secret = ONE_LINE[shape]
    file, text = PLACES[place]
    compiled = _compiled(_stack(tmp_path, file, text.format(whole)))
    found = [f for f in compiled.findings if f.rule.id == "spec-credential"]
    assert compiled.bundle is None
    assert len(found) == 1
    (where,) = found[0].places
    lines = (tmp_path / file).read_text().splitlines()
    assert where.file == file and where.mark is not None
    assert secret[:8] in lines[where.mark.line - 1][where.mark.column - 1 : where.mark.end_column]
    assert leaked(reports(compiled), secret) == []


def test_a_private_key_of_several_lines_is_one(tmp_path: Path, reports: Reports) -> None:
    whole, secret = FRAMED["private key"]
    text = "".join(f"        {line}\n" for line in whole.splitlines())
    spec = f"  patches:\n    - target: {{kind: Secret, name: x}}\n      patch:\n       a: |\n{text}"
    compiled = _compiled(_stack(tmp_path, "stack.yaml", spec))
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-credential"]
    assert found.message == "the value looks like a private key"
    assert leaked(reports(compiled), secret, "0123456789abcdef") == []


@pytest.mark.parametrize("shape", ["hugging face", "github"])
def test_escapes_hide_nothing(shape: str, tmp_path: Path) -> None:
    token = TOKENS[shape]
    written = f'  note: "\\x{ord(token[0]):02x}{token[1:]}"\n'
    compiled = _compiled(_stack(tmp_path, "stack.yaml", written))
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-credential"]
    assert found.message.startswith("the decoded value is a")
    assert found.places[0].mark is not None
    assert found.places[0].mark.line == MINIMAL.read_text().count("\n") + 1


def test_a_text_that_is_no_yaml_is_read_as_well(tmp_path: Path, reports: Reports) -> None:
    token = TOKENS["hugging face"]
    compiled = _compiled(_stack(tmp_path, "stack.yaml", f"]: # {token}\n"))
    assert {"yaml-syntax", "spec-credential"} <= {f.rule.id for f in compiled.findings}
    assert leaked(reports(compiled), token) == []


def test_the_names_of_files_are_read(tmp_path: Path, reports: Reports) -> None:
    token = TOKENS["hugging face"]
    _stack(tmp_path, f"catalog/{token}.yaml", "{}\n")
    overlay = tmp_path / "overlays" / token / "stack.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("{}\n")
    compiled = compile_environment(str(tmp_path), token)
    found = [f for f in compiled.findings if f.rule.id == "spec-credential"]
    assert [f.message for f in found] == ["the file name looks like a Hugging Face token"] * 2
    assert leaked(reports(compiled), token) == []


def test_what_a_model_config_holds_is_read(tmp_path: Path) -> None:
    token = TOKENS["hugging face"]
    _stack(tmp_path, "stack.yaml", MODEL + "        config: model.config.json\n")
    (tmp_path / "model.config.json").write_text(json.dumps({"token": token}, indent=2))
    compiled = _compiled(tmp_path)
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-credential"]
    assert (found.places[0].file, found.places[0].mark.line) == ("model.config.json", 2)  # type: ignore[union-attr]


def test_a_stack_that_names_its_secrets_is_fine(tmp_path: Path) -> None:
    text = (
        MODEL + "    huggingFaceToken: {secret: huggingface-token}\n    imagePullSecret: registry\n"
    )
    compiled = _compiled(_stack(tmp_path, "stack.yaml", text))
    assert [f for f in compiled.findings if f.rule.id == "spec-credential"] == []
    assert compiled.bundle is not None


# A literal that only its name, or its place, makes a credential; the line that it stands on.
PATCH = "  patches:\n    - target: {{kind: {0}, name: qwen}}\n      patch: {1}\n"
ENV = "{{spec: {{template: {{containers: [{{name: main, env: [{{name: {0}, value: {1}}}]}}]}}}}}}"
SERVICE = "LLMInferenceService"
LITERALS = {
    "argument": MODEL + "        args: ['--api-key=kestrel-9']\n",
    "argument of a plain word": MODEL + "        args: [--api-key=kestrel]\n",
    "argument on its own line": MODEL + "        args:\n          - --hf-token=kestrel\n",
    "token": PATCH.format(SERVICE, ENV.format("HF_TOKEN", "kestrel").replace("{{", "{")),
    "password": PATCH.format(SERVICE, "{spec: {env: [{name: DB_PASSWORD, value: kestrel}]}}"),
    "number": PATCH.format(SERVICE, "{spec: {env: [{name: DB_PASSWORD, value: '90210'}]}}"),
    "key": PATCH.format(SERVICE, "{spec: {env: [{value: kestrel, name: OPENAI_API_KEY}]}}"),
    "header": PATCH.format("Service", "{spec: {a: 'Authorization: Basic kestrel'}}"),
    "command": PATCH.format(SERVICE, "{spec: {command: [sh, -c, 'a --password kestrel']}}"),
    "next item": PATCH.format(SERVICE, "{spec: {command: [serve, --api-key, kestrel]}}"),
    "address": PATCH.format("Service", "{spec: {url: 'redis://me:kestrel@db:6379'}}"),
    "short password in an address": PATCH.format("Service", "{a: 'amqp://me:ab@db'}"),
    "field": PATCH.format("Service", "{spec: {password: kestrel}}"),
    "escapes": PATCH.format("Service", '{spec: {password: "\\x6bestrel"}}'),
    "Secret": PATCH.format("Secret", "{stringData: {anything: kestrel}}"),
    "base64": PATCH.format("Secret", "{data: {anything: a2VzdHJlbA==}}"),
    "manifest in a text": PATCH.format(
        "ConfigMap", '{data: {a: "kind: Secret\\nmetadata: {}\\ndata: {x: a2VzdHJlbA==}"}}'
    ),
}
SHOWN = ("kestrel", "a2VzdHJlb", "90210", "me:ab@")


@pytest.mark.parametrize("file", ["stack.yaml", "overlays/dev/stack.yaml"])
@pytest.mark.parametrize("literal", LITERALS)
def test_a_literal_credential_is_never_rendered(
    literal: str, file: str, tmp_path: Path, reports: Reports
) -> None:
    text = LITERALS[literal]
    if file == "stack.yaml":
        _stack(tmp_path, file, text)
    else:
        layer = f"spec:\n  serving:\n    models:\n      - name: qwen\n{text}"
        _stack(tmp_path, file, layer if text.startswith(MODEL) else f"spec:\n{text}")
    lines = (tmp_path / file).read_text().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if any(s in line for s in (*SHOWN, "x6b")))
    compiled = _compiled(tmp_path)
    found = [f.places[0] for f in compiled.findings if f.rule.id == "spec-credential"]
    assert [(place.file, place.mark.line) for place in found if place.mark] == [(file, number)]
    done = stackgen("build", cwd=tmp_path)
    assert done.code == 1 and f"--> {file}:{number}:" in done.out
    assert not (tmp_path / "out").exists()
    assert not any(value in done.out + done.err + reports(compiled) for value in SHOWN)


@pytest.mark.parametrize(
    "text",
    [
        MODEL + "        args: [--max-num-batched-tokens=4096, --tokenizer=mistral]\n",
        MODEL + "        args: [--api-key=$(API_KEY), --seed=90210]\n",
        MODEL + "        args: [--ssl-keyfile=/var/run/tls/tls.key, --pad-token=none]\n",
        PATCH.format(
            SERVICE,
            "{metadata: {annotations: {token: /var/run/secrets/token, see: 'The password: ask'}}}",
        ),
        "  suppress:\n    - {rule: avail-pdb, reason: 'The token: one for all, no password.'}\n",
    ],
)
def test_references_and_other_names_are_no_credentials(text: str, tmp_path: Path) -> None:
    compiled = _compiled(_stack(tmp_path, "stack.yaml", text))
    assert [f for f in compiled.findings if f.rule.id == "spec-credential"] == []
