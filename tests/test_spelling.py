"""Did you mean."""

from __future__ import annotations

import pytest

from stackgen.spelling import did_you_mean, nearest

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


def test_order_of_what_is_known_does_not_matter() -> None:
    assert nearest("nodepo", KNOWN) == nearest("nodepo", reversed(KNOWN))


def test_sentence() -> None:
    assert did_you_mean("replica", KNOWN) == '; did you mean "replicas"?'
    assert did_you_mean("xyz", KNOWN) == ""
