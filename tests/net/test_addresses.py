"""Sets of numbers and of addresses, against sets of Python."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stackgen.net import addresses as a
from stackgen.net import intervals as i

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=5).map(
    lambda found: [(low, low + length) for low, length in found]
)


def numbers(found: i.Intervals) -> set[int]:
    """The numbers of a set; asserts that its intervals are sorted and apart."""
    assert all(low <= high for low, high in found)
    assert all(one[1] + 1 < two[0] for one, two in pairwise(found))
    return {n for low, high in found for n in range(low, high + 1)}


@given(PAIRS, PAIRS)
def test_sets_of_numbers(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    x, y = i.normal(one), i.normal(other)
    assert numbers(i.union(x, y)) == numbers(x) | numbers(y)
    assert numbers(i.intersect(x, y)) == numbers(x) & numbers(y)
    assert numbers(i.subtract(x, y)) == numbers(x) - numbers(y)


BLOCKS = st.lists(
    st.sampled_from(
        ["0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32",
         "255.255.255.255/32", "::/0", "fd00::/8", "fd00::1/128", "ffff::/16"]
    ),
    max_size=5,
)  # fmt: skip


@given(BLOCKS)
def test_parts_are_all_addresses_and_each_is_inside_or_outside(cidrs: list[str]) -> None:
    blocks = [a.networks([c]) for c in cidrs]
    parts = a.split(blocks)
    everything = a.networks(["0.0.0.0/0", "::/0"])
    assert everything - _sum(parts) == a.networks([])
    for number, part in enumerate(parts):
        assert all(not part & other for other in parts[number + 1 :])
        for block in blocks:
            assert not part & block or part - block == a.networks([])


def _sum(parts: list[a.Addresses]) -> a.Addresses:
    total = a.networks([])
    for part in parts:
        total = total | part
    return total


def test_parts_come_in_the_order_of_their_first_address() -> None:
    parts = a.split([a.networks(["10.0.0.0/8"]), a.networks(["fd00::/8"])])
    firsts = [(p.v4[0] if p.v4 else None, p.v6[0][0] if p.v6 else None) for p in parts]
    assert firsts[0][0] == (0, 10 * 2**24 - 1)
    assert firsts[1][0] == (10 * 2**24, 11 * 2**24 - 1)
    assert firsts[2] == (None, 0xFD << 120)
