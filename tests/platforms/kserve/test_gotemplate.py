"""Go templates in texts, as text/template evaluates them over the JSON form of a text."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.manifest.gotemplate.syntax import TemplateError
from stackgen.platforms.kserve.gotemplate import Struct, evaluated, render
from stackgen.platforms.kserve.names import child_name

DATA = {
    "ObjectMeta": {"name": "qwen", "namespace": "serving"},
    "Spec": {"model": {"name": "Qwen/Qwen3"}, "parallelism": {"data": 8, "expert": True}},
    "Items": ["a", "b"],
    "Quoted": 'a "b"',
}
FUNCTIONS = {"ChildName": child_name}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ .ObjectMeta.Name }}", "qwen"),
        ("{{ ChildName .ObjectMeta.Name `-pool` }}", "qwen-pool"),
        ("{{ or .Spec.Parallelism.DataLocal 1 }}", "1"),
        ("{{ or .Spec.Parallelism.Data 1 }}", "8"),
        ("{{ if .Spec.Parallelism.Expert }}yes{{ else }}no{{ end }}", "yes"),
        ("{{ if .Spec.Prefill }}yes{{ else if .Spec.Model }}model{{ end }}", "model"),
        ("{{ if and .Spec.Prefill .Spec.Prefill.Parallelism }}yes{{ end }}", ""),
        ("{{ with .Spec.Model }}{{ .Name }}{{ end }}", "Qwen/Qwen3"),
        ("{{ range .Items }}[{{ . }}]{{ end }}", "[a][b]"),
        ("{{ .ObjectMeta.Name | ChildName `x` }}", "xqwen"),
        ("{{/* a comment */}}x", "x"),
        (
            "{{ $n := .ObjectMeta.Name }}{{ range $i, $x := .Items }}{{ $n }}{{ $i }}{{ end }}",
            "qwen0qwen1",
        ),
        ("{{ define `a` }}[{{ . }}]{{ end }}{{ template `a` `b` }}", "[b]"),
        ("{{ eq .ObjectMeta.Name `qwen` }}", "true"),
        ("{{ printf `%s-%v%%` .ObjectMeta.Namespace .ObjectMeta.Name }}", "serving-qwen%"),
        # A line break is two characters of JSON: only the blanks after it are taken away.
        ("a \\\n  {{- if .Spec.Prefill }}x{{- end }} \\\nb", "a \\\n \\\nb"),
    ],
)
def test_what_a_text_becomes(text: str, result: str) -> None:
    assert evaluated(text, DATA, FUNCTIONS) == result


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ .Spec.Prefill.Worker }}", "nil pointer evaluating Worker"),
        ("{{ nothing }}", 'the function "nothing" is not known'),
        ("{{ if .Spec }}", "unclosed if"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ .Spec", "unclosed action"),
        ("{{ (.Spec }}", "unclosed left paren"),
        ('{{ "a" }}', "unexpected"),
        ("{{ .Spec }}", "an object is printed"),
        ("{{ $x }}", "undefined variable"),
        ("{{ .Quoted }}", "the result is not JSON"),
        ("{{ printf `%d` .Spec.Parallelism.Data }}", "not predicted"),
        ("{{ printf `a` .ObjectMeta.Name }}", "more values than verbs"),
    ],
)
def test_what_cannot_be_evaluated(text: str, why: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(why)):
        evaluated(text, DATA, FUNCTIONS)


def test_a_name_that_a_type_of_go_does_not_have() -> None:
    data = Struct({**DATA, "GlobalConfig": Struct({"EnableTLS": True})})
    assert evaluated("{{ .GlobalConfig.EnableTLS }}", data, FUNCTIONS) == "true"
    for text in ("{{ .Nowhere }}", "{{ .GlobalConfig.Nowhere }}", "{{ if .spec }}{{ end }}"):
        with pytest.raises(TemplateError, match="can't evaluate field"):
            evaluated(text, data, FUNCTIONS)


@given(st.text())
def test_any_text_is_a_result_or_an_error(text: str) -> None:
    with contextlib.suppress(TemplateError):
        assert isinstance(evaluated("{{ " + text, DATA, FUNCTIONS), str)


def test_a_tree_keeps_what_is_no_template() -> None:
    tree: Any = {"a": [1, None, "x", {"{{ .ObjectMeta.Name }}": "{{ .ObjectMeta.Namespace }}"}]}
    assert render(tree, DATA, FUNCTIONS) == {"a": [1, None, "x", {"qwen": "serving"}]}


def test_a_function_takes_no_argument_of_another_type() -> None:
    data = {"ObjectMeta": {"name": {"a": 1}}}
    with pytest.raises(TemplateError):
        evaluated("{{ ChildName .ObjectMeta.Name `-pool` }}", data, FUNCTIONS)


def test_only_a_function_takes_arguments() -> None:
    for text in ("{{ .ObjectMeta.Name `x` }}", "{{ `x` | .ObjectMeta.Name }}", "{{ true 1 }}"):
        with pytest.raises(TemplateError):
            evaluated(text, DATA, FUNCTIONS)
