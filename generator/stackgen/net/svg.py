"""The connectivity map as a picture: clients on the left of servers, legible on a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.escape import visible, xml_attribute, xml_text
from stackgen.manifest.shipped import shipped_text
from stackgen.net.layout import LINE, Box, Step, columns_of, place
from stackgen.net.map import Arrow, End, Map
from stackgen.regex import regex

WIDTH = 1140  # pixels that a page of 1,200 has for the picture
LEAST, MOST = 10, 34  # characters of a line in a box
_LABEL = 16  # characters of a label; the whole is in the title of its arrow
_CHAR = 67  # tenths of a pixel that a character takes, of a fixed width
_TEXT = 15  # pixels between lines of text
_PAD, _MARGIN, _BETWEEN, _CURVE = 9, 12, 16, 30
_WORDS = regex(r"[^-./:_,\s]*[-./:_,\s]*")
_LEGEND = (
    ("outside", "outside of the cluster"), ("platform", "Pods of the platform"),
    ("workload", "Pods of these manifests"), ("arrow", "open"), ("arrow unknown", "not certain"),
    ("star", "not each with each"),
)  # fmt: skip
_NAMESPACE = "http://www.w3.org/2000/svg"


def svg(shown: Map) -> str:
    """The picture, an SVG document. It is no wider than `WIDTH` if the names can be wrapped."""
    columns = columns_of(len(shown.ends), [(one.source, one.destination) for one in shown.arrows])
    sides = _label_widths(columns, shown.arrows)
    gaps = [left + right + _CURVE for left, right in sides]
    room = (WIDTH - 2 * _MARGIN - sum(gaps)) // max(len(columns), 1) - 2 * _PAD
    texts = [_texts(end, min(max(room * 10 // _CHAR, LEAST), MOST)) for end in shown.ends]
    for column in columns:
        for box in column:
            if box.number >= 0:
                lines = texts[box.number]
                box.width = _wide([text for _, text in lines]) + 2 * _PAD
                ports = max(len(box.left), len(box.right))
                box.height = max(len(lines) * _TEXT, ports * LINE) + _PAD
    place(columns, gaps, _MARGIN, _BETWEEN)
    boxes = [box for column in columns for box in column]
    return _document(boxes, texts, shown, sides)


def _document(
    boxes: Sequence[Box],
    texts: Sequence[list[tuple[str, str]]],
    shown: Map,
    sides: Sequence[tuple[int, int]],
) -> str:
    bottom = max((box.y + box.height for box in boxes), default=0) + _MARGIN
    legend, legend_width = _legend(bottom + _TEXT)
    width = max(max((b.x + b.width for b in boxes), default=0) + _MARGIN, legend_width)
    height = bottom + 2 * _TEXT + _MARGIN
    size, view = f'width="{width}" height="{height}"', f'viewBox="0 0 {width} {height}"'
    style = shipped_text(__file__, "svg.css").replace("\n", "")
    lines = [
        f'<svg xmlns="{_NAMESPACE}" class="netmap" role="img" {size} {view}>',
        f"<title>{_summary(shown)}</title>",
        f"<style>{style}</style>",
        f'<rect class="page" {size}/>',
    ]
    for box in boxes:
        if box.number < 0:
            step = box.left[0]
            kind = _kind(shown.arrows[step.arrow])
            lines.append(f'<path class="{kind}" d="M{box.x} {box.middle}h{box.width}"/>')
        else:
            lines += _box(box, shown.ends[box.number], texts[box.number])
    for box in boxes:
        for step in box.right:
            lines += _step(step, shown.arrows[step.arrow], *sides[box.column])
    return "\n".join([*lines, *legend, "</svg>"]) + "\n"


def _summary(shown: Map) -> str:
    return f"{len(shown.arrows)} open connections between {len(shown.ends)} groups"


def _label_widths(
    columns: Sequence[Sequence[Box]], arrows: Sequence[Arrow]
) -> list[tuple[int, int]]:
    """What the labels at the left and at the right of each gap take."""
    found = []
    for column in columns[:-1]:
        steps = [step for box in column for step in box.right]
        widths = [
            _wide([_label(arrows[s.arrow]) for s in steps if s.head == side])
            for side in ("left", "right")
        ]
        found.append((widths[0] and widths[0] + _PAD, widths[1] + _PAD))
    return found


def _label(arrow: Arrow) -> str:
    text = visible(arrow.ports)
    return text if len(text) <= _LABEL else text[: _LABEL - 3] + "..."


def _texts(end: End, most: int) -> list[tuple[str, str]]:
    """The lines of a box with their classes."""
    found = [("head", line) for text in end.heads for line in wrapped(visible(text), most)]
    return found + [("note", line) for text in end.notes for line in wrapped(visible(text), most)]


def wrapped(text: str, most: int) -> list[str]:
    """Lines of at most `most` characters, broken behind punctuation where it can be."""
    lines = [""]
    for word in _WORDS.findall(text):
        if len(lines[-1]) + len(word.rstrip()) > most and lines[-1]:
            lines.append("")
        rest = lines[-1] + word
        while len(rest.rstrip()) > most:
            lines[-1] = rest[:most]
            lines.append("")
            rest = rest[most:]
        lines[-1] = rest
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _wide(texts: Sequence[str]) -> int:
    """Pixels that the longest of the texts takes."""
    return -(-max((len(text) for text in texts), default=0) * _CHAR // 10)


def _box(box: Box, end: End, texts: Sequence[tuple[str, str]]) -> Iterator[str]:
    where = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"'
    top = box.middle - len(texts) * _TEXT // 2 + _TEXT - 4
    told = "\n".join(visible(name) for name in end.members)
    yield f"<g><title>{xml_text(told)}</title>"
    yield f'<rect class="box {end.kind}" {where} rx="5"/>'
    for number, (kind, text) in enumerate(texts):
        x, y = box.x + _PAD, top + number * _TEXT
        yield f'<text class="{kind}" x="{x}" y="{y}">{xml_text(text)}</text>'
    yield "</g>"


def _step(step: Step, arrow: Arrow, left: int, right: int) -> Iterator[str]:
    """The curve between two columns. It is level at both ends, where labels are."""
    x1, x2 = step.left.x + step.left.width, step.right.x
    bend = (x1 + left + x2 - right) // 2
    way = (
        f"M{x1} {step.start}H{x1 + left}"
        f"C{bend} {step.start} {bend} {step.end} {x2 - right} {step.end}H{x2}"
    )
    yield f'<path class="{_kind(arrow)}" d="{way}"><title>{xml_text(arrow.ports)}</title></path>'
    if step.head == "right":
        yield f'<path class="tip" d="M{x2} {step.end}l-8 -4v8z"/>'
        x = x2 - _PAD - _wide([_label(arrow)])
        yield f'<text class="label" x="{x}" y="{step.end - 4}">{xml_text(_label(arrow))}</text>'
    elif step.head == "left":
        yield f'<path class="tip" d="M{x1} {step.start}l8 -4v8z"/>'
        label = xml_text(_label(arrow))
        yield f'<text class="label" x="{x1 + _PAD}" y="{step.start - 4}">{label}</text>'


def _kind(arrow: Arrow) -> str:
    return "arrow unknown" if arrow.unknown else "arrow"


def _legend(y: int) -> tuple[list[str], int]:
    """The legend, and how wide it is."""
    lines, x = ['<g class="legend">'], _MARGIN
    for kind, text in _LEGEND:
        if kind.startswith("arrow"):
            lines.append(f'<path class="{kind}" d="M{x} {y + 6}h24"/>')
        elif kind == "star":
            lines.append(f'<text x="{x + 16}" y="{y + 11}">*</text>')
        else:
            lines.append(
                f'<rect class={xml_attribute(kind)} x="{x}" y="{y}" width="24" height="12" rx="3"/>'
            )
        lines.append(f'<text class="note" x="{x + 30}" y="{y + 10}">{text}</text>')
        x += 30 + _wide([text]) + 20
    return [*lines, "</g>"], x
