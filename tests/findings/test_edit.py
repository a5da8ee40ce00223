"""Edits change the bytes that must change, and no others."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.findings.fix import Applied, apply, diff
from stackgen.findings.model import Fix

TEXT = """\
# top
spec:
  a: 1   # one

  # about b
  b: 'x'
  c: [1, 2,3]
  d: {x: 1,  w: "q"}   # wide
  e:   # list
    - name: p  # p
      v: 1

    # about q
    - name: q
  f:
  g: |
    text
  h: >-
    folded
    text

# end
"""


def fix(*path: str | int, **more: Any) -> Fix:
    return Fix("stack.yaml", ("spec", *path), **more)


def changed(text: str, one: Fix) -> list[str]:
    """The lines taken out and put in."""
    result = apply(text, [one])
    assert result.refused == ()
    lines = diff("s", text, result.text).splitlines()[2:]
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        (fix("a", value=5), ["-  a: 1   # one", "+  a: 5   # one"]),
        (fix("a", value="on"), ["-  a: 1   # one", '+  a: "on"   # one']),
        (fix("a", value=[1, "x"]), ["-  a: 1   # one", "+  a: [1, x]   # one"]),
        (fix("b", value="it's"), ["-  b: 'x'", "+  b: 'it''s'"]),
        (fix("b", value=7), ["-  b: 'x'", "+  b: 7"]),
        (fix("b", value=None), ["-  b: 'x'", "+  b: null"]),
        (fix("c", 1, value=9), ["-  c: [1, 2,3]", "+  c: [1, 9,3]"]),
        (fix("c", 3, value=4), ["-  c: [1, 2,3]", "+  c: [1, 2,3, 4]"]),
        (fix("c", 0, remove=True), ["-  c: [1, 2,3]", "+  c: [2,3]"]),
        (fix("c", 2, remove=True), ["-  c: [1, 2,3]", "+  c: [1, 2]"]),
        (
            fix("d", "w", value="z"),
            ['-  d: {x: 1,  w: "q"}   # wide', '+  d: {x: 1,  w: "z"}   # wide'],
        ),
        (
            fix("d", "x", remove=True),
            ['-  d: {x: 1,  w: "q"}   # wide', '+  d: {w: "q"}   # wide'],
        ),
        (fix("d", "w", remove=True), ['-  d: {x: 1,  w: "q"}   # wide', "+  d: {x: 1}   # wide"]),
        (
            fix("d", "k", "m", value="a, b"),
            ['-  d: {x: 1,  w: "q"}   # wide', '+  d: {x: 1,  w: "q", k: {m: "a, b"}}   # wide'],
        ),
        (fix("d", value=2), ['-  d: {x: 1,  w: "q"}   # wide', "+  d: 2   # wide"]),
        (fix("e", 0, "v", remove=True), ["-      v: 1"]),
        (
            fix("e", 0, "name", remove=True),
            ["-    - name: p  # p", "-      v: 1", "+    - v: 1"],
        ),
        (fix("e", 0, remove=True), ["-    - name: p  # p", "-      v: 1"]),
        (fix("e", 1, remove=True), ["-    - name: q"]),
        (fix("e", 1, "name", remove=True), ["-    - name: q", "+    - {}"]),
        (fix("e", 1, "w", value=True), ["+      w: true"]),
        (fix("e", 2, value={"name": "r"}), ["+    - {name: r}"]),
        (fix("f", value="x"), ["-  f:", "+  f: x"]),
        (fix("f", "g", "h", value=1), ["-  f:", "+  f: {g: {h: 1}}"]),
        (fix("f", remove=True), ["-  f:"]),
        (fix("f", value=None), []),
        (fix("g", value="x"), ["-  g: |", "-    text", "+  g: x"]),
        (fix("g", remove=True), ["-  g: |", "-    text"]),
        (fix("h", remove=True), ["-  h: >-", "-    folded", "-    text"]),
        (fix("i", value=1), ["+  i: 1"]),
        (fix("a", rename="aa"), ["-  a: 1   # one", "+  aa: 1   # one"]),
        (fix("e", rename="items"), ["-  e:   # list", "+  items:   # list"]),
        (fix("gone", remove=True), []),
        (fix("gone", "deep", remove=True), []),
        (fix("gone", rename="x"), []),
        (fix("a", value=1), []),
    ],
    ids=str,
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_one_edit(one: Fix, lines: list[str], ends: str) -> None:
    text = TEXT.replace("\n", ends)
    assert [line.rstrip("\r") for line in changed(text, one)] == lines
    after = apply(text, [one]).text
    assert after.count("\n") == after.count(ends)
    if not isinstance(one.path[-1], int):
        assert apply(after, [one]).text == after


def test_block_value_gives_way_beside_its_key_and_the_comment_there_stays() -> None:
    assert changed(TEXT, fix("e", value=[])) == [
        "-  e:   # list",
        "-    - name: p  # p",
        "-      v: 1",
        "-",
        "-    # about q",
        "-    - name: q",
        "+  e: []   # list",
    ]


LONG = "x " * 200 + "y"
SPREAD = "spec: {\n  a: 1,  # one\n  b: 2\n}\n"
LAST = "spec:\n  a: 1\n  # last words\n"


@pytest.mark.parametrize(
    ("text", "one", "after"),
    [
        ("spec:\n  a: 1", fix("a", value=2), "spec:\n  a: 2"),
        ("spec:\n  a: 1", fix("b", value=2), "spec:\n  a: 1\n  b: 2"),
        ("spec:\n  a: 1\n  b: 2", fix("b", remove=True), "spec:\n  a: 1"),
        ("spec:\r\n  a: 1\r\n  b: 2", fix("b", remove=True), "spec:\r\n  a: 1"),
        ("spec:\n  a: 1\n", fix("a", remove=True), "spec: {}\n"),
        ("spec: {a: 1}\n", fix("a", remove=True), "spec: {}\n"),
        ("spec: {}\n", fix("a", value=1), "spec: {a: 1}\n"),
        ("spec: { a: 1 }\n", fix("b", value=1), "spec: { a: 1, b: 1 }\n"),
        ("spec: {a: 1,}\n", fix("b", value=1), "spec: {a: 1, b: 1,}\n"),
        (SPREAD, fix("b", value=3), SPREAD.replace("b: 2", "b: 3")),
        ("spec:\n- a: 1\n- b: 2\n", fix(0, remove=True), "spec:\n- b: 2\n"),
        ("spec:\n- a\n- b\n", fix(2, value="c"), "spec:\n- a\n- b\n- c\n"),
        ("spec:\n- a\n", fix(0, remove=True), "spec: []\n"),
        ("spec: []\n", fix(0, value="c"), "spec: [c]\n"),
        ("spec:\n", fix("a", value=1), "spec: {a: 1}\n"),
        ("spec: \n", fix("a", value=1), "spec: {a: 1} \n"),
        ("spec: # why\n  a: 1\n", fix("a", remove=True), "spec: {} # why\n"),
        ("\ufeffspec:\n  a: 1\n", fix("a", value=2), "\ufeffspec:\n  a: 2\n"),
        ("spec:\n  é: '𝔘'\n  a: 1\n", fix("a", value=2), "spec:\n  é: '𝔘'\n  a: 2\n"),
        ("---\nspec:\n  a: 1\n", fix("b", value=1), "---\nspec:\n  a: 1\n  b: 1\n"),
        ('spec:\n  "a": 1\n', fix("a", rename="b"), 'spec:\n  "b": 1\n'),
        ("spec:\n  a: on\n", fix("a", value="on"), 'spec:\n  a: "on"\n'),
        ("spec:\n  a: 1e3\n  b: no\n", fix("a", value="1e3"), 'spec:\n  a: "1e3"\n  b: no\n'),
        ("spec: {a: {b: 1}, c: 2}\n", fix("a", remove=True), "spec: {c: 2}\n"),
        (LAST, fix("b", value=2), "spec:\n  a: 1\n  b: 2\n  # last words\n"),
        (f"spec:\n  a: {LONG}\n  b: 1\n", fix("b", value=2), f"spec:\n  a: {LONG}\n  b: 2\n"),
    ],
)
def test_awkward_files(text: str, one: Fix, after: str) -> None:
    assert apply(text, [one]) == Applied(after, (one,), ())


BROKEN = "the YAML has problems of its own; fix those first"
BETWEEN = "spec:\n  - a: 1\n    # about b\n    b: 2\n"
KEEP = "spec:\n  a: |+\n    x\n\n"


@pytest.mark.parametrize(
    ("text", "one", "why"),
    [
        ("spec:\n  a: 1\n  b: 2\n", fix("a", rename="b"), "b already exists"),
        ("spec:\n  a: [1]\n", fix("a", 3, value=1), "the file does not have this path"),
        ("spec:\n  a: 1\n", fix("a", "b", value=1), "the file does not have this path"),
        ("spec:\n  a: 1\n", fix("b", 0, value=1), "the file does not have this path"),
        ("spec: &x\n  a: *x\n", fix("a", value=1), BROKEN),
        ("spec: {a: 1, a: 2}\n", fix("a", value=1), BROKEN),
        ("spec: [\n", fix("a", value=1), BROKEN),
        ("a: 1\n---\nb: 1\n", fix("a", value=1), BROKEN),
        ("", fix("a", value=1), BROKEN),
        (BETWEEN, fix(0, "a", remove=True), "a comment is in between"),
        (KEEP, fix("b", value=1), "the edit would also change other values"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(text: str, one: Fix, why: str) -> None:
    assert apply(text, [one]) == Applied(text, (), ((one, why),))


BOOLEANS = st.booleans()
WORDS = st.sampled_from(["a", "b", "name", "x-y", "q1"])
SCALARS: Any = st.one_of(
    st.integers(-5, 99), st.booleans(), st.none(), st.sampled_from(["v", "on", "a: b", "#x", "é"])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=12,
)


def _quiet(strategy: Any) -> Any:
    """Draws nothing: no comments and no further block values."""
    return False if strategy is BOOLEANS else ""


def layouts(data: Any, draw: Any, indent: int = 0) -> list[str]:
    """`data` as YAML lines: block or flow, with comments and blank lines strewn in."""
    from stackgen.findings.edit import flow

    pad = " " * indent
    lines: list[str] = []
    items = data.items() if isinstance(data, dict) else [(None, v) for v in data]
    for key, value in items:
        if draw(BOOLEANS):
            lines.append(draw(st.sampled_from(["", pad + "# note", pad + "# - x: {1}"])))
        head = f"{pad}{key}:" if key is not None else f"{pad}-"
        tail = draw(st.sampled_from(["", "  # tail: 'x'", " "]))
        if isinstance(value, (dict, list)) and value and draw(BOOLEANS):
            if key is not None:
                lines += [head + tail, *layouts(value, draw, indent + 2)]
            else:
                inner = layouts(value, _quiet, indent + 2)
                lines += [head + " " + inner[0][indent + 2 :], *inner[1:]]
        else:
            lines.append(f"{head} {flow(value)}{tail}")
    return lines


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=4), st.data())
def test_any_edit_of_any_layout_changes_that_value_alone(
    data: dict[str, Any], draws: st.DataObject
) -> None:
    def draw(strategy: Any) -> Any:
        return draws.draw(strategy)

    ends = draw(st.sampled_from(["\n", "\r\n"]))
    last = draw(st.sampled_from(["", ends]))
    text = ends.join(layouts({"spec": data}, draw)) + last
    path, here = ["spec"], {"spec": data}["spec"]
    steps: list[str | int] = list(path)
    for _ in range(draw(st.integers(1, 4))):
        if isinstance(here, dict) and here:
            step: str | int = draw(st.sampled_from(sorted(here)))
        elif isinstance(here, list) and here:
            step = draw(st.integers(0, len(here) - 1))
        else:
            break
        steps.append(step)
        here = here[step]  # type: ignore[index]
    action = draw(st.sampled_from(["set", "remove", "rename"]))
    one = Fix(
        "s", tuple(steps), draw(TREES) if action == "set" else None,
        action == "remove", "renamed" if action == "rename" else "",
    )  # fmt: skip
    result = apply(text, [one])
    if result.refused:
        assert result.text == text
        return
    before, after = text.split(ends), result.text.split(ends)
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    room = min(len(before), len(after)) - head
    while tail < room and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    touched = before[head : len(before) - tail]
    assert isinstance(yaml.safe_load(result.text), dict)
    if action == "set" and not isinstance(here, (dict, list)):
        assert len(touched) <= 1  # a scalar takes one line, and no other line changed
    if not isinstance(steps[-1], int) or action == "set":
        assert apply(result.text, [one]).text == result.text


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=4), st.data())
def test_setting_a_scalar_is_hardly_ever_refused(
    data: dict[str, Any], draws: st.DataObject
) -> None:
    text = "\n".join(layouts({"spec": data}, draws.draw)) + "\n"
    one = Fix("s", ("spec", "fresh"), 7)
    result = apply(text, [one])
    assert result.refused == ()
    assert yaml.safe_load(result.text)["spec"]["fresh"] == 7
