"""Reading YAML: the values kubectl sees, a place for every key and value, and no surprises."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.manifest.document import Document, Path, Source
from stackgen.manifest.positions import recorded
from stackgen.manifest.yaml_errors import TEMPLATE, WORDS, syntax_problem
from stackgen.manifest.yaml_in import Dialect, parse
from stackgen.redact import redact
from tests.kubectl import needs_kubectl, sent

HEAD = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n"


def _one(text: str, dialect: Dialect = Dialect.KUBECTL) -> Document:
    (document,) = parse(text, "x.yaml", dialect)
    return document


def _data(text: str) -> Any:
    document = _one(text)
    assert document.problems == ()
    return document.data


def _places(text: str) -> dict[str, str]:
    """Every key and value as `path` -> `line:column-end`, keys with a `?`."""
    marks = _one(text).marks()
    found = {}
    for table, sign in ((marks.values, ""), (marks.keys, "?")):
        for path, mark in table.items():
            name = ".".join(str(step) for step in path) + sign
            found[name] = f"{mark.line}:{mark.column}-{mark.end_column}"
    return found


def _problems(text: str, dialect: Dialect = Dialect.KUBECTL) -> list[tuple[str, str, str]]:
    return [
        (problem.rule, problem.message, f"{problem.mark.line}:{problem.mark.column}")
        for document in parse(text, "x.yaml", dialect)
        for problem in document.problems
    ]


# -- positions ---------------------------------------------------------------------------------


def test_positions_in_block_style() -> None:
    assert _places("# top\na: 1\nlist:\n  - x\n  - b: two  # why\n    c:\n") == {
        "": "2:1-2", "a": "2:4-5", "a?": "2:1-2", "list": "4:3-4", "list?": "3:1-5",
        "list.0": "4:5-6", "list.1": "5:5-6", "list.1.b": "5:8-11", "list.1.b?": "5:5-6",
        "list.1.c": "6:7-8", "list.1.c?": "6:5-6",
    }  # fmt: skip


def test_positions_in_flow_style() -> None:
    assert _places('{a: {"b": \'c d\'}, e: [1, {f: 2}]}') == {
        "": "1:1-2", "a": "1:5-6", "a?": "1:2-3", "a.b": "1:11-16", "a.b?": "1:6-9",
        "e": "1:22-23", "e?": "1:19-20", "e.0": "1:23-24", "e.1": "1:26-27", "e.1.f": "1:30-31",
        "e.1.f?": "1:27-28",
    }  # fmt: skip


def test_positions_of_block_scalars_and_text_over_lines() -> None:
    places = _places("a: |\n  one\n  two\nb: >-\n  x\nc: 'p\n  q'\nd: r\n  s\ne: 1\n")
    assert {k: v for k, v in places.items() if not k.endswith("?")} == {
        "": "1:1-2", "a": "1:4-5", "b": "4:4-5", "c": "6:4-5", "d": "8:4-5", "e": "10:4-5",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_every_kind_of_line_end_counts(end: str) -> None:
    assert _places(f"a: 1{end}{end}b:{end}  c: 2{end}")["b.c"] == "4:6-7"


def test_columns_count_characters() -> None:
    assert _places("é: ü\n日本: {😀: x}\n") == {
        "": "1:1-2", "é": "1:4-5", "é?": "1:1-2", "日本": "2:5-6", "日本?": "2:1-3",
        "日本.😀": "2:9-10", "日本.😀?": "2:6-7",
    }  # fmt: skip


def test_positions_of_every_document() -> None:
    first, second = parse("# c\n---\na: 1\n---\n\nb: 2\n...\n", "x.yaml")
    assert (first.line, second.line) == (2, 4)
    assert first.marks().values["a",].line == 3
    assert second.marks().values["b",].line == 6


def test_a_place_that_is_not_there_is_its_nearest_parent() -> None:
    marks = _one("a:\n  b:\n    - c: 1\n").marks()
    for path, line in ((("a", "b", 0, "x"), 3), (("a", "x", "y"), 2), (("z",), 1)):
        mark = marks.at(path)
        assert mark is not None and mark.line == line
    key = marks.at(("a", "b"), key=True)
    assert key is not None and (key.line, key.column) == (2, 3)


def test_tabs_and_byte_order_marks() -> None:
    assert _data("\ufeffa:\t1\t# x\nb: {\tc: 2}\n") == {"a": 1, "b": {"c": 2}}
    assert _places("a:\t1\n")["a"] == "1:4-5"


KEY = st.text("abcXZ_é日-", min_size=1, max_size=5).filter(lambda k: not k.startswith("-"))
TREE = st.recursive(
    st.integers(0, 99) | st.text("abc é日", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(KEY, TREE, min_size=1, max_size=4), st.booleans(), st.integers(1, 4))
def test_positions_agree_with_pyyaml(data: dict[str, Any], flow: bool, indent: int) -> None:
    text: str = yaml.safe_dump(
        data, default_flow_style=flow, allow_unicode=True, indent=indent + 1, width=20
    )
    marks = _one(text).marks()
    wanted: dict[Path, tuple[int, int]] = {}
    keys: dict[Path, tuple[int, int]] = {}

    def walk(node: Any, path: Path) -> None:
        wanted[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                keys[*path, key.value] = (key.start_mark.line + 1, key.start_mark.column + 1)
                walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                walk(item, (*path, i))

    walk(yaml.compose(text), ())
    assert {p: (m.line, m.column) for p, m in marks.values.items()} == wanted
    assert {p: (m.line, m.column) for p, m in marks.keys.items()} == keys


# -- keys, merges, anchors: as kubectl ------------------------------------------------------------

LIKE_KUBECTL = [
    ("x: &a {p: 1, q: 2}\nv: {<<: *a, p: 9}\n", {"x": {"p": 1, "q": 2}, "v": {"p": 9, "q": 2}}),
    # kubectl lets a merge win over what stands before it.
    ("x: &a {p: 1, q: 2}\nv: {p: 9, <<: *a}\n", {"x": {"p": 1, "q": 2}, "v": {"p": 1, "q": 2}}),
    (
        "x: &a {p: 1}\nw: &b {p: 3, r: 4}\nv: {<<: [*a, *b], s: 9}\n",
        {"x": {"p": 1}, "w": {"p": 3, "r": 4}, "v": {"p": 1, "r": 4, "s": 9}},
    ),
    ("x: &a {p: 1}\nv: {'<<': 3}\n", {"x": {"p": 1}, "v": {"<<": 3}}),
    ("v: {<<: {p: 1}}\n", {"v": {"p": 1}}),
    ("x: &a 1\n*a : 2\n", {"x": 1, "1": 2}),
    ("&k 1: x\nv: *k\n", {"1": "x", "v": 1}),
    ("x: &a [1, {p: 2}]\nv: [*a, *a]\n", {"x": [1, {"p": 2}], "v": [[1, {"p": 2}]] * 2}),
    ("yes: x\n", {"true": "x"}),
    ("1.50: x\n1e3: z\n0x10: u\n010: v\n", {"1.5": "x", "1000": "z", "16": "u", "8": "v"}),
    ('a: !!str 12\nb: !!int "12"\nc: !!float 3\n', {"a": "12", "b": 12, "c": 3}),
    ('a: ! "3"\nb: ! yes\nc: ! 3\n', {"a": "3", "b": "yes", "c": "3"}),
    ("a: !!map {b: !!seq [1]}\n", {"a": {"b": [1]}}),
    ("a: \"x\\ty\\u00e9\\U0001F600\"\nb: 'it''s'\n", {"a": "x\tyé😀", "b": "it's"}),
    ("a: >\n  one\n  two\n\n  three\nb: |+\n  x\n\n", {"a": "one two\nthree\n", "b": "x\n\n"}),
    ("a:\n- 1\n-\n- - 2\n", {"a": [1, None, [2]]}),
]
REFUSED_BY_KUBECTL = [
    "v: {<<: 3, s: 9}\n",
    "v: {<<: [3], s: 9}\n",
    "null: x\n",
    "~: x\n",
    "a: &a [1, *a]\n",
    "a: *nothing\n",
    "a: b: c\n",
    "a:\n\tb: 1\n",
    "a: .inf\n",
    "a: [1\n",
    "a: 1\n b: 2\n",
    "a: {{ .Values.x }}\n",
    "a: \x01\n",
]


@pytest.mark.parametrize(("text", "data"), LIKE_KUBECTL)
def test_read_as_kubectl_reads_it(text: str, data: Any) -> None:
    assert _data(text) == data


@needs_kubectl
@pytest.mark.parametrize(("text", "data"), LIKE_KUBECTL)
def test_kubectl_reads_it_so(text: str, data: Any) -> None:
    got = sent(HEAD + "spec:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    assert got is not None
    assert got["spec"] == data


@pytest.mark.parametrize("text", REFUSED_BY_KUBECTL)
def test_refused(text: str) -> None:
    assert any(rule == "yaml-syntax" for rule, _, _ in _problems(text))


@needs_kubectl
@pytest.mark.parametrize("text", REFUSED_BY_KUBECTL)
def test_refused_by_kubectl(text: str) -> None:
    assert sent(HEAD + "spec:\n" + "".join(f"  {line}\n" for line in text.splitlines())) is None


# -- what is wrong, where, in plain words ---------------------------------------------------------


SECOND_COLON = (
    "a second `: ` on this line, or an indentation that does not fit; quote the text if it is one "
    "value"
)
NO_KEY = (
    "no key begins here: the indentation does not fit, or a quote or bracket above is not closed"
)
BOOLEAN = "is a boolean to some YAML readers, text to others"


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a:\n\tb: 1\n", "a tab indents this line; YAML allows spaces only", "2:1"),
        (
            "a: b: c\n",
            SECOND_COLON, "1:5",
        ),
        ("a: {b: 1\nc: 2\n", "braces are not closed, or a comma is missing", "2:2"),
        ("a: [1, 2\nc: 2\n", "brackets are not closed, or a comma is missing", "2:2"),
        (
            "a:\n  b: 1\n c: 2\n",
            NO_KEY, "3:2",
        ),
        ('a: "b\nc: 1\n', "the file ends inside of a quoted text", "3:1"),
        ("a: 1\nb\n", "a key without `:`", "3:1"),
        ("a: @b\n", "no value can begin with this character", "1:4"),
        (
            "a: {{ .Values.x }}\n",
            TEMPLATE,
            "1:5",
        ),
        (
            "{{- if .Values.x }}\na: 1\n",
            TEMPLATE,
            "1:2",
        ),
        (
            "%{ if x }\na: 1\n",
            TEMPLATE,
            "1:2",
        ),
        (
            "{% for x in y %}\na: 1\n",
            TEMPLATE,
            "1:2",
        ),
        ("? [a]\n: b\n", "an object or a list cannot be a key", "1:3"),
        ("null: a\n", "null cannot be a key", "1:1"),
        ("a: *b\n", "unknown anchor b", "1:4"),
        ("a: {<<: 1}\n", "only mappings can be merged by <<", "1:9"),
        ("a: .nan\n", ".nan is not a number that JSON can hold", "1:4"),
        ("a: é\0\n", "a character that YAML does not allow (U+0000)", "1:5"),
        ("日: 本\nb: 日\x07\n", "a character that YAML does not allow (U+0007)", "2:5"),
        ("a: 1\nb: \ud800\n", "a character that YAML does not allow (U+D800)", "2:4"),
        ("%YAML 3.0\n---\na: 1\n", "written for another version of YAML", "1:1"),
    ],
)  # fmt: skip
def test_broken_yaml_is_told_in_plain_words(text: str, message: str, place: str) -> None:
    said = _said_by_libyaml(text)
    if said is not None and said not in WORDS and not message.startswith("a template"):
        message = f"not valid YAML: {said}"  # a version with other words than those we know
    assert _problems(text) == [("yaml-syntax", message, place)]


def _said_by_libyaml(text: str) -> str | None:
    try:
        list(yaml.parse(text, Loader=yaml.CLoader))
    except yaml.MarkedYAMLError as error:
        return error.problem
    except (yaml.YAMLError, UnicodeEncodeError):
        pass
    return None


@pytest.mark.parametrize("said", WORDS)
def test_what_libyaml_says_is_put_in_plain_words(said: str) -> None:
    problem = syntax_problem(_error(said), "a: b\n")
    assert problem.message == WORDS[said]
    assert (problem.rule, problem.mark.line, problem.mark.column) == ("yaml-syntax", 1, 4)


def test_words_of_libyaml_that_are_not_known_are_passed_on() -> None:
    assert syntax_problem(_error("flow is odd"), "a: b\n").message == (
        "not valid YAML: flow is odd"
    )


def _error(said: str) -> yaml.MarkedYAMLError:
    mark = yaml.Mark("x.yaml", 3, 0, 3, None, None)  # type: ignore[arg-type]
    return yaml.MarkedYAMLError(None, None, said, mark)


def test_what_is_not_closed_is_shown_where_it_begins() -> None:
    (problem,) = _one("a: {b: 1\nc: 2\n").problems
    assert problem.other is not None
    assert (problem.other.line, problem.other.column, problem.note) == (1, 4, "begins here")


def test_duplicate_keys_name_both_places_and_the_last_one_counts() -> None:
    document = _one("a: 1\nb:\n  c: 1\n  d: 2\n  'c': 3\na: 4\n")
    assert document.data == {"a": 4, "b": {"c": 3, "d": 2}}
    assert [
        (p.rule, p.message, p.mark.line, p.other.line if p.other else 0) for p in document.problems
    ] == [
        ("yaml-duplicate-key", "the key 'c' occurs twice; first at line 3", 5, 3),
        ("yaml-duplicate-key", "the key 'a' occurs twice; first at line 1", 6, 1),
    ]


def test_a_merged_key_may_be_overridden() -> None:
    assert _problems("x: &a {p: 1}\nv: {<<: *a, p: 2}\n") == []


@pytest.mark.parametrize("text", ["1: a\n'1': b\n", "true: a\nyes: b\n", "{a: 1, a: 2}"])
def test_keys_that_are_one_key_to_json(text: str) -> None:
    assert [rule for rule, _, _ in _problems(text)] == ["yaml-duplicate-key"]


def test_tags_of_other_tools_are_ignored() -> None:
    assert _problems("a: !foo b\nc: !!binary aGk=\nd: !bar {e: 1}\nf: !!set {g}\n") == [
        ("yaml-tag", "kubectl ignores the tag !foo", "1:4"),
        ("yaml-tag", "kubectl ignores the tag !bar", "3:4"),
    ]
    assert _problems("a: !!binary '%'\n") == [
        ("yaml-syntax", "the value of the tag !!binary is not base64", "1:4")
    ]


@needs_kubectl
def test_tags_are_read_as_kubectl_reads_them() -> None:
    text = HEAD + "a: !foo 13\nb: !!binary aGk=\nc: !bar {d: 1}\ne: !!set {f}\ng: !x [true]\n"
    text += "h: !!timestamp 2020-01-01\ni: !!omap [j: 1]\n"
    assert _one(text).data == sent(text)


def test_the_spec_takes_no_alias_tag_or_ambiguous_scalar() -> None:
    text = "a: &x 1\nb: *x\nc: !!str 1\nd: yes\non: 1\ne: !!map {}\nf: !t [1]\n<<: {g: 1}\n"
    assert _problems(text, Dialect.SPEC) == [
        ("yaml-alias", "aliases are not part of the spec: write it out", "2:4"),
        ("yaml-tag", "the tag !!str is not understood here", "3:4"),
        (
            "yaml-ambiguous-scalar",
            f'yes {BOOLEAN}; write true, or "yes" for the text',
            "4:4",
        ),
        (
            "yaml-ambiguous-scalar",
            f'on {BOOLEAN}; write true, or "on" for the text',
            "5:1",
        ),
        ("yaml-tag", "the tag !t is not understood here", "7:4"),
    ]
    assert _one(text, Dialect.SPEC).data["<<"] == {"g": 1}
    assert _problems("a: 'yes'\nb: \"1e3\"\nc: |\n  no\n", Dialect.SPEC) == []


# -- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, "{a: " * 50_000, "- " * 50_000, "".join(" " * i + "a:\n" for i in range(2000))],
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert [(rule, message) for rule, message, _ in _problems(text)] == [
        ("yaml-limits", "nested deeper than 200 levels")
    ]


@pytest.mark.parametrize("levels", [201, 999, 1000, 1001, 1500, 100_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", '{"a":['])
@pytest.mark.parametrize("before", ["", "a: 1\n---\n"])
def test_the_level_too_deep_is_named_whatever_libyaml_stops_at(
    before: str, opening: str, levels: int
) -> None:
    """libyaml 0.2.6 stops by itself at 1,000 levels, older versions never do."""
    found = _problems(before + opening * levels)
    column = 1 + 200 // (opening.count("[") + opening.count("{") or 1) * len(opening)
    line = 1 + before.count("\n")
    assert found[-1] == ("yaml-limits", "nested deeper than 200 levels", f"{line}:{column}")


def test_an_error_above_the_depth_is_told_first() -> None:
    assert _problems("a: @b\nc: " + "[" * 5000)[0][0] == "yaml-syntax"


def test_nesting_up_to_the_limit_is_read() -> None:
    assert _problems("[" * 200 + "]" * 200) == []
    assert _problems("[" * 201 + "]" * 201)[0][0] == "yaml-limits"


def test_alias_bombs_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 12):
        lines.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]")
    assert [(rule, message) for rule, message, _ in _problems("\n".join(lines))] == [
        ("yaml-limits", "aliases expand to over 50,000 values")
    ]


def test_aliases_are_bounded_over_all_documents() -> None:
    row = f"[{', '.join('x' * 99)}]"
    document = f"a: &a {row}\nb: [{', '.join(['*a'] * 400)}]\n---\n"
    assert _problems(document * 12) == []
    assert [(rule, message) for rule, message, _ in _problems(document * 13)] == [
        ("yaml-limits", "aliases expand to over 500,000 values in all documents")
    ]


def test_merge_bombs_are_refused() -> None:
    keys = ", ".join(f"k{i}: {i}" for i in range(1000))
    text = f"a: &a {{{keys}}}\n" + "".join(f"b{i}: {{<<: *a}}\n" for i in range(100))
    assert [rule for rule, _, _ in _problems(text)] == ["yaml-limits"]


def test_plain_use_of_aliases_is_fine() -> None:
    text = "a: &a {b: 1}\n" + "".join(f"c{i}: *a\n" for i in range(1000))
    assert _problems(text) == []


# -- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n", "---\n---\n...\n", "~\n", "\ufeff"]
)
def test_nothing_is_no_document(text: str) -> None:
    assert parse(text, "x.yaml") == []


@pytest.mark.parametrize(
    ("text", "data"), [("false", False), ("0", 0), ("''", ""), ("[]", []), ("{}", {})]
)
def test_what_is_empty_but_something_is_a_document(text: str, data: Any) -> None:
    assert _data(text) == data


def test_empty_documents_do_not_shift_the_positions_of_others() -> None:
    first, second = parse("---\n---\na: 1\n---\n# nothing\n---\nb: 1\n", "x.yaml")
    assert (first.index, second.index) == (0, 1)
    assert second.marks().keys["b",].line == 7


def test_what_stands_before_a_broken_document_is_kept() -> None:
    first, second = parse("a: 1\n---\nb: [\n", "x.yaml")
    assert first.data == {"a": 1} and first.problems == ()
    assert second.data is None
    assert [p.fatal for p in second.problems] == [True]


# -- JSON ----------------------------------------------------------------------------------------


def test_json_keeps_its_spellings() -> None:
    text = '{"a": 3.0, "b": 1e3, "c": "yes", "d": null, "e": 12345678901234567890, "f": "x\\/y"}'
    data = _data(text)
    assert data == json.loads(text)
    assert isinstance(data["a"], float) and isinstance(data["b"], float)


def test_json_in_one_line_and_with_tabs_has_positions() -> None:
    assert _places('{"a":{"b":[1,"x"]}}')["a.b.1"] == "1:14-17"
    assert _places('{\n\t"a": {\n\t\t"b": 1\n\t}\n}')["a.b"] == "3:8-9"


def test_surrogate_pairs_are_one_character_and_keep_the_columns() -> None:
    text = '{"a": "\\ud83d\\ude00", "b": "x\\\\ud800", "c": "\\ud800"}'
    assert _data(text) == {"a": "😀", "b": "x\\ud800", "c": "\ufffd"}
    assert _places(text)["b"] == "1:28-38"


def test_json_that_yaml_would_not_read() -> None:
    assert _data('{"' + "k" * 2000 + '": 1}') == {"k" * 2000: 1}
    assert _data('{"a"\n:\n1}') == {"a": 1}


def test_duplicate_keys_in_json_are_told() -> None:
    assert [rule for rule, _, _ in _problems('{"a": 1, "b": {"c": 1, "c": 2}}')] == [
        "yaml-duplicate-key"
    ]


@pytest.mark.parametrize("text", ['{"a": 1', '{"a": 1}}', '{"a" 1}', '{"a": 1}\n{"b" 2}'])
def test_broken_json_is_broken(text: str) -> None:
    assert [rule for rule, _, _ in _problems(text)] == ["yaml-syntax"]


def test_of_json_objects_in_a_row_the_broken_one_is_named() -> None:
    documents = parse('{"a": 1}\n{"b": 2}\n{"c": [3}\n', "x.json")
    assert [(d.line, d.data) for d in documents[:2]] == [(1, {"a": 1}), (2, {"b": 2})]
    ((problem,),) = [d.problems for d in documents[2:]]
    assert (problem.mark.line, problem.mark.column) == (3, 9)
    assert problem.rule == "yaml-syntax"


def test_json_has_no_nan() -> None:
    assert _data('{"a": NaN}') == {"a": "NaN"}  # as YAML, which kubectl tries next


def test_deep_json_is_refused() -> None:
    assert _problems('{"a":' * 5000 + "1" + "}" * 5000)[0][0] == "yaml-limits"


# -- anything ------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(
    st.text("ab01:-#&*!|>'\"%@`{}[],? \n\t\\é\0\x85\ufeff<~.", max_size=40),
    st.sampled_from(Dialect),
)
def test_no_text_makes_it_raise(text: str, dialect: Dialect) -> None:
    for document in parse(text, "x.yaml", dialect, record=True):
        lines = text.count("\n") + text.count("\x85") + text.count("\r") + 1
        for problem in document.problems:
            assert 1 <= problem.mark.line <= lines + 1
            assert problem.mark.column >= 1
        document.marks()


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n---\nb: [2, {c: 3}]\n",
        "# first\n---\na: 1\n\n---\n# nothing\n---\n- b\n- c: |\n    ---\n    d\n",
        "a: 1\n...\nb: 2\n---\nc: 3\n",
        "a: 1\n--- {b: 2}\n---\tc\n",
        "%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n",
        'a: 1\r\n---\r\nb: 2\r\nc: "3\r\n  4"\r\n',
        "a: &x 1\n---\nb: &x {c: 2}\nd: *x\ne: {<<: *x}\n",
        "a: \u2028 1\n---\nb: 2\n",
        "a: 1\n---x\n",
        "a: 1\n---\nb: {\n---\nc: 3\n",
        '{"a": 1}\n---\n{"b": 2}\n',
    ],
)
def test_positions_of_one_document_are_those_of_the_whole_text(text: str) -> None:
    documents = parse(text, "many.yaml", learning=False)
    whole = recorded(Source("many.yaml", text))
    assert documents
    assert [d.marks() for d in documents] == [whole[d.index] for d in documents]


def test_only_documents_that_may_hold_a_secret_are_searched_for_one() -> None:
    text = "kind: Secret\nstringData: {a: swordfish-1}\n---\nkind: Pod\n---\ntoken: p4rot-green\n"
    assert [d.secrets for d in parse(text, "many.yaml")] == [True, False, True]
    assert redact("swordfish-1 and p4rot-green") == "*********** and ***********"
