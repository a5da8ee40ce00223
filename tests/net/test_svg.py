"""The picture of a connectivity map: complete, legible, and the same for the same map."""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as Tree
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stackgen.net import ports as p
from stackgen.net.map import Arrow, End, Map
from stackgen.net.svg import WIDTH, svg, wrapped
from tests.program import stackgen
from tests.sandbox import ROOT

SPACE = "{http://www.w3.org/2000/svg}"
TCP_80, TCP_53 = p.ports("TCP", 80), p.ports("TCP", 53)


def _end(name: str) -> End:
    return End("workload", (name,), ("namespace a",), (f"a: {name}",))


def _map(count: int, pairs: list[tuple[int, int]], unknown: bool = False) -> Map:
    ends = tuple(_end(f"pod-{i}-of-{'a-long-name-' * (i % 3)}x") for i in range(count))
    arrows = tuple(
        Arrow(a, b, TCP_80, TCP_53 if unknown else p.NONE) for a, b in dict.fromkeys(pairs)
    )
    return Map(ends, arrows)


PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=16).map(
    lambda pairs: [(a, b) for a, b in pairs if a != b]
)
MAPS = PAIRS.map(lambda pairs: _map(9, pairs))


def _boxes(picture: str) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of every box."""
    found = []
    for e in Tree.fromstring(picture).iter(f"{SPACE}rect"):
        if (e.get("class") or "").startswith("box "):
            x, y, w, h = (int(e.attrib[k]) for k in ("x", "y", "width", "height"))
            found.append((x, y, x + w, y + h))
    return found


def _points(way: str) -> list[tuple[float, float]]:
    """Points of a path: of its straight parts, and of its curve."""
    passage = re.fullmatch(r"M(\d+) (\d+)h(\d+)", way)
    if passage:
        x, y, width = map(int, passage.groups())
        return [(x + i * width / 10, y) for i in range(11)]
    found = re.fullmatch(r"M(\d+) (\d+)H(\d+)C(\d+) \d+ \d+ (\d+) (\d+) \d+H(\d+)", way)
    assert found is not None, way
    x1, y1, x2, bend, y2, x3, x4 = map(int, found.groups())
    steps = [i / 20 for i in range(21)]
    curve = [
        (
            (1 - t) ** 3 * x2 + 3 * (1 - t) * t * bend + t**3 * x3,
            (1 - t) ** 3 * y1 + 3 * (1 - t) ** 2 * t * y1 + 3 * (1 - t) * t**2 * y2 + t**3 * y2,
        )
        for t in steps
    ]
    return [(x1, y1), (x2, y1), *curve, (x3, y2), (x4, y2)]


def _arrows(picture: str) -> list[list[tuple[float, float]]]:
    legend = picture.index('<g class="legend">')
    ways = re.findall(r'<path class="arrow[^"]*" d="([^"]*)"', picture[:legend])
    return [_points(way) for way in ways]


@given(shown=MAPS)
def test_no_arrow_is_behind_a_box(shown: Map) -> None:
    picture = svg(shown)
    boxes = _boxes(picture)
    for points in _arrows(picture):
        for x, y in points:
            inside = [b for b in boxes if b[0] < x < b[2] and b[1] < y < b[3]]
            assert inside == []


@given(shown=MAPS)
def test_no_label_is_on_a_box_or_on_another_label(shown: Map) -> None:
    picture = svg(shown)
    labels = []
    for e in Tree.fromstring(picture).iter(f"{SPACE}text"):
        if e.get("class") == "label":
            x, y = int(e.attrib["x"]), int(e.attrib["y"])
            labels.append((x, y - 9, x + len(e.text or "") * 67 // 10, y))
    assert len(labels) == len(shown.arrows)
    areas = [*labels, *_boxes(picture)]
    for i, (x, y, right, bottom) in enumerate(labels):
        for x2, y2, right2, bottom2 in areas[i + 1 :]:
            assert right <= x2 or right2 <= x or bottom <= y2 or bottom2 <= y


@given(shown=MAPS)
def test_boxes_lie_within_the_picture_and_apart(shown: Map) -> None:
    picture = svg(shown)
    top = Tree.fromstring(picture)
    width, height = int(top.attrib["width"]), int(top.attrib["height"])
    boxes = _boxes(picture)
    assert len(boxes) == len(shown.ends)
    assert all(x > 0 and y > 0 and r < width and b < height for x, y, r, b in boxes)
    for i, (x, y, right, bottom) in enumerate(boxes):
        for x2, y2, right2, bottom2 in boxes[i + 1 :]:
            assert right < x2 or right2 < x or bottom < y2 or bottom2 < y


@given(shown=MAPS)
def test_each_name_is_shown_whole(shown: Map) -> None:
    lines: list[str] = []
    for group in Tree.fromstring(svg(shown)).iter(f"{SPACE}g"):
        texts = [e.text or "" for e in group.iter(f"{SPACE}text") if e.get("class") == "head"]
        lines += ["".join(texts)] if texts else []
    assert sorted(lines) == sorted(end.heads[0] for end in shown.ends)


def test_clients_are_left_of_servers() -> None:
    first, second, third = sorted(_boxes(svg(_map(3, [(0, 1), (1, 2), (0, 2)]))))
    assert first[2] < second[0] and second[2] < third[0]


def test_an_answer_the_other_way_points_back() -> None:
    tips = re.findall(r'class="tip" d="M(\d+) \d+l(-?)8', svg(_map(2, [(0, 1), (1, 0)])))
    assert sorted(sign for _, sign in tips) == ["", "-"]


def test_ports_that_are_not_certain_are_dashed() -> None:
    assert 'class="arrow unknown" d="M' in svg(_map(2, [(0, 1)], unknown=True)).split("legend")[0]
    assert 'class="arrow unknown" d="M' not in svg(_map(2, [(0, 1)])).split("legend")[0]


def test_names_cannot_break_out_of_their_text() -> None:
    name = 'x"><script>&\x00\ud800'
    picture = svg(Map((_end(name), _end("b")), (Arrow(0, 1, TCP_80, p.NONE),)))
    picture.encode("utf-8")
    assert "<script" not in picture
    (title, _) = [g[0].text for g in Tree.fromstring(picture).iter(f"{SPACE}g") if len(g) > 2][:2]
    assert title == r'a: x"><script>&\x00\ud800'


def test_five_columns_of_long_names_fit_on_a_page_of_1200_pixels() -> None:
    name = "model-server-with-a-name-of-sixty-three-characters-as-they-occur"
    ends = tuple(_end(f"{name}-{i}") for i in range(5))
    arrows = tuple(Arrow(i, i + 1, TCP_80, p.NONE) for i in range(4))
    width = Tree.fromstring(svg(Map(ends, arrows))).attrib["width"]
    assert int(width) <= WIDTH <= 1200


@given(text=st.text(st.sampled_from("ab-./ é"), max_size=60), most=st.integers(3, 20))
def test_lines_are_short_and_hold_the_text(text: str, most: int) -> None:
    lines = wrapped(text, most)
    assert all(len(line) <= most for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_chain_of_any_length_is_drawn() -> None:
    shown = _map(1501, [(i, i + 1) for i in range(1500)])
    assert len(_boxes(svg(shown))) == 1501


def test_an_empty_map_is_an_empty_picture() -> None:
    assert _boxes(svg(Map((), ()))) == []


def test_the_command_draws_the_stack(golden: Callable[[Path, str], None]) -> None:
    stack = ROOT / "tests" / "cases" / "stacks" / "two-models"
    run = stackgen("net", "list", "--output-format", "svg", cwd=stack)
    assert (run.code, run.err) == (0, "")
    assert int(Tree.fromstring(run.out).attrib["width"]) <= WIDTH
    golden(ROOT / "tests" / "cases" / "net" / "two-models.svg", run.out)


@given(shown=MAPS)
def test_texts_are_in_the_middle_of_boxes_and_arrows_lead_on(shown: Map) -> None:
    picture = svg(shown)
    boxes = _boxes(picture)
    for group, box in zip(Tree.fromstring(picture).iter(f"{SPACE}g"), boxes, strict=False):
        heights = [int(e.attrib["y"]) for e in group.iter(f"{SPACE}text")]
        assert all(box[1] < y <= box[3] for y in heights)
        assert abs(min(heights) - 9 - box[1] - (box[3] - max(heights))) <= 9
    for points in _arrows(picture):
        xs = [x for x, _ in points]
        assert xs == sorted(xs)


def test_words_that_do_not_fit_begin_a_line() -> None:
    assert wrapped("aaa bbb", 5) == ["aaa", "bbb"]
    assert wrapped("aaa bbb", 7) == ["aaa bbb"]
    assert wrapped("aaaaaaa", 5) == ["aaaaa", "aa"]


def test_a_long_list_of_ports_is_cut() -> None:
    many = functools.reduce(p.union, (p.ports("TCP", 1000 + 7 * n) for n in range(20)))
    ends = (_end("a"), _end("b"))
    picture = Tree.fromstring(svg(Map(ends, (Arrow(0, 1, many, p.NONE),))))
    (label,) = [e.text or "" for e in picture.iter(f"{SPACE}text") if e.get("class") == "label"]
    assert label.endswith("...") and str(Arrow(0, 1, many, p.NONE).ports).startswith(label[:-3])
