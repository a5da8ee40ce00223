"""The connectivity map as a picture: who talks to whom, from left to right.

Boxes stand in columns, so that arrows lead to the right where they can; ends that have the same
connections share a box. All figures are whole numbers: the same map gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stackgen.escape import visible, xml_text

Edge = tuple[str, str, str]  # source, destination, ports

_LINE = 18  # pixels between lines of text
_PAD = 10
_GAP = 16  # between boxes of a column
_CURVE = 70  # between columns, beside the widest label
_FILLS = {"External": "#f3e8d2", "Host": "#f3e8d2", "Node": "#e8e8e8", "Platform": "#e8e8e8"}
_OURS = "#dbe9f9"
_SWEEPS = 8
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1b1f24}"
    "path{fill:none;stroke:#57606a;stroke-width:1.2}"
    "path.unknown{stroke-dasharray:5 4}"
    "rect.box{stroke:#57606a}"
    ".label{paint-order:stroke;stroke:#fff;stroke-width:4px}"
)

_NAMESPACE = "http://www.w3.org/2000/svg"
_HEAD = (
    '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"'
    ' orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#57606a"/></marker>'
)


@dataclass(eq=False)
class _Box:
    """Ends with the same connections; without `names` a place where a long arrow passes."""

    key: str
    names: tuple[str, ...] = ()
    column: int = 0
    before: list[_Arrow] = field(default_factory=list)
    after: list[_Arrow] = field(default_factory=list)
    x: int = 0
    y: int = 0
    width: int = 0

    @property
    def height(self) -> int:
        lines = max(len(self.names), len(self.left), len(self.right), 1)
        return lines * _LINE + (_PAD if self.names else 0)

    @property
    def left(self) -> list[_Arrow]:
        """The arrows at its left side."""
        return [a for a in self.before if not a.back]

    @property
    def right(self) -> list[_Arrow]:
        """Those at its right side: what goes on, and what comes back."""
        return [*self.after, *(a for a in self.before if a.back)]

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass(eq=False)
class _Arrow:
    source: _Box
    destination: _Box
    ports: str
    back: bool = False


def svg(edges: Iterable[Edge]) -> str:
    """The picture of the connections, an SVG document."""
    shown = {(visible(source), visible(end), ports) for source, end, ports in edges}
    boxes, arrows = _grouped(sorted(shown))
    _mark_back(boxes, arrows)
    _set_columns(boxes, arrows)
    boxes, arrows = _with_passages(boxes, arrows)
    for arrow in arrows:
        arrow.source.after.append(arrow)
        arrow.destination.before.append(arrow)
    columns = _ordered(boxes)
    width, height = _placed(columns)
    return _drawn(columns, arrows, width, height)


def _grouped(edges: Sequence[Edge]) -> tuple[list[_Box], list[_Arrow]]:
    """A box for all ends of one kind with the same connections, and an arrow for each of them."""
    talks: dict[str, set[tuple[int, str, str]]] = {}
    for source, destination, ports in edges:
        talks.setdefault(source, set()).add((1, destination, ports))
        talks.setdefault(destination, set()).add((0, source, ports))
    alike: dict[tuple[str, frozenset[tuple[int, str, str]]], list[str]] = {}
    for name in sorted(talks):
        alike.setdefault((_kind(name), frozenset(talks[name])), []).append(name)
    boxes = [_Box(names[0], tuple(names)) for names in alike.values()]
    of = {name: box for box in boxes for name in box.names}
    seen: dict[tuple[str, str, str], _Arrow] = {}
    for source, destination, ports in edges:
        ends = of[source], of[destination]
        seen.setdefault((ends[0].key, ends[1].key, ports), _Arrow(*ends, ports))
    return boxes, list(seen.values())


def _mark_back(boxes: Sequence[_Box], arrows: Sequence[_Arrow]) -> None:
    """Mark the arrows that close a circle; without them the rest leads one way."""
    out: dict[str, list[_Arrow]] = {box.key: [] for box in boxes}
    reached = {a.destination.key for a in arrows}
    for arrow in arrows:
        out[arrow.source.key].append(arrow)
    state: dict[str, int] = {}  # 1: on the way, 2: done
    for box in sorted(boxes, key=lambda b: (b.key in reached, b.key)):
        way = [(box, iter(out[box.key]))] if box.key not in state else []
        state.setdefault(box.key, 1)
        while way:
            here, rest = way[-1]
            for arrow in rest:
                there = arrow.destination
                arrow.back = state.get(there.key) == 1
                if there.key not in state:
                    state[there.key] = 1
                    way.append((there, iter(out[there.key])))
                    break
            else:
                state[here.key] = 2
                way.pop()


def _set_columns(boxes: Sequence[_Box], arrows: Sequence[_Arrow]) -> None:
    """Each box right of all that lead to it; those that lead nowhere in the last column."""
    forward = [a for a in arrows if not a.back]
    waiting = {box.key: 0 for box in boxes}
    out: dict[str, list[_Arrow]] = {box.key: [] for box in boxes}
    for arrow in forward:
        waiting[arrow.destination.key] += 1
        out[arrow.source.key].append(arrow)
    ready = [box for box in boxes if not waiting[box.key]]
    while ready:
        box = ready.pop()
        for arrow in out[box.key]:
            there = arrow.destination
            there.column = max(there.column, box.column + 1)
            waiting[there.key] -= 1
            if not waiting[there.key]:
                ready.append(there)
    last = max((box.column for box in boxes), default=0)
    leading = {a.source.key for a in arrows}
    for box in boxes:
        if box.column and box.key not in leading:
            box.column = last


def _with_passages(
    boxes: Sequence[_Box], arrows: Sequence[_Arrow]
) -> tuple[list[_Box], list[_Arrow]]:
    """Arrows from column to column: where one is longer, a passage in each column between."""
    all_boxes, steps = list(boxes), []
    for number, arrow in enumerate(arrows):
        here = arrow.source
        for column in range(arrow.source.column + 1, arrow.destination.column):
            passage = _Box(f"{arrow.destination.key} {number}", column=column)
            all_boxes.append(passage)
            steps.append(_Arrow(here, passage, arrow.ports))
            here = passage
        steps.append(_Arrow(here, arrow.destination, arrow.ports, arrow.back))
    return all_boxes, steps


def _ordered(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """The columns, each in an order in which few arrows cross."""
    count = max((box.column for box in boxes), default=-1) + 1
    columns = [sorted((b for b in boxes if b.column == c), key=_by_name) for c in range(count)]
    for sweep in range(_SWEEPS):
        place = {id(b): i for column in columns for i, b in enumerate(column)}
        there = columns if sweep % 2 == 0 else columns[::-1]
        for column in there[1:]:
            weights = {id(b): _pull(b, place, leftwards=sweep % 2 == 0) for b in column}
            column.sort(key=lambda b: (weights[id(b)], _by_name(b)))
            place.update({id(b): i for i, b in enumerate(column)})
    return columns


def _pull(box: _Box, place: Mapping[int, int], *, leftwards: bool) -> int:
    """Where the neighbours on one side stand, on average, in thousandths of a place."""
    near = [a.source for a in box.before] if leftwards else [a.destination for a in box.after]
    found = [place[id(b)] for b in near if b.column != box.column] or [place[id(box)]]
    return sum(found) * 1000 // len(found)


def _by_name(box: _Box) -> tuple[bool, str]:
    return (not box.names, box.key)


def _placed(columns: Sequence[Sequence[_Box]]) -> tuple[int, int]:
    """Give every box its place; the size of the whole."""
    heights = [sum(b.height + _GAP for b in column) for column in columns]
    tallest, x = max(heights, default=0), _GAP
    for column, height in zip(columns, heights, strict=True):
        labels = [a.ports for b in column for a in b.left]
        x += _wide(labels) + (_CURVE if labels else 0)
        y = _GAP + (tallest - height) // 2
        widest = max(_wide(b.names) for b in column) + 2 * _PAD
        for box in column:
            box.x, box.y = x, y
            # Passages lead past the widest box.
            box.width = _wide(box.names) + 2 * _PAD if box.names else widest
            y += box.height + _GAP
        x += widest
    backs = [a.ports for c in columns for b in c for a in b.before if a.back]
    x += _wide(backs) + (_CURVE if backs else 0)
    return x + _GAP, tallest + 2 * _GAP


def _wide(texts: Iterable[str]) -> int:
    """Pixels that the longest of the texts takes."""
    return max((len(t) for t in texts), default=0) * 73 // 10


def _drawn(
    columns: Sequence[Sequence[_Box]], arrows: Sequence[_Arrow], width: int, height: int
) -> str:
    boxes = [b for column in columns for b in column]
    at: dict[tuple[int, int], int] = {}  # the height of an arrow's end at a box
    for box in boxes:
        for side in (box.left, box.right):
            side.sort(key=lambda a: (_other(a, box).middle, a.ports))
            top = box.middle - (len(side) - 1) * _LINE // 2
            at.update({(id(a), id(box)): top + i * _LINE for i, a in enumerate(side)})
    size = f'width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="{_NAMESPACE}" role="img" {size} viewBox="0 0 {width} {height}">',
        "<title>Open connections</title>",
        f"<style>{_STYLE}</style>",
        f"<defs>{_HEAD}</defs>",
        f'<rect {size} fill="#fff"/>',
    ]
    lines += [_arrow(a, at[id(a), id(a.source)], at[id(a), id(a.destination)]) for a in arrows]
    lines += [_box(b) for b in boxes if b.names]
    named = [a for a in arrows if a.destination.names]
    lines += [_label(a, at[id(a), id(a.destination)]) for a in named]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _other(arrow: _Arrow, box: _Box) -> _Box:
    return arrow.destination if arrow.source is box else arrow.source


def _arrow(arrow: _Arrow, start: int, end: int) -> str:
    x1, x2 = arrow.source.x + arrow.source.width, arrow.destination.x
    head = ' marker-end="url(#head)"' if arrow.destination.names else ""
    unknown = ' class="unknown"' if arrow.ports.startswith("?") else ""
    if arrow.back:  # around the right side of both
        x2 += arrow.destination.width
        bend = max(x1, x2) + _CURVE // 2
        return f'<path{unknown} d="M{x1} {start}C{bend} {start} {bend} {end} {x2} {end}"{head}/>'
    # The label is on the last, level stretch; a passage is level all along.
    named = bool(arrow.destination.names)
    level = x2 - (_wide([arrow.ports]) + _PAD if named else 0)
    bend = (x1 + level) // 2
    curve = f"M{x1} {start}C{bend} {start} {bend} {end} {level} {end}"
    stop = x2 if named else x2 + arrow.destination.width
    return f'<path{unknown} d="{curve}H{stop}"{head}/>'


def _label(arrow: _Arrow, y: int) -> str:
    box = arrow.destination
    x = box.x + box.width + _PAD if arrow.back else box.x - _wide([arrow.ports]) - _PAD
    return f'<text class="label" x="{x}" y="{y - 4}">{xml_text(arrow.ports)}</text>'


def _box(box: _Box) -> str:
    fill = _FILLS.get(_kind(box.names[0]), _OURS)
    top = box.middle - len(box.names) * _LINE // 2 + _LINE - 5
    place = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"'
    lines = [f'<rect class="box" {place} rx="4" fill="{fill}"/>']
    lines += [
        f'<text x="{box.x + _PAD}" y="{top + i * _LINE}">{xml_text(name)}</text>'
        for i, name in enumerate(box.names)
    ]
    return "\n".join(lines)


def _kind(name: str) -> str:
    return name.rpartition("[")[2].rstrip("]")
