"""Selectors of labels: the namespaces that they name, and how they read."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.net.selectors import NAME_LABEL, selector


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"matchLabels": {NAME_LABEL: "a"}}, {"a"}),
        ({"matchLabels": {"team": "a", NAME_LABEL: "b"}}, {"b"}),
        ({"matchLabels": {"team": "a"}}, None),
        ({"matchExpressions": [{"key": NAME_LABEL, "operator": "NotIn", "values": ["a"]}]}, None),
        ({}, None),
    ],
)
def test_the_namespaces_that_a_selector_names(data: dict[str, Any], names: set[str] | None) -> None:
    found = selector(data)
    assert found is not None and found.names() == names


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "{}"),
        ({"matchLabels": {"a": "b", "c": "d"}}, "a=b, c=d"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["c", "b"]}]},
         "a in (b, c)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]},
         "a not in (b)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"},
                               {"key": "b", "operator": "DoesNotExist"}]}, "a, !b"),
    ],
)  # fmt: skip
def test_how_a_selector_reads(data: dict[str, Any], text: str) -> None:
    assert str(selector(data)) == text
