"""Sets of ports do not depend on which set was asked for first."""

from __future__ import annotations

from stackgen.net import ports as p


def test_true_is_not_kept_as_the_port_one() -> None:
    # As a malformed manifest has it; `True == 1` for every cache.
    assert str(p.ports("TCP", True)) == "TCP 1"
    assert str(p.union(p.ports("TCP", True), p.ports("TCP", 2))) == "TCP 1-2"
    assert str(p.ports("TCP", 1)) == "TCP 1"
