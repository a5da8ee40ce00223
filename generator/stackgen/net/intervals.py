"""Sets of integers as sorted, separate, closed intervals: the arithmetic of ports and addresses."""

from __future__ import annotations

from collections.abc import Iterable

Intervals = tuple[tuple[int, int], ...]


def normal(pairs: Iterable[tuple[int, int]]) -> Intervals:
    """The set of the numbers in `pairs` (first, last): neighbours joined, empty ones dropped."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(p for p in pairs if p[0] <= p[1]):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)


def union(a: Intervals, b: Intervals) -> Intervals:
    """What is in either."""
    if not a or a == b:
        return b
    return normal((*a, *b)) if b else a


def intersect(a: Intervals, b: Intervals) -> Intervals:
    """What is in both."""
    out = []
    i = j = 0
    while i < len(a) and j < len(b):
        low, high = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if low <= high:
            out.append((low, high))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(out)


def subtract(a: Intervals, b: Intervals) -> Intervals:
    """What is in `a` and not in `b`."""
    if not a or not b:
        return a
    out = []
    j = 0
    for first, high in a:
        low = first
        while j < len(b) and b[j][1] < low:
            j += 1
        k = j
        while k < len(b) and b[k][0] <= high:
            if b[k][0] > low:
                out.append((low, b[k][0] - 1))
            low = max(low, b[k][1] + 1)
            k += 1
        if low <= high:
            out.append((low, high))
    return tuple(out)
