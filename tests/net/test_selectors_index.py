"""The index offers whatever a selector may match, in order."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.net.selectors import LabelIndex, selector

THINGS: list[tuple[str, dict[str, str], bool, int]] = [
    ("a", {"app": "x", "tier": "1"}, True, 0),
    ("a", {"app": "y"}, True, 1),
    ("a", {}, False, 2),
    ("b", {"app": "x"}, True, 3),
    ("a", {"app": "x", "tier": "2"}, True, 4),
]


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [
        ({}, [0, 1, 2, 4]),
        ({"matchLabels": {"app": "x"}}, [0, 2, 4]),
        ({"matchLabels": {"app": "x", "tier": "2"}}, [2, 4]),
        ({"matchLabels": {"app": "z"}}, [2]),
        (
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["y", "x"]}]},
            [0, 1, 2, 4],
        ),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, [0, 1, 2, 4]),
    ],
)  # fmt: skip
def test_candidates(wanted: dict[str, Any], offered: list[int]) -> None:
    index = LabelIndex(THINGS)
    asked = selector(wanted)
    assert list(index.candidates("a", asked)) == offered
    matching = [
        n for space, labels, whole, n in THINGS
        if space == "a" and asked.matches(labels, whole) is not False
    ]  # fmt: skip
    assert set(matching) <= set(offered)


def test_a_namespace_without_things_offers_none() -> None:
    assert list(LabelIndex(THINGS).candidates("c", selector({}))) == []


def test_a_label_of_a_controller_may_be_on_pods_whose_template_lacks_it() -> None:
    """The first Pod of a group has an index that no manifest says."""
    key = "leaderworkerset.sigs.k8s.io/worker-index"
    wanted = selector({"matchLabels": {"app": "a", key: "0"}})
    assert wanted.matches({"app": "a"}) is None
    assert wanted.matches({"app": "b"}) is False
    assert wanted.matches({"app": "a", key: "1"}) is False
    index = LabelIndex([("n", {"app": "a"}, True, 1), ("n", {"app": "b"}, True, 2)])
    assert list(index.candidates("n", wanted)) == [1]
