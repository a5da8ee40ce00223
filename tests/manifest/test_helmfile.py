"""Helmfiles that are templates: parts, values of environments, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.manifest.collect import Collected, collect
from stackgen.manifest.helmfile import Helmfile, rendered

HELMFILE = """\
environments:
  default:
    values: [values.yaml, {size: large}]
---
releases:
{{- range .Values.teams }}
- name: {{ . }}
  chart: ./chat
  values: [{size: {{ $.Values.size | quote }}}]
{{- end }}
- name: {{ requiredEnv "NAME" }}
  chart: ./other
  installed: {{ .Values.other.enabled | default true }}
"""
VALUES = "teams: [red, blue]\nother: {enabled: false}\nunused: {enabled: true}\n"


def made(folder: Path, text: str = HELMFILE) -> Helmfile:
    (folder / "values.yaml").write_text(VALUES)
    return rendered(text, str(folder / "helmfile.yaml.gotmpl"))


def read(folder: Path, text: str = HELMFILE) -> Collected:
    (folder / "values.yaml").write_text(VALUES)
    (folder / "helmfile.yaml.gotmpl").write_text(text)
    return collect([str(folder)])


def problems(collected: Collected) -> list[tuple[str, str, int]]:
    return [
        (Path(source.name).name, problem.message, problem.mark.line)
        for source, problem in collected.problems
    ]


def test_values_of_the_environment_fill_the_parts_after_it(tmp_path: Path) -> None:
    *_, releases = made(tmp_path).settings
    assert releases.data["releases"] == [
        {"name": "red", "chart": "./chat", "values": [{"size": "large"}]},
        {"name": "blue", "chart": "./chat", "values": [{"size": "large"}]},
        {"name": "${NAME}", "chart": "./other", "installed": True},
    ]


def test_a_place_is_the_line_of_the_helmfile(tmp_path: Path) -> None:
    releases = made(tmp_path).settings[-1]
    mark = releases.mark(("releases", 1, "chart"))
    assert mark is not None
    assert releases.written is not None and releases.written.at is not None
    place = releases.written.at(mark.line)
    assert place is not None
    assert place[1] == HELMFILE.split("\n").index("  chart: ./chat") + 1


def test_the_first_environment_is_taken_where_there_is_no_default(tmp_path: Path) -> None:
    text = "environments:\n  dev: {values: [{a: 1}]}\n---\nname: {{ .Environment.Name }}\n"
    assert made(tmp_path, text).settings[-1].data == {"name": "dev"}


@pytest.mark.parametrize(
    "text",
    [
        "environments: {default: {values: [../elsewhere.yaml]}}\n",
        "environments: {default: {values: [git::https://example.com/a.yaml]}}\n",
        "a: {{ readFile `/etc/hostname` }}\n",
        "a: {{ fetchSecretValue `ref+vault://a` }}\n",
        "a: {{ if }}\n",
        "a: [{{ `[` }}\n",
    ],
)
def test_what_only_helmfile_can_evaluate(tmp_path: Path, text: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere.yaml").write_text("a: 1\n")
    with pytest.raises(UsageError):
        made(tmp_path / "in", text)
    assert "not evaluated" in " ".join(read(tmp_path / "in", text).notes)


def test_values_without_a_reader_and_without_an_effect(tmp_path: Path) -> None:
    assert problems(read(tmp_path)) == [
        (
            "helmfile.yaml.gotmpl",
            "other.enabled is false in the values, and true here",
            HELMFILE.split("\n").index("  installed: {{ .Values.other.enabled | default true }}")
            + 1,
        ),
        ("values.yaml", "no helmfile, template or script beside it reads unused", 3),
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("deploy.sh", "yq .unused.enabled values.yaml\n"),
        ("values/chat.yaml.gotmpl", "on: {{ .Values.unused.enabled }}\n"),
        ("values/all.yaml.gotmpl", "{{ toYaml .Values }}\n"),
        ("Chart.yaml", "apiVersion: v2\nname: chat\nversion: 1.0.0\n"),
    ],
)
def test_values_that_something_else_may_read(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / "values").mkdir()
    (tmp_path / file).write_text(text)
    said = [message for name, message, _ in problems(read(tmp_path)) if name == "values.yaml"]
    assert said == []


def test_values_that_are_asked_for_by_name_are_not_all_values(tmp_path: Path) -> None:
    text = HELMFILE + '{{- if hasKey .Values "other" }}\n- {name: x, chart: ./x}\n{{- end }}\n'
    assert "unused" in str(problems(read(tmp_path, text)))
