"""Boxes in columns, and the ways of the arrows between them.

The method is Sugiyama's. The libraries for Python that lay out layered graphs are under the GPL or
no longer maintained. Each arrow leads from column to column. A longer one has a passage of its own
in each column between, and one that leads back is drawn as if it led on. So no arrow is behind a
box. All figures are whole numbers: the same graph has the same layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

_SWEEPS = 8
LINE = 18  # pixels between the ends of arrows at a box


@dataclass(eq=False)
class Box:
    """A box, or with number -1 a passage. Lengths in pixels."""

    number: int
    column: int = 0
    height: int = LINE
    x: int = 0
    y: int = 0
    width: int = 0
    left: list[Step] = field(default_factory=list)
    right: list[Step] = field(default_factory=list)

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass(eq=False)
class Step:
    """The part of an arrow between two neighboring columns. head: the side that it points to.

    start, end: where it leaves the left box and meets the right one, in pixels from the top.
    """

    arrow: int
    left: Box
    right: Box
    head: Literal["", "left", "right"] = ""
    start: int = 0
    end: int = 0


def columns_of(count: int, arrows: Sequence[tuple[int, int]]) -> list[list[Box]]:
    """The columns of `count` boxes, in an order in which few arrows cross. No arrow is a loop."""
    boxes = [Box(i) for i in range(count)]
    back = _back(count, arrows)
    _set_columns(boxes, [pair for i, pair in enumerate(arrows) if i not in back])
    every = list(boxes)
    for number, (source, destination) in enumerate(arrows):
        left, right = boxes[source], boxes[destination]
        if number in back:
            left, right = right, left
        every += _steps(number, left, right, number in back)
    return _ordered(every)


def place(columns: Sequence[Sequence[Box]], gaps: Sequence[int], margin: int, between: int) -> None:
    """Set the places of boxes whose width and height are known. gaps: between the columns."""
    heights = [sum(b.height + between for b in column) - between for column in columns]
    tallest, x = max(heights, default=0), margin
    for number, (column, height) in enumerate(zip(columns, heights, strict=True)):
        y = margin + (tallest - height) // 2
        widest = max(b.width for b in column)
        for box in column:
            box.x, box.y, box.width = x, y, widest
            y += box.height + between
        x += widest + (gaps[number] if number < len(gaps) else 0)
    for column in columns:
        for box in column:
            _set_ends(box)


def _set_ends(box: Box) -> None:
    box.left.sort(key=lambda s: (s.left.middle, s.arrow))
    box.right.sort(key=lambda s: (s.right.middle, s.arrow))
    for number, step in enumerate(box.left):
        step.end = box.middle - (len(box.left) - 1) * LINE // 2 + number * LINE
    for number, step in enumerate(box.right):
        step.start = box.middle - (len(box.right) - 1) * LINE // 2 + number * LINE


def _back(count: int, arrows: Sequence[tuple[int, int]]) -> set[int]:
    """The arrows that close a circle; without them the rest leads one way."""
    out: list[list[int]] = [[] for _ in range(count)]
    for number, (source, _) in enumerate(arrows):
        out[source].append(number)
    reached = {destination for _, destination in arrows}
    back: set[int] = set()
    state: dict[int, int] = {}  # 1: on the way, 2: done
    for first in sorted(range(count), key=lambda i: (i in reached, i)):
        way = [(first, iter(out[first]))] if first not in state else []
        state.setdefault(first, 1)
        while way:
            here, rest = way[-1]
            for number in rest:
                there = arrows[number][1]
                if state.get(there) == 1:
                    back.add(number)
                if there not in state:
                    state[there] = 1
                    way.append((there, iter(out[there])))
                    break
            else:
                state[here] = 2
                way.pop()
    return back


def _set_columns(boxes: Sequence[Box], arrows: Sequence[tuple[int, int]]) -> None:
    """Each box right of all that lead to it, and one that nothing leads to just left of the first
    that it leads to.
    """
    waiting, out = [0] * len(boxes), [list[int]() for _ in boxes]
    for source, destination in arrows:
        waiting[destination] += 1
        out[source].append(destination)
    inner = {i for i, count in enumerate(waiting) if count}
    ready = [i for i, count in enumerate(waiting) if not count]
    while ready:
        here = ready.pop()
        for there in out[here]:
            boxes[there].column = max(boxes[there].column, boxes[here].column + 1)
            waiting[there] -= 1
            if not waiting[there]:
                ready.append(there)
    for i, box in enumerate(boxes):
        if i not in inner and out[i]:
            box.column = min(boxes[there].column for there in out[i]) - 1


def _steps(number: int, left: Box, right: Box, back: bool) -> Iterable[Box]:
    """Join two boxes by steps, and give the passages between them."""
    passages = [Box(-1, column) for column in range(left.column + 1, right.column)]
    way = [left, *passages, right]
    for here, there in pairwise(way):
        step = Step(number, here, there)
        here.right.append(step)
        there.left.append(step)
    if back:
        left.right[-1].head = "left"
    else:
        right.left[-1].head = "right"
    return passages


def _ordered(boxes: Sequence[Box]) -> list[list[Box]]:
    count = max((box.column for box in boxes), default=-1) + 1
    columns: list[list[Box]] = [[] for _ in range(count)]
    for box in sorted(boxes, key=_by_number):
        columns[box.column].append(box)
    for sweep in range(_SWEEPS):
        leftwards = sweep % 2 == 0
        at = {id(b): i for column in columns for i, b in enumerate(column)}
        for column in (columns if leftwards else columns[::-1])[1:]:
            pulls = {id(b): _pull(b, at, leftwards) for b in column}
            column.sort(key=lambda b: (pulls[id(b)], _by_number(b)))
            at.update({id(b): i for i, b in enumerate(column)})
    return columns


def _pull(box: Box, at: Mapping[int, int], leftwards: bool) -> int:
    """Where the neighbors on one side are, on average, in thousandths of a place."""
    near = [s.left for s in box.left] if leftwards else [s.right for s in box.right]
    found = [at[id(b)] for b in near] or [at[id(box)]]
    return sum(found) * 1000 // len(found)


def _by_number(box: Box) -> tuple[bool, int, int]:
    steps = box.left or box.right
    return box.number < 0, box.number, steps[0].arrow if steps else 0
