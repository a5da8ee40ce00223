"""Shards find what one run finds, and `merge` makes the report of that run of theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.errors import UsageError
from tests.growth.manifests import manifests
from tests.stacks import ROOT

FORMATS = ("json", "sarif", "junit")
MANY = 3


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert done.exception is None, done.exception
    return done.return_value, done.stdout


def reports(folder: Path, name: str, *arguments: str) -> int:
    """The exit code of a run that writes each format into `folder`."""
    outputs = (f"--output={form}={folder / name}.{form}" for form in FORMATS)
    return call(*arguments, *outputs)[0]


def merged(folder: Path, form: str, *options: str) -> tuple[int, str]:
    return call("merge", *options, *(str(folder / f"{n}.{form}") for n in range(1, MANY + 1)))


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of three shards, and of one run."""
    folder = tmp_path_factory.mktemp("linted")
    for file, data in manifests(1, "together"):
        path = folder / "in" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
    lint = ("lint", str(folder / "in"), "--no-cache")
    assert reports(folder, "whole", *lint) == 1
    for number in range(1, MANY + 1):
        assert reports(folder, str(number), *lint, "--shard", f"{number}/{MANY}") in (0, 1)
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_merged_shards_of_lint_are_one_run(form: str, linted: Path) -> None:
    assert merged(linted, form) == (1, (linted / f"whole.{form}").read_text())


def test_each_shard_has_a_part_of_the_findings(linted: Path) -> None:
    whole = json.loads((linted / "whole.json").read_text())
    parts = [json.loads((linted / f"{n}.json").read_text()) for n in range(1, MANY + 1)]
    counts = [len(part["findings"]) for part in parts]
    assert all(0 < count < len(whole["findings"]) for count in counts)
    assert sum(p["summary"]["documents"] for p in parts) == whole["summary"]["documents"]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack with two environments, of which one is rendered, and an empty third shard."""
    folder = tmp_path_factory.mktemp("fleet")
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    (folder / "stack.yaml").write_text(text, encoding="utf-8")
    for env in ("a", "b"):
        overlay = folder / "overlays" / env
        overlay.mkdir(parents=True)
        (overlay / "stack.yaml").write_text(f"spec: {{cluster: {{project: project-{env}}}}}\n")
    build = ("build", "-C", str(folder), "--check", "--no-cache")
    assert reports(folder, "whole", *build) == 1
    codes = [reports(folder, str(n), *build, "--shard", f"{n}/{MANY}") for n in range(1, MANY + 1)]
    assert sorted(codes) == [0, 1, 1]
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_merged_shards_of_build_are_one_run(form: str, fleet: Path) -> None:
    assert merged(fleet, form) == (1, (fleet / f"whole.{form}").read_text())


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_the_threshold_decides_on_the_exit_code(form: str, tmp_path: Path) -> None:
    pod = "metadata: {name: a, namespace: b}\nspec: {containers: [{name: c, image: d}]}"
    (tmp_path / "a.yaml").write_text(f"apiVersion: v1\nkind: Pod\n{pod}\n")
    reports(tmp_path, "1", "lint", str(tmp_path / "a.yaml"), "--no-cache", "--select", "policy")
    file = str(tmp_path / f"1.{form}")
    assert call("merge", file)[0] == 0
    assert call("merge", "--fail-on", "info", file)[0] == 1


JSON = '{"version": 1, "findings": [], "summary": {"documents": 1}}'


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["{}"], "not a report in JSON, SARIF or JUnit"),
        (["[1]"], "not a report in JSON, SARIF or JUnit"),
        (["{"], "JSON"),
        (['{"findings": [{}]}'], "no json reports"),
        (['{"version": 1, "findings": 3}'], "no json reports"),
        ([JSON, JSON.replace("1", "2", 1)], "versions differ"),
        (['{"runs": []}'], "no sarif reports"),
        (['{"runs": [{"tool": {"driver": {"name": "x"}}}]}'], "no sarif reports"),
        ([JSON, "<testsuites/>"], "several formats: json, junit"),
        (["<a"], "not a JUnit report"),
        (["<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"], "not a JUnit report"),
        (["<testsuites name='x'/>"], "no junit reports"),
        (["<testsuites name='stackgen'><s><c/></s></testsuites>"], "no junit reports"),
    ],
)
def test_what_is_no_report_is_unusable(texts: list[str], reason: str, tmp_path: Path) -> None:
    files = []
    for number, text in enumerate(texts):
        files.append(str(tmp_path / str(number)))
        Path(files[-1]).write_text(text)
    done = CliRunner().invoke(cli, ["merge", *files], standalone_mode=False)
    assert reason in str(done.exception)
    assert isinstance(done.exception, UsageError)


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "1/0", "a/b", "1/99999", "-1/2", "01/2"])
def test_a_shard_is_one_of_several(shard: str) -> None:
    done = CliRunner().invoke(cli, ["lint", "x", "--shard", shard], standalone_mode=False)
    assert "is not I/N" in str(done.exception)
