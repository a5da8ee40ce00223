"""The picture of a connectivity map: complete, in order, and the same for the same map."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Tree
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stackgen.net.svg import Edge, svg
from tests.program import stackgen
from tests.sandbox import ROOT

SPACE = "{http://www.w3.org/2000/svg}"
NAMES = [*(f"ns/pod-{i}[Deployment]" for i in range(9)), "10.0.0.0/8[External]", "hf.co[Host]"]
MAPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(["TCP 80", "? all"])),
    max_size=40,
).map(lambda edges: [e for e in edges if e[0] != e[1]])


def _texts(picture: str) -> list[str]:
    return [e.text or "" for e in Tree.fromstring(picture).iter(f"{SPACE}text")]


def _boxes(picture: str) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of every box."""
    found = []
    for e in Tree.fromstring(picture).iter(f"{SPACE}rect"):
        if e.get("class") == "box":
            x, y, w, h = (int(e.attrib[k]) for k in ("x", "y", "width", "height"))
            found.append((x, y, x + w, y + h))
    return found


@given(edges=MAPS)
def test_every_end_is_named_once_and_every_port_is_told(edges: list[Edge]) -> None:
    texts = _texts(svg(edges))
    ends = {name for edge in edges for name in edge[:2]}
    assert sorted(t for t in texts if t.endswith("]")) == sorted(ends)
    assert {t for t in texts if not t.endswith("]")} == {ports for _, _, ports in edges}


@given(edges=MAPS, data=st.data())
def test_order_and_repetition_change_nothing(edges: list[Edge], data: st.DataObject) -> None:
    other = data.draw(st.permutations(edges))
    assert svg(edges) == svg([*other, *other])


@given(edges=MAPS)
def test_boxes_lie_within_the_picture_and_apart(edges: list[Edge]) -> None:
    picture = svg(edges)
    top = Tree.fromstring(picture)
    width, height = int(top.attrib["width"]), int(top.attrib["height"])
    boxes = _boxes(picture)
    assert all(x > 0 and y > 0 and r < width and b < height for x, y, r, b in boxes)
    for i, (x, y, right, bottom) in enumerate(boxes):
        for x2, y2, right2, bottom2 in boxes[i + 1 :]:
            assert right < x2 or right2 < x or bottom < y2 or bottom2 < y


def test_who_asks_stands_left_of_who_answers() -> None:
    chain = [("a/a[Pod]", "b/b[Pod]", "TCP 1"), ("b/b[Pod]", "c/c[Pod]", "TCP 2")]
    first, second, third = sorted(_boxes(svg([*chain, ("a/a[Pod]", "c/c[Pod]", "TCP 3")])))
    assert first[2] < second[0] and second[2] < third[0]


def test_ends_with_the_same_connections_share_a_box() -> None:
    edges = [(f"a/{i}[Pod]", "b/b[Pod]", "TCP 80") for i in range(5)]
    assert len(_boxes(svg(edges))) == 2
    assert len(_boxes(svg([*edges, ("a/0[Pod]", "b/b[Pod]", "UDP 53")]))) == 3
    # Of another kind, it is another thing.
    assert len(_boxes(svg([*edges, ("hf.co[Host]", "b/b[Pod]", "TCP 80")]))) == 3


def test_names_cannot_break_out_of_their_text() -> None:
    name = 'x"><script>&\x00\ud800[Pod]'
    picture = svg([(name, "b/b[Pod]", "TCP 80")])
    picture.encode("utf-8")
    assert "<script>" not in picture
    assert r'x"><script>&\x00\ud800[Pod]' in _texts(picture)


def test_a_chain_of_any_length_is_drawn() -> None:
    chain = [(f"a/{i:04}[Pod]", f"a/{i + 1:04}[Pod]", f"TCP {i + 1}") for i in range(1500)]
    assert len(_boxes(svg(chain))) == 1501


def test_an_empty_map_is_an_empty_picture() -> None:
    assert _boxes(svg([])) == []


def test_the_command_draws_the_stack(golden: Callable[[Path, str], None]) -> None:
    stack = ROOT / "tests" / "cases" / "stacks" / "two-models"
    run = stackgen("net", "list", "--output-format", "svg", cwd=stack)
    assert (run.code, run.err) == (0, "")
    # What is not certain is dashed, here as in text.
    text = stackgen("net", "list", cwd=stack).out
    assert bool(re.search(r": \?", text)) == ('class="unknown"' in run.out)
    golden(ROOT / "tests" / "cases" / "net" / "two-models.svg", run.out)
