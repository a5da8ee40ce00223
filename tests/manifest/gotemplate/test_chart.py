"""What a chart makes: values, charts in it, files, and which line makes what."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import yaml

from stackgen.errors import UsageError
from stackgen.manifest.gotemplate.chart import Made, render
from tests.manifest.gotemplate.samples import chart

PARENT = """\
apiVersion: v2
name: parent
version: 1.0.0
dependencies:
- {name: cache, version: 1.0.0, condition: cache.enabled}
- {name: cache, version: 1.0.0, alias: second}
- {name: elsewhere, version: 1.0.0}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n"


def objects(made: Made) -> dict[str, dict[str, str]]:
    return {one["metadata"]["name"]: one["data"] for one in yaml.safe_load_all(made.text) if one}


def line(made: Made, text: str) -> tuple[str, int]:
    """The place that made the line with a text."""
    number = next(i for i, one in enumerate(made.text.split("\n")) if one.strip().startswith(text))
    return made.lines[number]


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """A chart with a chart in it, which it has twice."""
    inner = MAP.format(name="{{ .Chart.Name }}", data="size: '{{ .Values.size }}', "
                       "zone: '{{ .Values.global.zone }}'")  # fmt: skip
    return chart(
        tmp_path / "parent",
        "cache: {enabled: true, size: 2}\nsecond: {size: null}\nglobal: {zone: a}\n",
        Chart=PARENT,
        templates__own=MAP.format(name="own", data="size: '{{ .Values.cache.size }}'"),
        charts__cache__Chart="apiVersion: v2\nname: cache\nversion: 1.0.0\n",
        charts__cache__values="size: 1\nglobal: {zone: b}\n",
        charts__cache__templates__map=inner,
    )


def test_values_of_charts_in_charts(parent: Path) -> None:
    made = render(str(parent), {}, "r")
    assert objects(made) == {
        "own": {"size": "2"},
        "cache": {"size": "2", "zone": "a"},
        "second": {"size": "1", "zone": "a"},
    }
    assert made.missing == ("elsewhere",)
    off = render(str(parent), {"cache": {"enabled": False}, "global": {"zone": "c"}}, "r")
    assert objects(off) == {"own": {"size": "2"}, "second": {"size": "1", "zone": "c"}}


def test_a_chart_takes_values_of_a_chart_in_it(tmp_path: Path) -> None:
    title = (
        "apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n"
        "- name: cache\n  version: 1.0.0\n"
        "  import-values: [shared, {child: deep.one, parent: own}]\n"
    )
    folder = chart(
        tmp_path / "parent",
        "size: 1\nown: {a: 1, b: 2}\n",
        Chart=title,
        templates__a=MAP.format(
            name="a", data="s: '{{ .Values.size }}', o: '{{ .Values.own | toJson }}'"
        ),
        charts__cache__Chart="apiVersion: v2\nname: cache\nversion: 1.0.0\n",
        charts__cache__values="exports: {shared: {size: 5}}\ndeep: {one: {b: 7}}\n",
    )
    assert objects(render(str(folder), {}, "r")) == {"a": {"s": "5", "o": '{"a":1,"b":7}'}}
    given = render(str(folder), {"size": 6}, "r")
    assert objects(given)["a"]["s"] == "6"


def test_what_a_packed_chart_makes_is_counted(parent: Path) -> None:
    """Others write it: it is not for the findings."""
    cache = parent / "charts" / "cache"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(cache, "cache")
    for file in sorted(cache.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    cache.rmdir()
    (parent / "charts" / "cache-1.0.0.tgz").write_bytes(packed.getvalue())
    made = render(str(parent), {}, "r")
    assert list(objects(made)) == ["own"]
    assert made.counted.count("kind: ConfigMap") == 2
    (parent / "charts" / "cache-1.0.0.tgz").write_bytes(packed.getvalue()[:50])
    assert "cache (cache-1.0.0.tgz cannot be unpacked)" in render(str(parent), {}, "r").missing


def test_lines_are_those_of_the_template(tmp_path: Path) -> None:
    template = (
        "{{- /* two lines\nof remarks */}}\n"
        "{{- range .Values.names }}\n"
        "---\n"
        "apiVersion: v1\n"
        "kind: ConfigMap\n"
        "metadata:\n"
        "  name: {{ . }}\n"
        '  labels: {{- include "labels" $ | nindent 4 }}\n'
        "data:\n"
        "  {{- toYaml $.Values.data | nindent 2 }}\n"
        "{{- end }}\n"
    )
    helper = '{{ define "labels" -}}\na: b\nc: d\n{{- end }}'
    values = "names: [x1, x2]\ndata: {one: '1', two: '2'}\n"
    files = {"templates__a": template, "templates___h.tpl": helper}
    folder = chart(tmp_path / "sample", values, **files)
    made = render(str(folder), {}, "r")
    assert len(made.lines) == made.text.count("\n")
    file = str(folder / "templates" / "a.yaml")
    found = {
        text: line(made, text)[1] for text in ("name: x1", "name: x2", "c: d", "data:", "two:")
    }
    assert found == {"name: x1": 8, "name: x2": 8, "c: d": 9, "data:": 10, "two:": 11}
    assert line(made, "name: x2")[0] == file


def test_a_line_with_dashes_begins_a_document(tmp_path: Path) -> None:
    """As helm cuts what a template makes, also where the line goes on."""
    text = "{{ if true -}}\n---\n{{- end }}\napiVersion: v1\nkind: A\n---# of the second\nkind: B\n"
    made = render(str(chart(tmp_path / "sample", templates__a=text)), {}, "r")
    assert [one["kind"] for one in yaml.safe_load_all(made.text) if one] == ["A", "B"]
    assert len(made.lines) == made.text.count("\n")


def test_what_is_drawn_and_what_is_not_set(tmp_path: Path) -> None:
    template = (
        "password: {{ default (randAlphaNum 12) .Values.password }}\n"
        "token: {{ default (randAlphaNum 12) .Values.token }}\n"
        "host: models.{{ .Values.domain }}\n"
        'prefix: {{ .Values.prefix | default "none" }}\n'
    )
    values = "password: literal\ndomain: ''\nprefix: ''\n"
    made = render(str(chart(tmp_path / "sample", values, templates__a=template)), {}, "r")
    by_line = {made.lines[number - 1][1] for number in made.drawn}
    assert by_line == {2}
    assert {made.lines[number - 1][1] for number in made.unset} == {3}


def test_templates_see_files_and_each_other(tmp_path: Path) -> None:
    """A template that helm renders first may change the values of the others."""
    folder = chart(
        tmp_path / "sample",
        "size: 1\n",
        templates__zz_first='{{- $_ := set $.Values "size" 2 }}\n',
        templates__a=MAP.format(
            name="a",
            data="size: '{{ .Values.size }}', file: '{{ .Files.Get \"files/x.txt\" | trim }}', "
            "names: '{{ range $p, $_ := .Files.Glob \"files/*\" }}{{ base $p }}{{ end }}'",
        ),
        **{"files__x.txt": "seven\n"},
    )
    expected = {"size": "2", "file": "seven", "names": "x.txt"}
    assert objects(render(str(folder), {}, "r")) == {"a": expected}


def test_a_chart_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackgen.manifest.gotemplate.chart.MAX_FILES", 3)
    files = {f"templates__a{i}": "a: 1\n" for i in range(4)}
    with pytest.raises(UsageError, match="more or larger files"):
        render(str(chart(tmp_path / "sample", **files)), {}, "r")


def test_a_library_makes_nothing(tmp_path: Path) -> None:
    title = "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"
    with pytest.raises(UsageError, match="library"):
        render(str(chart(tmp_path / "lib", Chart=title)), {}, "r")
