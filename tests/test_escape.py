"""Text of others in each kind of output: parsed back, it is the text and nothing else."""

from __future__ import annotations

import html
import json
import re
import subprocess
import unicodedata
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from stackgen import escape

PIECES = [
    "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\x9b", "\n", "\r", "\t", "\u200b", "\u2028",
    "\u202e", "\u2066", "\ufeff", "\U000e0041", '"', "'", "`", "```", "../", "%0A::", "-->", "]]>",
    '"]; click', "$(id)", "${x}", "%{if}", "{{", "|", "<img src=x>", "&amp;", "@team", "#12",
    "https://x", "\n::error::boo", "##[add-path]x", "\\", "\\N", "*/", ";", ": ", " #", "a", "0",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
HALVES = st.one_of(TEXTS, st.sampled_from(["\ud800", "a\udcffb", "\udc00\ud800"]))


def unseen(text: str) -> list[str]:
    """The characters of a text that a terminal would act on, or not show."""
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@given(HALVES)
@example("\x1b[2J\u202e\r\n")
def test_a_visible_text_is_one_line_that_is_all_seen(text: str) -> None:
    shown = escape.visible(text)
    assert unseen(shown) == []
    assert len(f"{shown}.".splitlines()) == 1


def test_words_that_are_too_long_are_shortened() -> None:
    assert escape.shortened("option --" + "x" * 500_000 + " is unknown") == (
        "option --" + "x" * 78 + "... is unknown"
    )
    said = " ".join(["word"] * 200)
    assert escape.shortened(said) == said


def test_escapes_name_the_character() -> None:
    assert escape.visible("a\x1b[0m\n\t\u202e\udcff\U000e0041") == (
        "a\\x1b[0m\\n\\t\\u202e\\udcff\\U000e0041"
    )
    assert escape.visible("für 模型") == "für 模型"


@given(st.lists(HALVES.map(lambda t: t.replace("\n", "")), min_size=1, max_size=4))
def test_a_whole_output_keeps_its_lines(texts: list[str]) -> None:
    shown = escape.lines("\n".join(texts))
    assert len(shown.split("\n")) == len(texts)
    seen = re.sub("\x1b\\[[0-9;]+m", "", shown)  # our own colors
    assert unseen(seen.replace("\n", "").replace("\t", "")) == []


@pytest.mark.parametrize(
    "text", ["::error::x", "  ::set-output name=a::b", "a\n::debug::x", "##[group]"]
)
def test_no_line_of_an_output_is_a_workflow_command(text: str) -> None:
    shown = escape.lines(text)
    assert "##[" not in shown
    assert not any(line.strip().startswith("::") for line in shown.splitlines())


def test_an_address_is_not_a_workflow_command_and_colors_stay() -> None:
    for text in ("::ffff:10.0.0.1/128 => x", "::-ffff:: : y", "\x1b[1;31merror\x1b[0m: x"):
        assert escape.lines(text) == text
    assert escape.lines("::error::x", commands=True) == "::error::x"


@given(st.recursive(HALVES, lambda inner: st.dictionaries(HALVES, inner, max_size=3), max_leaves=5))
def test_json_is_read_back_and_all_seen(value: object) -> None:
    text = escape.json_text({"value": value})
    read = json.loads(text)
    assert unseen(text.replace("\n", "")) == []
    assert not [c for c in json.dumps(read, ensure_ascii=False) if "\ud800" <= c <= "\udfff"]
    if not any("\ud800" <= c <= "\udfff" for c in json.dumps(value, ensure_ascii=False)):
        assert read == {"value": value}


_PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text('ab :,{["\\\\', max_size=3)
)


@given(
    st.recursive(
        _PLAIN,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_PLAIN, inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_is_laid_out_as_the_standard_library_does(value: object) -> None:
    for indent in (None, 1, 2):
        wanted = json.dumps(value, indent=indent, ensure_ascii=False)
        assert escape.json_text(value, indent) == wanted
    assert escape.json_text({"a": (1, ())}) == '{\n  "a": [\n    1,\n    []\n  ]\n}'


@given(TEXTS)
def test_yaml_reads_a_quoted_text_back(text: str) -> None:
    shown = escape.quoted(text)
    assert unseen(shown) == []
    assert yaml.safe_load(f"- {shown}\n") == [text]


@given(HALVES)
def test_a_comment_holds_nothing_that_yaml_reads(text: str) -> None:
    assert yaml.safe_load(f"{escape.comment(text)}\na: 1\n") == {"a": 1}


@given(HALVES)
def test_xml_reads_the_visible_text_back(text: str) -> None:
    root = ElementTree.fromstring(f"<a b={escape.xml_attribute(text)}>{escape.xml_text(text)}</a>")
    assert root.get("b") == escape.visible(text)
    assert (root.text or "") == "\n".join(map(escape.visible, text.split("\n")))
    assert len(root) == 0


@given(HALVES)
def test_a_mermaid_label_ends_where_it_ends(text: str) -> None:
    label = escape.mermaid(text)
    inner = label[1:-1]
    assert label[0] == label[-1] == '"'
    assert not set(inner) & set("\"'`<>{}|&\\$%@\n") and "##" not in inner


@given(HALVES)
def test_a_dot_label_ends_where_it_ends(text: str) -> None:
    label = escape.dot(text)
    rest = label[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in rest and "\\" not in rest and len(f"{label}.".splitlines()) == 1


@given(st.lists(HALVES, min_size=1, max_size=3), HALVES)
def test_a_workflow_command_is_one_line(texts: list[str], name: str) -> None:
    data, file = escape.github_data(texts), escape.github_property(name)
    assert len(f"{data}.".splitlines()) == len(f"{file}.".splitlines()) == 1
    assert data.count("%0A") == len(texts) - 1
    assert ":" not in file and "," not in file
    assert file.replace("%25", "").replace("%3A", "").replace("%2C", "").count("%") == 0


@given(HALVES)
def test_markdown_has_no_markup_of_the_text(text: str) -> None:
    shown = escape.markdown(text)
    plain = shown
    for char in "\\`*_[]|~":
        plain = plain.replace(f"\\{char}", "")
    assert not set(plain) & set("\\`*_[]|~<>@\n") and "://" not in shown


@pytest.mark.parametrize("sign", ["@", "#", "GH-"])
def test_what_github_looks_for_in_rendered_text_is_broken(sign: str) -> None:
    """Entities are signs again by then; dependabot and renovate write the same space."""
    shown = html.unescape(escape.markdown(f"see {sign}12 and a@b.example"))
    assert shown == f"see {sign}\u200b12 and a@\u200bb.example"


@given(HALVES)
def test_markdown_code_ends_where_it_ends(text: str) -> None:
    shown = escape.markdown_code(text)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inner = shown[len(fence) : -len(fence)]
    assert fence not in inner and "\n" not in shown


@pytest.mark.parametrize("text", ["$(id)", "a b", "'", "\n; id", "\x1b`id`", "a\udcff", "für", ""])
def test_a_shell_reads_one_word(text: str) -> None:
    word = escape.shell_word(text)
    done = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, timeout=10
    )
    assert done.stdout == text.encode("utf-8", "surrogateescape")
    assert len(f"{word}.".splitlines()) == 1


def test_terraform_reads_no_template() -> None:
    assert escape.terraform("${x} %{y} $x") == "$${x} %%{y} $x"


def test_only_the_first_command_of_a_line_is_one_and_long_lines_take_no_time() -> None:
    assert (
        escape.lines("a\n \t::error::x ::b::\n:::c::\n") == "a\n \t\\x3a:error::x ::b::\n:::c::\n"
    )
    # Would take hours if it grew with the square: the run itself is the assertion's limit.
    assert escape.lines("::a " * 200_000) == "\\x3a" + ("::a " * 200_000)[1:]
