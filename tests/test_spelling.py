"""Did you mean."""

from __future__ import annotations

import contextlib
import difflib
import io
from pathlib import Path
from typing import Any

import pytest

from stackgen import spelling
from stackgen.cli.main import cli
from stackgen.spelling import did_you_mean, limited, nearest, only_nearest

KNOWN = ["nodePool", "nodePools", "replicas", "resources", "topology"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("replica", "replicas"),
        ("node-pool", "nodePool"),
        ("node_pools", "nodePools"),
        ("TOPOLOGY", "topology"),
        ("topolgy", "topology"),
        ("xyz", None),
        ("", None),
    ],
)
def test_nearest(word: str, found: str | None) -> None:
    assert nearest(word, KNOWN) == found


@pytest.mark.parametrize(
    ("word", "known", "found", "only"),
    [
        ("HTTPs", ["HTTP", "HTTPS"], "HTTPS", "HTTPS"),
        ("https", ["HTTP", "HTTPS"], "HTTPS", "HTTPS"),
        ("Http", ["HTTP", "HTTPS"], "HTTP", "HTTP"),
        ("us-centrall-b", ["us-central1-b", "us-central2-b"], "us-central1-b", "us-central1-b"),
        ("tpu-pooI-O", ["tpu-pool-0", "tpu-pool-o1"], "tpu-pool-0", "tpu-pool-0"),
        ("replicaz", ["replicas", "replicat"], "replicat", None),
        ("Http", ["HTTP", "http"], "HTTP", None),
        ("http", ["HTTP", "http"], "http", "http"),
        ("xyz", ["replicas"], None, None),
    ],
)
def test_case_and_looks_come_before_letters(
    word: str, known: list[str], found: str | None, only: str | None
) -> None:
    assert (nearest(word, known), only_nearest(word, known)) == (found, only)


def test_order_of_what_is_known_does_not_matter() -> None:
    assert nearest("nodepo", KNOWN) == nearest("nodepo", reversed(KNOWN))


def test_sentence() -> None:
    assert did_you_mean("replica", KNOWN) == '; did you mean "replicas"?'
    assert did_you_mean("xyz", KNOWN) == ""


def test_a_run_compares_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = 0
    search = difflib.get_close_matches

    def counted(*given: Any, **more: Any) -> list[str]:
        nonlocal searches
        searches += 1
        return search(*given, **more)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    cost = len("replica") * sum(map(len, KNOWN))
    with limited(3 * cost):
        found = [nearest("replica", KNOWN) for _ in range(1000)]
    assert found == ["replicas"] * 3 + [None] * 997
    assert searches == 3
    with limited(3 * cost):
        assert nearest("replica", KNOWN) == "replicas"
    assert nearest("replica", KNOWN) == "replicas"


def test_a_command_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spelling, "limited", lambda: limited(1))
    file = tmp_path / "in.yaml"
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatta: {}\nimmutible: true\n"
    file.write_text(text, encoding="utf-8")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        cli.main(["lint", str(file), "--output-format", "concise"], standalone_mode=False)
    assert (out.getvalue().count("schema-unknown-field"), out.getvalue().count("did you mean")) == (
        2,
        1,
    )
