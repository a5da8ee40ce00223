"""Charts in archives: read like folders, within bounds."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from stackgen.manifest import chart_reads, helm
from stackgen.manifest.yaml_in import parse

FILES = {
    "redis/Chart.yaml": "name: redis\n",
    "redis/values.yaml": "port: 6379\n",
    "redis/templates/a.yaml": "port: {{ .Values.port }}\n",
}


def packed(file: Path, files: dict[str, str]) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return str(file)


def unread(chart: Path, values: str) -> list[str]:
    (document,) = parse(values, "values.yaml")
    return [problem.message for problem in helm.value_problems(str(chart), document)]


def test_values_of_a_packed_dependency_are_compared(tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    packed(chart / "charts" / "redis-1.0.0.tgz", FILES)
    (chart / "Chart.yaml").write_text(
        "name: chart\ndependencies: [{name: redis, version: 1.0.0}]\n"
    )
    (chart / "templates").mkdir()
    (chart / "templates" / "a.yaml").write_text("a: {{ .Values.model }}\n")
    assert unread(chart, "model: a\nredis: {port: 1}\n") == []
    (said,) = unread(chart, "model: a\nredis: {prt: 1}\n")
    assert said.startswith("no template of the chart reads redis.prt")


def test_an_object_of_any_keys_takes_those_that_no_template_names(tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: chart\n")
    (chart / "values.yaml").write_text("config: {Hub: {admin: true}}\n")
    (chart / "templates" / "a.yaml").write_text(
        "a: {{ .Values.config.Hub.admin }}\nb: {{ .Values | toYaml }}\n"
    )
    values = "config: {Dummy: {a: 1}}\n"
    assert unread(chart, values)
    (chart / "values.schema.json").write_text(
        '{"properties": {"config": {"type": "object", "additionalProperties": true}}}'
    )
    assert unread(chart, values) == []


@pytest.mark.parametrize(
    "files", [{"../out.yaml": "a: 1\n"}, {"/etc/out.yaml": "a: 1\n"}, {"chart/../../out.yaml": "a"}]
)
def test_nothing_is_written_outside(tmp_path: Path, files: dict[str, str]) -> None:
    with chart_reads.unpacked(packed(tmp_path / "a.tgz", files)) as folder:
        assert folder == ""
    assert [file.name for file in tmp_path.rglob("*")] == ["a.tgz"]


def test_archives_that_are_broken_or_too_large_are_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.tgz"
    broken.write_bytes(b"\x1f\x8b no archive")
    with chart_reads.unpacked(str(broken)) as folder:
        assert folder == ""
    whole = packed(tmp_path / "redis.tgz", FILES)
    monkeypatch.setattr(chart_reads, "MAX_MEMBERS", 2)
    with chart_reads.unpacked(whole) as folder:
        assert folder == ""
