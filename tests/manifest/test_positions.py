"""Excerpts hide secrets."""

from __future__ import annotations

from stackgen.manifest.secret_text import masked

SECRETS = """\
apiVersion: v1
kind: Secret
metadata: {name: login, annotations: {note: "token: abcdef"}}
stringData:
  password: correct horse
---
kind: Deployment
spec:
  containers:
  - args: [--api-key, k1-not-public, "--password=p2-not-public"]
    env:
    - {name: HF_TOKEN, value: 'h3-not-public'}
    - {name: URL, value: "https://user:w4-not-public@example.com"}
"""


def test_excerpts_hide_the_secrets_of_any_document() -> None:
    assert "not-public" not in masked(SECRETS) and "horse" not in masked(SECRETS)
