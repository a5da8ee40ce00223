"""Expressions are what helm makes of them; hostile ones end."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml

from stackgen.errors import UsageError
from stackgen.manifest.gotemplate.chart import render
from stackgen.manifest.gotemplate.sprig_numbers import meets, version_of
from tests.manifest.gotemplate.samples import chart, of_expressions, recorded


def made(folder: Path, template: str, values: str = "") -> str:
    """What a template makes, without the lines that name it."""
    text = render(str(chart(folder / "sample", values, templates__a=template)), {}, "r").text
    return text.partition(".yaml\n")[2]


def test_expressions_are_those_of_helm(tmp_path: Path) -> None:
    text = render(str(of_expressions(tmp_path / "sample")), {}, "r").text
    (data,) = [one["data"] for one in yaml.safe_load_all(text) if one]
    values = [base64.b64decode(one).decode() for one in data.values()]
    assert dict(zip(recorded(), values, strict=True)) == {
        # Of what is not in this template, helm says its name.
        one: "sample/templates/expressions.yaml" if one == ".Template.Name" else text
        for one, text in recorded().items()
    }


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a: {{- 1 -}} b\n", "a:1b\n"),
        ("{{/* a remark }} with braces */}}\na: 1\n", "\na: 1\n"),
        ("{{- if .Values.on }}\na: 1\n{{- else }}\nb: 2\n{{- end }}\n", "\nb: 2\n"),
        ("a: {{ .Values.nothing }}\n", "a: \n"),
        ('a: {{ printf\n  "%d" 1 }}\n', "a: 1\n"),
        ("{{ range $i, $e := .Values.none }}x{{ else }}a: 1{{ end }}\n", "a: 1\n"),
        ('{{ template "sample/templates/_b.tpl" . }}a: 1\n', ""),
    ],
)
def test_texts_around_actions(template: str, text: str, tmp_path: Path) -> None:
    if text:
        assert made(tmp_path, template) == text
    else:
        with pytest.raises(UsageError, match="no template"):
            made(tmp_path, template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a: {{ .Values.a.b }}", "nil pointer evaluating interface {}.b"),
        ("\n\na: {{ if }}", "missing value for command"),
        ("{{ if true }}", "unclosed if"),
        ("{{ end }}", "unexpected {{end}}"),
        ("a: {{ $x }}", "undefined variable"),
        ("a: {{ 1", "unclosed action"),
        ("a: {{ eq 1 1.5 }}", "incompatible types for comparison"),
        ('a: {{ required "a model is needed" .Values.model }}', "a model is needed"),
        ('a: {{ fail "no" }}', "needs other values: no"),
        ("a: {{ nosuch 1 }}", 'the function "nosuch" is not known'),
        ("a: {{ index (list 1) 5 }}", "index out of range"),
        ('a: {{ "x" | first }}', "list should be type of slice"),
    ],
)
def test_what_helm_refuses(template: str, said: str, tmp_path: Path) -> None:
    line = template.count("\n") + 1
    with pytest.raises(UsageError) as caught:
        made(tmp_path, template)
    assert said in str(caught.value)
    assert f"templates/a.yaml:{line}: " in str(caught.value)


# Each would take hours or all memory.
HOSTILE = {
    "loops": "{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}",
    "long loop": "{{ range 99999999999 }}{{ end }}",
    "long list": "{{ until 99999999 }}",
    "steps": "{{ untilStep 0 99999999 1 }}",
    "numbers": "{{ seq 1 99999999 }}",
    "repeat": '{{ repeat 9999 (repeat 9999 (repeat 9999 "x")) }}',
    "doubling": "{{ $a := list 1 1 }}" + "{{ $a = list $a $a }}" * 60 + "{{ $a }}",
    "doubled text": '{{ $a := "xxxxxxxx" }}' + "{{ $a = print $a $a }}" * 60 + "{{ $a }}",
    "circle": '{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ $a }}',
    "circle in YAML": '{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ toYaml $a }}',
    "equal circles": '{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ deepEqual $a (deepCopy $a) }}',
    "include": '{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    "tpl": '{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t) }}',
    "blocks": "{{ if true }}" * 500 + "{{ end }}" * 500,
    "parentheses": "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    "expression": '{{ regexMatch "(a+)+$" (repeat 60 "a" | printf "%sb") }}',
    "stars": '{{ regexMatch ".*.*.*.*.*y" (repeat 999 "a") }}',
    "power": "{{ add 9223372036854775807 9223372036854775807 }}{{ index (list 1) 99 }}",
    "indent": '{{ indent 9999 (repeat 9999 "\\n") }}',
    "width": '{{ printf "%999999999d" 1 }}{{ nosuch }}',
    "joined": '{{ join (repeat 9999 "x") (until 9999) }}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_templates_end(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        made(tmp_path, HOSTILE[name])


def test_versions_meet_constraints() -> None:
    assert meets(">=1.2.3 <2 || ^3.1", version_of("3.2.0"))
    assert not meets(">=1.2.3 <2 || ^3.1", version_of("v2.5"))
    assert meets("1.2 - 1.4", version_of("1.3.9"))
    assert not meets(">=1.0.0", version_of("1.1.0-rc.1"))
