"""Positions of single documents, and what is kept of them for excerpts."""

from __future__ import annotations

import pytest

from stackgen.manifest.document import parts_of
from stackgen.manifest.positions import root_of
from stackgen.manifest.secret_text import masked
from stackgen.manifest.yaml_in import parse
from stackgen.manifest.yaml_marks import composed
from stackgen.manifest.yaml_out import render
from tests.growth.manifests import manifests

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


def test_excerpts_hide_the_same_in_composed_nodes() -> None:
    text = "---\n".join([SECRETS, *(render(data, ()) for _, data in manifests(1, "apart"))])
    documents = parse(text, "f.yaml", learning=False)
    source = documents[0].source
    parts = parts_of(source)
    hidden = 0
    for document in documents:
        part = parts.at(document.line)
        nodes = composed(parts.texts[part], parts.before[part])
        assert nodes is not None
        root = nodes.root
        alone = masked(parts.texts[part])
        assert masked(parts.texts[part], root) == alone
        hidden += alone != parts.texts[part]
    assert hidden >= 2
    assert "not-public" not in masked(SECRETS) and "horse" not in masked(SECRETS)


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", '{"kind": "Secret"}', "a: 1\na: 2\n"])
def test_what_yaml_in_reads_in_a_way_of_its_own_has_no_nodes(text: str) -> None:
    (document,) = parse(text, "f.yaml", learning=False)
    document.mark(("kind",))
    assert root_of(document.source, 0) is None
