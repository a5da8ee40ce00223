"""An upgrade of a stack and of manifests, in its three formats."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.cli.upgrade import _fix as fix
from stackgen.compiler import read_inputs
from stackgen.findings.pipeline import Options
from stackgen.findings.rules import all_rules
from stackgen.findings.select import selection
from stackgen.report import formats, upgrade_json, upgrade_markdown, upgrade_text
from stackgen.report.style import Style
from stackgen.upgrade.model import Upgrade
from stackgen.upgrade.run import of_stack
from tests.sandbox import ROOT

PICKER = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: picker, namespace: serving}
data:
  config.yaml: |
    apiVersion: llm-d.ai/v1alpha1
    kind: EndpointPickerConfig
    featureGates: [dataLayer]
    plugins:
    - type: queue-scorer
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: slow, namespace: serving}
spec:
  groups:
  - name: slow
    rules:
    - alert: Slow
      expr: histogram_quantile(0.9, rate(vllm:time_per_output_token_seconds_bucket[5m])) > 1
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: picker, namespace: serving}
spec:
  selector: {matchLabels: {app: picker}}
  template:
    metadata: {labels: {app: picker}}
    spec:
      volumes: [{name: config, configMap: {name: picker}}]
      containers:
      - name: picker
        image: ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.9.0@sha256:%s
        args: [--pool-name=qwen, --config-file=/config.yaml, --model-server-metrics-port=8000]
        volumeMounts: [{name: config, mountPath: /config}]
""" % ("0" * 64)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, [*arguments], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return int(done.return_value), done.stdout


def schema_problems(data: Any) -> list[str]:
    def retrieve(uri: str) -> Any:
        return json.loads((ROOT / "docs" / uri.rpartition("/")[2]).read_text(encoding="utf-8"))

    validator = jsonschema_rs.Draft202012Validator(
        retrieve("upgrade.schema.json"), retriever=retrieve, validate_formats=True
    )
    return [error.message for error in validator.iter_errors(data)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("stack") / "s"
    done = CliRunner().invoke(cli, ["init", str(folder)])
    assert done.exit_code == 0, done.output
    return str(folder)


def tried(stack: str, to: str) -> Upgrade:
    """The upgrade of one environment, with few rules: each is tested where it is."""
    options = Options(selection(all_rules(), ("spec", "schema")))
    inputs = read_inputs(stack, ("prod",))
    old, new = (inputs.repository.catalog.release(name) for name in ("llm-d-infra-xks-0.15", to))
    assert old is not None and new is not None
    return of_stack(stack, "prod", old, new, inputs, options, date(2026, 11, 29))


@pytest.fixture(scope="module")
def upgrade(stack: str) -> Upgrade:
    return tried(stack, "llm-d-0.9")


@pytest.fixture(scope="module")
def upgraded(upgrade: Upgrade) -> dict[str, Any]:
    data = json.loads(upgrade_json.render([upgrade], Style()))
    assert schema_problems(data) == []
    (found,) = data["upgrades"]
    return dict(found)


def test_the_stack_is_rendered_for_both_releases(upgraded: dict[str, Any]) -> None:
    (review,) = upgraded["review"]["reviews"]
    assert (review["old"], review["new"]) == ("llm-d-infra-xks-0.15", "llm-d-0.9")
    actions = {(c["action"], (c["new"] or c["old"])["kind"]) for c in review["changes"]}
    assert {("removed", "LLMInferenceService"), ("added", "InferencePool")} <= actions
    assert review["rollouts"]


def test_the_text_tells_objects_rollout_and_edits(upgrade: Upgrade) -> None:
    for text in (
        upgrade_text.render([upgrade], Style()),
        upgrade_markdown.render([upgrade], Style()),
    ):
        assert "Breaks, used here (1)" in text
        assert "Breaks, and the new rendering follows" in text
        assert "Objects: " in text and "; risk high" in text
        assert "ollout of workload-cluster: " in text
        assert "stack.yaml: spec.release: llm-d-0.9" in text
        assert "1 breaking change here, 0 errors and 0 warnings by the checks, 1 edit" in text


def test_what_the_new_rendering_follows_is_nothing_to_do(upgraded: dict[str, Any]) -> None:
    concerns = {change["id"]: change["concern"] for change in upgraded["changes"]}
    assert concerns["metrics.epp_requests"] == "rendered"
    assert concerns["platform"] == "yes"


def test_the_edit_is_shown_and_written(stack: str, upgrade: Upgrade) -> None:
    spec = Path(stack, "stack.yaml")
    before = spec.read_text(encoding="utf-8")
    assert fix([upgrade], stack, show=True, color="never") == 1
    assert spec.read_text(encoding="utf-8") == before
    assert fix([upgrade], stack, show=False, color="never") == 0
    after = spec.read_text(encoding="utf-8")
    spec.write_text(before, encoding="utf-8")
    assert after == before.replace("llm-d-infra-xks-0.15", "llm-d-0.9") != before


def test_a_release_for_lint_alone_judges_what_is_rendered_now(stack: str) -> None:
    found = tried(stack, "kserve-0.20")
    assert (found.review, found.edits, found.blocked) == (None, (), True)
    assert "stacks are not rendered for kserve-0.20" in found.notes
    used = {one.change.id for one in found.breaking}
    assert {"controller.tls", "controller.namespace", "kserve/0.17/storage-version"} <= used


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("manifests") / "picker.yaml"
    file.write_text(PICKER, encoding="utf-8")
    return str(file)


def test_manifests_are_judged_by_the_programs_of_the_new_release(manifests: str) -> None:
    code, text = run("lint", "--release", "llm-d-0.8", "--upgrade-to", "llm-d-0.9", manifests,
                     "--output-format", "json")  # fmt: skip
    found = {(f["rule"], f["message"].partition(";")[0]) for f in json.loads(text)["findings"]}
    assert code == 1
    picker = "the endpoint picker of llm-d 0.10.0 has no"
    assert ("picker-flag-unknown", f"{picker} flag --model-server-metrics-port") in found
    assert ("picker-config", f"{picker} feature gate dataLayer (featureGates[0])") in found
    # The image of the new release is not part of the input, so that nothing is said of it.
    assert not any("image" in rule for rule, _ in found)


def test_a_query_for_a_metric_that_is_gone_is_found_without_its_program(manifests: str) -> None:
    _, text = run("lint", "--release", "llm-d-infra-xks-0.15", "--upgrade-to", "llm-d-0.9",
                  manifests, "--output-format", "json")  # fmt: skip
    found = {(f["rule"], f["locations"][0]["object"]["name"]) for f in json.loads(text)["findings"]}
    assert ("metric-name-unknown", "slow") in found


def test_an_upgrade_to_the_same_release_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "picker.yaml"
    file.write_text(PICKER.replace("v0.9.0", "v0.10.0"), encoding="utf-8")
    code, text = run("lint", "--release", "llm-d-0.9", "--upgrade-to", "llm-d-0.9", str(file))
    assert code == 0
    assert text == "no findings in 3 documents\n"
    # An image of another release is a finding of lint, and none of an upgrade that changes nothing.
    file.write_text(PICKER, encoding="utf-8")
    code, text = run("upgrade", "--from", "llm-d-0.9", "--to", "llm-d-0.9", str(file))
    assert code == 0
    assert "0 errors and 0 warnings by the checks" in text


def test_the_formats_are_those_of_a_report() -> None:
    assert formats("upgrade") == ("text", "json", "markdown")


def test_two_releases_alone_are_compared(tmp_path: Path) -> None:
    arguments = ("upgrade", "--from", "llm-d-0.8", "--to", "llm-d-0.9", "-C", str(tmp_path))
    code, text = run(*arguments)
    assert code == 0
    assert text.startswith("llm-d-0.8 -> llm-d-0.9\n\nBreaks (")
    told = "help: Remove the queue from the configuration."
    assert f"{told}\n    source: llm-d/llm-d-router#1690, 2026-11-29" in text
    code, text = run(*arguments, "--output-format", "markdown")
    assert text.startswith("### llm-d-0.8 to llm-d-0.9\n")
    assert (
        "| llm-d-router 0.10: the queue MaxMinHeap of flow control is now PriorityQueue, and the "
        "configuration no longer names one | " in text
    )
    code, text = run(*arguments, "--output-format", "json")
    assert schema_problems(json.loads(text)) == []
