"""Credentials are found by their shape, and starred out wherever stackgen speaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.redact import _LOOKED, credentials, encoded, look, redact
from tests.program import stackgen
from tests.tokens import ENCODED, FRAMED, TOKENS, leaked

TOKEN = TOKENS["hugging face"]
TEXTS = [*((t, t) for t in TOKENS.values()), *FRAMED.values(), (ENCODED, ENCODED)]


@pytest.mark.parametrize(("text", "secret"), TEXTS)
def test_a_credential_keeps_its_length_and_nothing_else(text: str, secret: str) -> None:
    whole = f"--token={text} --port=80"
    clean = redact(whole)
    assert len(clean) == len(whole)
    assert leaked(clean, secret) == []
    assert clean.startswith("--token=") and clean.endswith(" --port=80")
    assert clean.count("\n") == whole.count("\n")
    assert redact(clean) == clean


@given(before=st.text(), after=st.text(), which=st.sampled_from(sorted(TOKENS)))
def test_what_stands_around_hides_no_credential(before: str, after: str, which: str) -> None:
    text = f"{before} {TOKENS[which]} {after}"
    assert leaked(redact(text), TOKENS[which]) == []
    assert len(redact(text)) == len(text)


@given(
    texts=st.lists(st.sampled_from([t for t, _ in TEXTS]), min_size=1, max_size=4),
    wrap=st.sampled_from(["{}", '"{}"', "'{}'", "a={}", "/{}/", "[{}]", "<{}>", "{}:", "# {}"]),
)
def test_json_stays_json(texts: list[str], wrap: str) -> None:
    data = {"values": [wrap.format(t) for t in texts]}
    clean = redact(json.dumps(data))
    assert leaked(clean, *(s for t, s in TEXTS if t in texts)) == []
    assert len(json.loads(clean)["values"]) == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "hf://Qwen/Qwen2.5-3B-Instruct",
        "huggingface-token",
        "hf_transfer",
        "sk-short",
        "",
        "eyJ",
        "a" * 500,
        "task-sk-serving-europe-west4",
        "sk-serving-pool-europe-west4-a",
        "sk-admin-dashboard-in-europe-west4",
        "xai-organisation-in-europe-west4",
        "pypi-mirror-of-the-company-eu",
        "sha256:" + "0123456789abcdef" * 4,
        "gke-nodes@my-project.iam.gserviceaccount.com",
        "ssh://git@github.com/acme/llm-platform",
        "https://github.com:443/acme/llm-platform@v1",
        "postgres://app:$(PASSWORD)@db:5432/app",
        "postgres://${OWNER:=${APP}}@db:5432/app",
        "https://user:<password>@example.com",
        "Authorization: Bearer $(cat /var/run/secrets/token)",
        '{"auths": {"quay.io": {"auth": ""}}}',
        "a text that begins with -----BEGIN PRIVATE KEY-----",
        "quay.io/kserve/storage-initializer:v0.15.0@sha256:" + "ab12" * 16,
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text
    assert [*credentials(text), *encoded(text)] == []


def test_a_long_text_is_read_in_no_time_that_grows_with_its_square() -> None:
    # Would take hours if it did: the run itself is the assertion's limit.
    text = "sk-or-" * 40_000 + "-----BEGIN PRIVATE KEY-----" * 5_000 + "://a:" * 20_000
    assert len(redact(text)) == len(text)


@pytest.mark.parametrize("form", ["text", "concise", "json", "sarif", "github", "junit"])
def test_no_report_echoes_a_credential(form: str, tmp_path: Path) -> None:
    manifest = tmp_path / "secret.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"
        f"data: {{token: {TOKEN}}}\nunknown: {TOKEN}\n"
    )
    done = stackgen("lint", "--output-format", form, manifest.name, cwd=tmp_path)
    assert done.code == 1
    assert leaked(done.out + done.err, TOKEN) == []


def test_what_two_shapes_find_is_hidden_once_as_a_whole() -> None:
    text = f"Bearer {TOKENS['jwt']} and postgres://app:{TOKEN}@db:5432"
    clean = redact(text)
    assert len(clean) == len(text)
    assert leaked(clean, TOKENS["jwt"], TOKEN) == []
    assert clean.endswith("@db:5432")


def test_a_web_token_is_found_behind_what_begins_like_one() -> None:
    secret = TOKENS["jwt"]
    clean = redact(f"eyJ-eyJ.short {secret} eyJ_{secret}")
    assert leaked(clean, secret) == []


def test_many_texts_are_looked_at_as_one_and_each_is_redacted_as_alone() -> None:
    harmless = ["a sentence of a few words", "nvapi-but-short", "0/1/2/3/4/5/6/7/8/9/10/11/12/13"]
    secrets = [f"before {text} after" for text, _ in TEXTS]
    # One text ends where the next begins: together they are no credential.
    halves = [f"the first half {TOKEN[:6]}", f"{TOKEN[6:]} the second half"]
    texts = [*harmless, *secrets, *halves]
    alone = [redact(text) for text in texts]
    _LOOKED.clear()
    look(texts)
    assert {text for text in texts if len(text) < 1000} == set(_LOOKED)
    assert [redact(text) for text in texts] == alone
    assert alone[: len(harmless)] == harmless
    for text, (_, secret) in zip(alone[len(harmless) :], TEXTS, strict=False):
        assert leaked(text, secret) == []


def test_what_stands_in_for_a_secret_is_no_secret(tmp_path: Path) -> None:
    """A name that is equal to a placeholder, or to a value of a Secret, is shown."""
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
        "stringData: {a: REDACTED, b: main-db-1}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: main-db-1, namespace: REDACTED}\n"
        "spec: {selector: {app: a}, ports: [{port: 80}]}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: main-db-1}\n"
        "spec: {containers: [{name: c, image: example.com/c:1}]}\n"
    )
    done = stackgen("lint", ".", "--output-format", "concise", cwd=tmp_path)
    assert "REDACTED has to be replaced" in done.out
    assert "Pod main-db-1 has no namespace" in done.out
    assert "****" not in done.out
