"""Charts are rendered by the helm on the PATH, and values compared with what templates read."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.manifest import helm
from stackgen.manifest.yaml_in import parse
from tests.program import stackgen

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: team}
data:
  model: "{{ .Values.model.name }}"
  labels: {{ toYaml .Values.labels | quote }}
  port: {{ index .Values "server" "port" | quote }}
"""
# A program with Helm's name: it shows its words, or fails as Helm does.
HELM = """\
#!/bin/sh
[ -n "$FAILS" ] && { echo "Error: no such value" >&2; exit 1; }
echo "---"
echo "# Source: chart/templates/settings.yaml"
echo "apiVersion: v1"
echo "kind: ConfigMap"
echo "metadata: {name: settings, namespace: team}"
echo "data: {words: 7}"
"""


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chart, seen from its parent."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("model: {name: chat}\nlabels: {}\n")
    (folder / "templates" / "settings.yaml").write_text(TEMPLATE)
    return folder


def unread(values: str) -> list[str]:
    (document,) = parse(values, "prod.yaml")
    return [problem.message for problem in helm.value_problems("chart", document)]


@pytest.mark.usefixtures("chart")
def test_values_that_no_template_reads_are_told() -> None:
    assert unread("model: {nam: a}\nservers: 2\nlabels: {any: thing}\n") == [
        'no template of the chart reads model.nam; did you mean "name"?',
        'no template of the chart reads servers; did you mean "server"?',
    ]
    assert unread("server: {port: 1}\nglobal: {a: 1}\nx-kept: 2\n") == []


def test_a_chart_that_passes_all_values_on_may_read_any(chart: Path) -> None:
    (chart / "templates" / "all.yaml").write_text("{{ toYaml .Values }}")
    assert unread("servers: 2\n") == []


def test_keys_of_an_object_that_helpers_read_by_name(chart: Path) -> None:
    (chart / "values.yaml").write_text("model: {name: chat, flags: {v: 1}}\nlabels: {}\n")
    (chart / "templates" / "all.yaml").write_text(
        '{{ include "all" .Values.model }}{{ define "all" }}{{ .name }}{{ .size }}'
        "{{ toYaml .flags }}{{ end }}"
    )
    assert unread("model: {nam: a, size: 2, flags: {any: 1}}\n") == [
        'no template of the chart reads model.nam; did you mean "name"?'
    ]


def test_an_object_that_is_printed_without_some_keys_takes_any_key(chart: Path) -> None:
    (chart / "values.yaml").write_text("model: {name: chat, create: true}\nlabels: {}\n")
    (chart / "templates" / "all.yaml").write_text(
        '{{ $all := omit .Values.model "create" "name" }}{{ range $key, $value := $all }}'
        "{{ $key }}: {{ $value }}{{ end }}{{ if .Values.model.create }}{{ .Values.model.name }}"
        "{{ end }}"
    )
    assert unread("model: {size.limit: 2}\n") == []


def test_values_of_another_type_than_the_chart_has(chart: Path) -> None:
    (chart / "values.yaml").write_text("model: {name: chat, local: true}\nlabels: {}\n")
    (chart / "templates" / "all.yaml").write_text("{{ if .Values.model.local }}a: 1{{ end }}")
    assert unread('model: {local: "false"}\nlabels: 3\n') == [
        "model.local is the string 'false'; a template takes every string for true",
        "labels is a number; the chart has an object",
    ]
    assert unread("model: chat\nlabels: {}\n") == ["model is a string; the chart has an object"]


def test_a_schema_says_what_helm_rejects(chart: Path) -> None:
    (chart / "values.schema.json").write_text(
        '{"properties": {"model": {"$ref": "#/$defs/model"}, "labels": {}}, "$defs": {"model":'
        ' {"properties": {"name": {"enum": ["chat", "code"]}, "inner": {"$ref": "#/$defs/model"}},'
        ' "additionalProperties": false}}}'
    )
    assert unread("model: {name: other, names: a}\n") == [
        "no template of the chart reads model.names",
        "model.name is 'other'; the chart knows chat, code",
    ]


@pytest.mark.usefixtures("chart")
def test_a_file_of_which_nothing_is_read_is_for_another_chart() -> None:
    assert unread("image: {tag: a}\nreplicas: 2\n") == []


def test_a_missing_dependency_may_be_a_library(chart: Path) -> None:
    with (chart / "Chart.yaml").open("a") as file:
        file.write("dependencies: [{name: common, version: 1.0.0, repository: 'https://e.test'}]\n")
    assert unread("unheard: 2\ncommon: {a: 1}\n") == []
    told = ["no template of the chart reads model.size"]
    assert unread("model: {size: 2}\n") == told


def test_values_for_a_chart_inside(chart: Path) -> None:
    inner = chart / "charts" / "cache"
    (inner / "templates").mkdir(parents=True)
    (inner / "Chart.yaml").write_text("apiVersion: v2\nname: cache\nversion: 1.0.0\n")
    (inner / "templates" / "a.yaml").write_text("size: {{ .Values.size }}")
    told = "no template of the chart reads cache.sizes"
    assert [line.split(";")[0] for line in unread("cache: {size: 1, sizes: 2}\n")] == [told]


def test_values_in_the_folder_of_a_chart_are_recognised(chart: Path) -> None:
    (chart / "values-prod.yaml").write_text("model: {nam: a}\n")
    for given in ("chart", "chart/values-prod.yaml"):
        run = stackgen("lint", given, "--output-format", "concise", cwd=chart.parent)
        assert "values-prod.yaml:1:9: warning[helm-value-unread]" in run.out


def test_a_chart_is_rendered_by_helm(chart: Path) -> None:
    folder = chart.parent / "bin"
    folder.mkdir()
    (folder / "helm").write_text(HELM)
    (folder / "helm").chmod(0o755)
    path = {"PATH": f"{folder}:/usr/bin:/bin"}
    values = chart.parent / "prod.yaml"
    values.write_text("servers: 2\nmodel: {name: a}\n")
    arguments = ("lint", "--helm", "chart", "--values", "prod.yaml")
    run = stackgen(*arguments, "--output-format", "concise", cwd=chart.parent, **path)
    assert run.code == 1
    assert "error[schema-wrong-type]" in run.out
    assert "prod.yaml:1:1: warning[helm-value-unread]" in run.out
    failed = stackgen(*arguments, cwd=chart.parent, FAILS="1", **path)
    assert (failed.code, "--helm chart: no such value" in failed.err) == (2, True)


def test_what_helm_needs(chart: Path) -> None:
    nothing = {"PATH": str(chart)}
    run = stackgen("lint", "--helm", "chart", cwd=chart.parent, **nothing)
    assert (run.code, "needs helm on the PATH" in run.err) == (2, True)
    run = stackgen("lint", "--values", "a.yaml", "chart", cwd=chart.parent)
    assert (run.code, "name it with --helm CHART" in run.err) == (2, True)


@pytest.mark.parametrize(
    ("file", "of"),
    [
        ("chart/values-prod.yaml", "chart"),
        ("chart/values.yaml", ""),
        ("chart/prod.yaml", ""),
        ("chart/ci/values-a.yaml", "chart"),
        ("chart/ci/a.yaml", ""),
        ("chart/ci/deep/values-a.yaml", ""),
        ("chart/environments/cloud/dev.yaml", "chart"),
        ("chart/environments/a/b/c/dev.yaml", ""),
        ("other/environments/dev.yaml", ""),
    ],
)
def test_which_chart_values_are_for(chart: Path, file: str, of: str) -> None:
    assert helm.chart_of(file) == of


def test_default_values_that_a_template_reads_by_another_name(chart: Path) -> None:
    """Only where the name that is read has no value, and the value is read by no other name."""

    def told(values: str, template: str) -> list[str]:
        (chart / "values.yaml").write_text(values)
        (chart / "templates" / "settings.yaml").write_text(template)
        found = helm.default_problems("chart")
        return [problem.message for problem in found[1]] if found else []

    image = "{{ .Values.image.repo }}:{{ .Values.image.tag }}"
    said = 'no template of the chart reads image.repository; did you mean "repo"?'
    assert told("image: {repository: a, tag: b}\n", image) == [said]
    assert told("image: {repository: a, repo: c, tag: b}\n", image) == []
    assert told("image: {other: a, tag: b}\n", image) == []
    assert told("image: {repository: a, tag: b}\n", image + "{{ .Values.image.repository }}") == []
    assert told("image: {repository: a, tag: b}\n", image + "{{ toYaml .Values.image }}") == []
