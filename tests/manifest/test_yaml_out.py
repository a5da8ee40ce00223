"""What stackgen writes is read alike by every reader there is."""

from __future__ import annotations

import io
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from stackgen.manifest.yaml_in import Dialect, parse
from stackgen.manifest.yaml_out import HEADER, UnwritableError, dump, render
from tests.kubectl import kustomize, needs_kubectl, sent

# Spellings that some reader takes for something else than text, or that need care.
TRICKY = [
    "", " ", "y", "Y", "n", "yes", "No", "on", "Off", "true", "False", "tRUE", "null", "Null", "~",
    "=", "<<", "-", "--", "---", "...", ".", "..", "?", ":", "|", ">", "!", "&", "*", "#", "%",
    "@", "`",
    "1", "-1", "+1", "1.", ".5", "1e3", "1E+3", "12e03", "0o17", "017", "08", "0x1F", "0b11",
    "1_000",
    "1:30", "190:20:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00", ".inf", "-.INF", ".nan",
    "NaN",
    "Infinity", "-0", "0.0", "1e400", "9223372036854775808", "0xZZ", "e3", "1e", "0o8", "2x2",
    "4Gi",
    "30s", "500m", "1Ki", "1d", "1h30m", "v1", "v1beta1", "1.2.3.4/32", "10.0.0.0/8", "1/2",
    "- a", "a: b", "a:", ":a", "a #b", "#a", "a#b", "a, b", "{a}", "[a]", "{{ .x }}", "a]", "*a",
    "&a",
    "!a", "%a", "@a", "`a`", "'a'", '"a"', "a'b", 'a"b', "a\\b", "\\", " a", "a ", "\ta", "a\t",
    "a\tb",
    "\n", "\n\n", "a\n", "a\n\n", "a\nb", "a\nb\n", "\na", "\n\na\n", " a\nb", "a\n  b\n",
    "  a\n b\n",
    "\ta\nb", "a\n\tb\n", "a \nb", "a\n \nb", "a\n\nb", "a\n---\nb", "a\n...\nb\n", "# a\nb",
    "- a\n- b\n",
    "a\rb", "a\r\nb\r\n", "\r", "a\x85b", "a\u2028b", "a\u2029b", "a\nb\u2028c", "\ufeffa",
    "a\ufeff",
    "\x00", "\x01", "\x1b[0m", "\x7f", "\x80", "\x9f", "\xa0", "é", "日本", "😀", "\U0010ffff",
    "\ufffe",
    "\uffff", "\ud7ff", "\ue000", "a\u200bb", "\u202e", "key: |\n  text", "x" * 2000, "a " * 600,
    "gke-tpu-2x2", "hf://Qwen/Qwen2.5-3B-Instruct", "--model=/mnt/models", "*.example.com",
    "@foo/bar",
    "sum(rate(x{a=\"b\"}[5m])) > 0.05", "None", "nil", "undefined", "NO", "norway: no", "a\\nb",
    "? a",
]  # fmt: skip


# What kustomize itself cannot write back, however it is written in its input. Nor can it
# write keys of several lines or over 128 characters, and it loses the key "<<".
UNFIT_FOR_KUSTOMIZE = re.compile("[\x7f-\x9f\ufffe\uffff]")


def _fits(value: Any) -> bool:
    return not UNFIT_FOR_KUSTOMIZE.search(json.dumps(value, ensure_ascii=False))


def _like(value: Any) -> Any:
    """`value` as JSON sees it: integral floats are integers."""
    if isinstance(value, dict):
        return {key: _like(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_like(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _ours(text: str, dialect: Dialect = Dialect.KUBECTL) -> Any:
    (document,) = parse(text, "x.yaml", dialect)
    assert document.problems == ()
    return document.data


def _readers(text: str) -> dict[str, Any]:
    modern = YAML(typ="safe", pure=True)
    return {
        "stackgen as kubectl": _ours(text),
        "stackgen, strictly": _ours(text, Dialect.SPEC),
        "PyYAML": yaml.safe_load(text),
        "libyaml": yaml.load(text, Loader=yaml.CSafeLoader),
        "ruamel": modern.load(io.StringIO(text)),
    }


def _check(data: Any) -> None:
    text = dump(data)
    for reader, got in _readers(text).items():
        assert _like(got) == _like(data), (reader, text)
        assert _types(_like(got)) == _types(_like(data)), (reader, text)


def _types(value: Any) -> Any:
    """1, 1.0 and True are equal in Python, and not in YAML."""
    if isinstance(value, dict):
        return {key: _types(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_types(item) for item in value]
    return type(value).__name__


TEXT = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("ab01 :#-\n\t'\"\\{}[],&*?|>!%@`~=<yn.", max_size=12),
    st.lists(st.sampled_from(TRICKY), max_size=3).map("\n".join),
)
FLOAT = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), FLOAT, TEXT)


def _data(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4))

    return st.recursive(SCALAR, extend, max_leaves=12)


DATA = _data(TEXT)
# Kustomize takes even a quoted `<<` for a merge.
SHORT_KEY = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).filter(
    lambda key: key != "<<"
)


@pytest.mark.parametrize("text", TRICKY, ids=range(len(TRICKY)))
def test_tricky_text_stays_text_everywhere_it_can_stand(text: str) -> None:
    _check(text)
    _check({"key": text, text: 1})
    _check([text, [text, [text]], {"a": [text], "b": {text: text}}])
    _check({"last": {"list": [{"first": text, "second": text}]}, "after": text})


@settings(max_examples=400, deadline=None)
@given(DATA.filter(lambda data: data is not None))
def test_any_data_is_read_back_by_every_reader(data: Any) -> None:
    _check(data)


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_keeps_its_value(number: float) -> None:
    text = dump([number])
    assert yaml.safe_load(text) == [number]
    assert _ours(text) == [number]
    assert "e" not in text


@needs_kubectl
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_data(SHORT_KEY).filter(_fits), min_size=5, max_size=20))
def test_kustomize_reads_any_data_as_we_wrote_it(values: list[Any]) -> None:
    _check_kustomize(values)


@needs_kubectl
def test_kustomize_and_kubectl_read_tricky_text_as_text() -> None:
    fit = [text for text in TRICKY if _fits(text)]
    assert len(fit) > 150
    _check_kustomize([*fit])
    keys = [text for text in fit if text.isprintable() and len(text) < 100 and text != "<<"]
    _check_kustomize([{text: text for text in keys}])
    text = dump(_object(list(TRICKY)))
    got = sent(text)
    assert got is not None
    assert got["spec"]["values"] == TRICKY


def _object(values: list[Any]) -> dict[str, Any]:
    head = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
    return {**head, "spec": {"values": values}}


def _check_kustomize(values: list[Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.yaml").write_text(render(_object(values)), encoding="utf-8", newline="\n")
        (folder / "kustomization.yaml").write_text("resources: [a.yaml]\n", encoding="utf-8")
        got = _ours(kustomize(folder))
    assert _like(got) == _like(_object(values))
    assert _types(_like(got)) == _types(_like(_object(values)))


def test_layout() -> None:
    data: dict[str, Any] = {
        "apiVersion": "v1",
        "list": ["a", {"b": 1, "c": [2, [3]]}, []],
        "text": "one\ntwo\n",
        "open": "one\ntwo",
        "indented": "  one\ntwo\n",
        "empty": {},
        "none": None,
        "quoted": "yes",
        "float": 1.5,
    }
    assert render(data, ("a note",)) == (
        f"{HEADER}\n"
        "# a note\n"
        "apiVersion: v1\n"
        "list:\n"
        "- a\n"
        "- b: 1\n"
        "  c:\n"
        "  - 2\n"
        "  - - 3\n"
        "- []\n"
        "text: |\n"
        "  one\n"
        "  two\n"
        "open: |-\n"
        "  one\n"
        "  two\n"
        "indented: |2\n"
        "    one\n"
        "  two\n"
        "empty: {}\n"
        "none: null\n"
        'quoted: "yes"\n'
        "float: 1.5\n"
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_number_for_is_refused(value: float) -> None:
    with pytest.raises(UnwritableError, match="no form in JSON"):
        dump({"a": value})


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "a\nb\ud83d\n"])
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(UnwritableError, match="surrogate"):
        dump({"a": text})
    with pytest.raises(UnwritableError, match="surrogate"):
        dump({text: "a"})


def test_other_python_values_are_refused() -> None:
    with pytest.raises(UnwritableError, match="set is not a YAML value"):
        dump({"a": {1, 2}})


def test_long_keys_are_written_as_explicit_keys() -> None:
    key = "é" * 1500
    _check({"a": [{key: {"b": 1}}, {key: [1]}], key: "x"})


def test_nothing_that_hooks_would_trim() -> None:
    """Blanks at the end of a line or of the file would not survive the usual pre-commit hooks."""
    for text in TRICKY:
        written = render({"a": text, "z": [text]})
        assert written.endswith("\n") and not written.endswith("\n\n"), text
        assert all(line == line.rstrip() for line in written.split("\n")), text


def test_json_is_yaml_for_our_reader() -> None:
    data: Any = {"a": [1, 2.5, None, True, "x\ty", "😀", {"b": {}}], "c": []}
    for options in ({}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}):
        assert _ours(json.dumps(data, **options)) == data


def test_a_block_has_the_same_characters_with_and_without_text_beyond_ascii() -> None:
    for code in range(128):
        text = f"a{chr(code)}b\nc"
        assert ("|-" in dump({"a": text})) == ("|-" in dump({"a": f"{text}\u00e9"})), code
