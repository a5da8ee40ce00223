"""The names of metrics in PromQL queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.facts.queries import names_of


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("vllm:num_requests_waiting > 5", ("vllm:num_requests_waiting",)),
        ('sum by (a, b) (rate(x_total{c="d"}[5m]))', ("x_total",)),
        ("a / on (pod) group_left (node) b", ("a", "b")),
        ('{__name__="vllm:x", job="y"}', ("vllm:x",)),
        ('label_replace(up, "dst", "$1", "src", "(.*)")', ("up",)),
        ("a # b", ("a",)),
        ("increase(a[$__rate_interval])", ("a",)),
    ],
)
def test_names(query: str, names: tuple[str, ...]) -> None:
    words = {"by", "on", "group_left"}
    assert tuple(n for n in names_of(query) if n not in words) == names


@given(text=st.text(max_size=300))
def test_any_text_has_names_of_the_form_of_a_metric(text: str) -> None:
    for name in names_of(f"{text} a"):
        assert name
