"""What counts as a secret, and what only looks like one."""

# ruff: noqa: E501 - manifests on one line

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.manifest.secret_text import masked, named_credentials
from stackgen.manifest.secret_values import (
    may_hold_secrets,
    named_like_credential,
    values_of,
    without_secrets,
)


@pytest.mark.parametrize(
    "name",
    ["--api-key", "--password", "--hf-token", "HF_TOKEN", "DB_PASSWORD", "CLIENT_SECRET", "apiKey",
     "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "SIGNING_KEY", "Authorization", "X-Api-Key",
     "GITHUB_PAT", "PGPASSWORD_PASS", "MYSQL_PWD", "accessToken"],
)  # fmt: skip
def test_names_of_credentials(name: str) -> None:
    assert named_like_credential(name)


@pytest.mark.parametrize(
    "name",
    ["--tokenizer", "--max-tokens", "maxTokens", "tokens", "eosToken", "--pad-token", "topologyKey",
     "PUBLIC_KEY", "LABEL_KEY", "--max-num-batched-tokens", "secretName", "keyboard", "monkey",
     "TOKENIZERS_PARALLELISM", "PASSWORD_FILE", "HF_TOKEN_PATH", "key", "name"],
)  # fmt: skip
def test_other_names(name: str) -> None:
    assert not named_like_credential(name)


@pytest.mark.parametrize(
    "data",
    [
        {"env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}]},
        {"env": [{"name": "HF_TOKEN", "value": "$(OTHER)"}, {"name": "MAX_TOKEN", "value": "5"}]},
        {"args": ["--tokenizer", "mistral", "--max-tokens=4096", "--token=/var/run/secrets/token"]},
        {"automountServiceAccountToken": True, "imagePullSecrets": [{"name": "pull"}]},
        {"tls": {"secret": "wildcard-${cluster}-tls"}},
        {"spec": {"huggingFaceToken": {"secret": "huggingface-token"}, "imagePullSecret": "pull"}},
        {"text": "The token: see docs. Password = <yours>", "topologyKey": "kubernetes.io/hostname"},
        {"kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque", "data": {"empty": ""}},
        {"url": "https://example.com:443/a@b", "git": "ssh://git@github.com/a/b"},
        {"certificateRefs": [{"kind": "Secret", "name": "tls"}]},
        {"valuesFrom": [{"apiVersion": "v1", "kind": "Secret", "name": "db", "valuesKey": "a"}]},
        {"target": {"kind": "Secret"}, "patch": '"$patch": delete\napiVersion: v1\nkind: Secret'},
        {"target": {"kind": "Secret"}, "patch": "a text"},
        {"script": 'test -z "${A_TOKEN:-}"'},
        {"op": "add", "path": "/spec/replicas", "value": "three"},
    ],
)  # fmt: skip
def test_no_secret_is_seen_where_there_is_none(data: object) -> None:
    assert values_of(data) == set()
    assert without_secrets(data) == data


@pytest.mark.parametrize(
    "patch",
    [
        {"stringData": {"a": "kestrel-9"}},
        {"metadata": {"labels": {"a": "b"}}, "data": {"a": "kestrel-9"}},
        [{"op": "add", "path": "/data/a", "value": "kestrel-9"}],
        "stringData: {a: kestrel-9}",
        "- {op: add, path: /data, value: {a: kestrel-9}}",
    ],
)
def test_a_patch_of_a_secret_is_secret(patch: object) -> None:
    data = {"target": {"kind": "Secret", "name": "db"}, "patch": patch}
    assert values_of(data) == {"kestrel-9"}
    assert "kestrel" not in str(without_secrets(data))


@pytest.mark.parametrize("password", ["kestrel", "kes/trel", "kes/t/rel", "7", "a/"])
def test_a_password_in_an_address_may_hold_a_slash(password: str) -> None:
    assert values_of({"url": f"https://me:{password}@db.example/x"}) == {password}


def test_an_operation_on_a_field_named_like_a_credential() -> None:
    patch = [{"op": "replace", "path": "/spec/auth/password", "value": "kestrel-9"}]
    assert values_of(patch) == {"kestrel-9"}


def test_an_escape_in_a_text_hides_all_of_it() -> None:
    text = 'kind: Secret\nmetadata: {}\nstringData: {a: "kestrel\\x2d9"}'
    assert without_secrets({"manifest": text}) == {"manifest": "(not shown)"}


def test_parts_of_a_text_are_hidden_and_the_rest_stays() -> None:
    data = {"command": ["sh", "-c", "serve --api-key abc123 --port 80 && A_TOKEN=xyz run"]}
    assert without_secrets(data) == {
        "command": ["sh", "-c", "serve --api-key (not shown) --port 80 && A_TOKEN=(not shown) run"]
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(min_size=1, max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_nothing_of_a_secret_is_left_whatever_its_shape(data: object) -> None:
    shown = without_secrets({"kind": "Secret", "data": data})["data"]
    leaves, stack = [], [shown]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            stack += here.values()
        elif isinstance(here, list):
            stack += here
        else:
            leaves.append(here)
    assert set(leaves) <= {"(not shown)", None}


def test_a_masked_text_keeps_its_lines_and_columns() -> None:
    text = 'kind: Secret\ndata:\n  a: "x\\u0041y"\n  b: |\n    one\n    two\n  b: c # kept\n---\na: b\n'
    shown = masked(text)
    assert [len(line) for line in shown.splitlines()] == [len(line) for line in text.splitlines()]
    assert shown == (
        "kind: Secret\ndata:\n  a: **********\n  b: *\n    ***\n    ***\n  b: * # kept\n---\na: b\n"
    )


def test_an_alias_and_a_merge_do_not_show_a_secret() -> None:
    text = "a: &x hunter\nb: &m {value: hunter3}\nenv: [{<<: *m, name: A_TOKEN}]\ns: {kind: Secret, data: {k: *x}}\n"
    assert "hunter" not in masked(text)


@pytest.mark.parametrize(
    "value", ["opensesame", "abc", "1234", "x", "$ecret", "<s3cret", "/Ab/9c", "No1"]
)
def test_a_short_value_is_hidden_at_its_own_place(value: str) -> None:
    data = {
        "secret": {"kind": "Secret", "stringData": {"a": value}},
        "env": [{"name": "DB_PASSWORD", "value": value}],
        "args": ["--api-key", value],
        "settings": {"kind": "ConfigMap", "data": {"CLIENT_SECRET": value}},
        "values": {"auth": {"password": value}},
    }
    assert values_of(data) == {value}
    assert value not in re.findall(r"[^'\\[\\]{}:, ]+", str(without_secrets(data)))


@pytest.mark.parametrize(
    "data",
    [
        {"name": "A_TOKEN", "value": ["kestrel"]},
        {"name": "A_TOKEN", "value": {"a": "kestrel"}},
        {"image": "me:kestrel@registry.example/a:1"},
        {"script": "serve --hf-token \\\n  kestrel"},
        {"text": '{"name": "A_TOKEN", "value": "kestrel"}'},
        {"auths": {"quay.io": {"auth": "bWU6a2VzdHJlbA=="}}},
    ],
)
def test_a_value_of_an_odd_shape_is_hidden(data: object) -> None:
    assert "kestrel" in values_of(data)
    shown = str(without_secrets(data))
    assert "kestrel" not in shown and "bWU6a2VzdHJlbA" not in shown


@pytest.mark.parametrize(
    "text",
    ["a/b:v1@sha256:0123", "serviceAccount:gke@p.iam.gserviceaccount.com", "mailto:me@example.com"],
)
def test_a_digest_and_an_account_are_no_login(text: str) -> None:
    assert values_of({"image": text}) == set()


def test_all_keys_after_the_flag_of_vllm_are_hidden() -> None:
    args = ["--api-key", "first", "second", "--port", "80", "--token", "third", "kept"]
    assert values_of({"args": args}) == {"first", "second", "third"}
    assert values_of({"args": "serve --api-key first second --port 80"}) == {"first", "second"}


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        ("http://[2001:db8::1]/a@b", set()),
        ("http://[2001:db8::1]:8080/a@b", set()),
        ("http://host:8080?x=a@b", set()),
        ("http://me:kestrel@[2001:db8::1]:8080/a@b", {"kestrel"}),
        ("http://me:[kestrel@host/", {"[kestrel"}),
    ],
)
def test_a_colon_of_an_ipv6_address_begins_no_password(address: str, secrets: set[str]) -> None:
    assert values_of({"url": address}) == secrets


@pytest.mark.parametrize(
    "patch",
    [
        {
            "target": {"kind": "SealedSecret"},
            "patch": {"spec": {"encryptedData": {"a": "kestrel"}}},
        },
        {"target": {"kind": "Sealed.*|Secret"}, "patch": "data: {a: kestrel}"},
        {"target": {"name": "db"}, "patch": {"stringData": {"a": "kestrel"}}},
        {"target": {"name": "db"}, "patch": "- {op: add, path: /stringData/a, value: kestrel}"},
        {
            "target": {"name": "s"},
            "patch": "- {op: add, path: /spec/encryptedData/a, value: kestrel}",
        },
    ],
)
def test_a_patch_of_a_sealed_or_unnamed_secret_is_secret(patch: dict[str, object]) -> None:
    assert values_of(patch) == {"kestrel"}
    assert "kestrel" not in str(without_secrets(patch))


def test_a_quoted_value_ends_at_its_own_quote() -> None:
    for text in ('{"password": "a\\u00f6b\\"c"}', '{\\"password\\": \\"a\\\\u00f6b\\"}'):
        shown = without_secrets({"text": text})["text"]
        assert "00f6" not in shown and "c" not in shown.replace("(not shown)", "")


_WHOLE = re.compile(
    r"(?i)secret|passw|passphrase|pwd|token|credential|key|authorization|cookie|bearer"
    r"|://[^/\s]*:|:[^\s/@:]+@"
)


@given(st.text("SecretTokKeybarPwd\u212a\u017f:/@ \n.", max_size=30))
def test_a_text_that_may_hold_secrets_is_found_as_by_one_expression(text: str) -> None:
    assert may_hold_secrets(text) == bool(_WHOLE.search(text))


def test_aliases_that_multiply_are_not_followed() -> None:
    lines = ["a: &a [x, x]", "token: abcdef123456"]
    lines += [f"{k}: &{k} [{', '.join([f'*{j}'] * 9)}]" for j, k in pairwise("abcdefghijklmnop")]
    assert list(named_credentials("\n".join(lines))) == []
    assert "abcdef123456" not in masked("\n".join(lines))
