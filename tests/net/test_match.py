"""Which host names a pattern fits: GKE's FQDN policies, and domain names of the policy API."""

from __future__ import annotations

import pytest

from stackgen.net.match import Matcher, named
from stackgen.net.policies import Peer
from tests.net.worlds import Node, Small, pod


@pytest.mark.parametrize(
    ("pattern", "host", "labels", "label"),
    [
        ("a.example.com", "a.example.com", True, True),
        ("A.Example.com.", "a.example.com", True, True),
        ("a.example.com", "b.example.com", False, False),
        # One label: both. More labels: the policy API alone. No label: neither.
        ("*.example.com", "a.example.com", True, True),
        ("*.example.com", "a.b.example.com", True, False),
        ("*.example.com", "example.com", False, False),
        ("*.example.com", "badexample.com", False, False),
        # Part of a label: GKE alone.
        ("a*.example.com", "ab.example.com", False, True),
        ("a*.example.com", "a.b.example.com", False, False),
        ("a.*.com", "a.b.com", False, True),
        ("a.example.com", "axexample.com", False, False),
    ],
)
def test_names(pattern: str, host: str, labels: bool, label: bool) -> None:
    assert named(pattern, host, many_labels=True) is labels
    assert named(pattern, host, many_labels=False) is label


def test_whether_labels_select_a_node_is_not_known() -> None:
    matcher = Matcher(Small("", pod("a/x")).world, pods_are_addresses=False)
    assert matcher.peer(Peer(nodes=True), "a", Node("node")) is None
    assert matcher.peer(Peer(), "a", Node("node")) is False
