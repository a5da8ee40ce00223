"""Positions that are kept as numbers are those of all positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.manifest import yaml_in
from stackgen.manifest.document import Path, Source
from stackgen.manifest.json_in import looks_like_json
from stackgen.manifest.positions import mark_at
from stackgen.manifest.yaml_in import Builder, Dialect, parse
from stackgen.manifest.yaml_marks import plain_document

TEXTS = {
    "block": "a:\n  b: 1\n  c:\n  - d: x\n  -  e\n",
    "flow": "a: {b: 1, c: [x, {d: 2}]}\n",
    "several lines": 'a: |\n  x\n  y\nb: "one\n  two"\nc: >-\n  z\n',
    "documents": "---\na: 1\n---\n# nothing\n---\nb:\n- {c: 2}\n",
    "comments": "# first\na: 1 # one\n\n\nb: [ ] # none\n",
    "empty": "a:\nb: ''\nc: {}\n",
    "wide characters": "a: \u00e4\u00f6 \U0001f600\nb: [\U0001f600, x]\n",
    "line breaks": "a: 1\r\nb:\r\n  c: 2\r\n",
    "anchor": "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 1\n",
    "tag": "a: !!str 1\nb: !x y\n",
    "numbers as keys": "8080: a\ntrue: b\n1.0: c\n'2': d\n",
    "a key that occurs twice": "a: {b: 1}\na: {c: 2}\n",
    "json": '{"a": [1, {"b": null}]}',
    "broken": "a: 1\nb: [\n",
    "directive": "%YAML 1.1\n---\na: 1\n",
    "a key of several lines": '? "a\\\n  b"\n: 1\nc: {d: 2}\n',
    "byte order mark": "\ufeffa: 1\nb: {c: 2}\n",
}


def paths(data: Any, path: Path = ()) -> Iterator[Path]:
    """Those of the values, and some that are not there."""
    yield from (path, (*path, "missing"), (*path, 7, "x"))
    inside: Any = data if isinstance(data, (dict, list)) else ()
    for step, value in inside.items() if isinstance(inside, dict) else enumerate(inside):
        yield from paths(value, (*path, step))


def same(text: str) -> None:
    for document in parse(text, "f.yaml", learning=False):
        for path in paths(document.data):
            for key in (False, True):
                assert mark_at(document, path, key) == document.marks().at(path, key), (path, key)


@pytest.mark.parametrize("form", TEXTS)
def test_each_form_of_yaml(form: str) -> None:
    same(TEXTS[form])


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b/c", "d.e", "1", "true", "<<", "x y"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(TREES, max_size=3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_documents(trees: list[Any], flow: bool) -> None:
    same(yaml.safe_dump_all(trees, default_flow_style=flow, allow_unicode=True))


def test_plain_documents_are_read_with_their_positions() -> None:
    places = {form: [one.places for one in parse(text, "f", learning=False)]
              for form, text in TEXTS.items()}  # fmt: skip
    assert all(places["block"]) and all(places["a key of several lines"])
    assert not any((*places["anchor"], *places["json"], *places["broken"]))


def test_positions_of_a_long_document_are_kept_as_numbers() -> None:
    text = "a: {b: 1, c: [x]}\n" + "# a comment\n" * 100_000 + "d: " + " " * 3_000_000 + "e\n"
    assert parse(text, "f", learning=False)[0].places is not None
    same(text)


def test_keys_and_values_of_a_file_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_in, "MAX_VALUES", 10)
    for text in ("a: [1, 2, 3, 4, 5, 6, 7]\n", "a: [[], [], [], [], [], [], []]\n"):
        for whole in (text, f"b: 1\n---\n{text}", f"b: &x 1\n---\n{text}"):
            found = [p for d in parse(whole, "f", learning=False) for p in d.problems]
            assert [p.rule for p in found] == ([] if whole is text else ["yaml-limits"]), whole


def same_data(text: str) -> None:
    """parse, and what reads the text as a whole by events."""
    if looks_like_json(text):
        return
    builder = Builder(Source("f.yaml", text), Dialect.KUBECTL, record=False)
    builder.run()
    found = parse(text, "f.yaml", learning=False)
    assert [(d.index, d.line, repr(d.data), d.problems) for d in found] == [
        (d.index, d.line, repr(d.data), d.problems) for d in builder.documents
    ]


@pytest.mark.parametrize("form", TEXTS)
def test_data_of_parts_is_that_of_the_whole(form: str) -> None:
    text = TEXTS[form] + "\n---\nafter: {x: '1', y: 1}\n"
    same_data(text)


@given(st.text("ab:- \n'\"{}[],#|>?1.\r\u2028~&*!", max_size=40), st.sampled_from(sorted(TEXTS)))
@settings(max_examples=200, deadline=None)
def test_data_of_parts_of_any_text_is_that_of_the_whole(text: str, form: str) -> None:
    for whole in (text, f"{TEXTS[form]}---\n{text}", f"{text}\n--- # next\n{TEXTS['block']}"):
        same_data(whole)


@pytest.mark.parametrize(
    "text", ["- " * 5000, "? " * 5000, "a:\r" + "- " * 5000, "[" * 5000, "{a: " * 300]
)
def test_what_is_nested_deeply_is_not_plain(text: str) -> None:
    assert plain_document(text) is None
