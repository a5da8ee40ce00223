"""`stackgen expand`, and which release `lint` and `expand` take for meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from stackgen.cli.main import cli
from stackgen.errors import UsageError
from tests.sandbox import ROOT

SERVICE = """\
apiVersion: serving.kserve.io/{version}
kind: LLMInferenceService
metadata: {{name: qwen, namespace: serving}}
spec:
  model: {{uri: hf://Qwen/Qwen3-0.6B, name: qwen}}
  router: {{route: {{}}, gateway: {{}}, scheduler: {{}}}}
"""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), standalone_mode=False)


@pytest.fixture
def service(tmp_path: Path) -> str:
    file = tmp_path / "service.yaml"
    file.write_text(SERVICE.format(version="v1alpha1"), encoding="utf-8")
    return str(file)


def test_every_object_is_marked_as_predicted(service: str) -> None:
    done = invoke("expand", service, "--release", "llm-d-infra-xks-0.15")
    assert done.exit_code == 0 and done.stderr == ""
    documents = list(yaml.safe_load_all(done.stdout))
    assert len(documents) == 16
    for document in documents:
        assert document["metadata"]["annotations"]["stackgen.dev/predicted"] == "true"
    owner = (
        "# Predicted: KServe (llm-d-infra-xks-0.15) makes it for LLMInferenceService serving/qwen."
    )
    assert done.stdout.count(owner) == len(documents)


def test_the_same_input_gives_the_same_text(service: str) -> None:
    assert invoke("expand", service).stdout == invoke("expand", service).stdout


def test_as_json(service: str) -> None:
    done = invoke("expand", service, "--output-format", "json")
    listed = json.loads(done.stdout)
    assert listed["kind"] == "List"
    assert {i["kind"] for i in listed["items"]} >= {"Deployment", "HTTPRoute", "InferencePool"}


def test_an_environment_is_expanded_with_its_own_release() -> None:
    done = invoke("expand", "--env", "prod", "-C", str(ROOT))
    assert done.exit_code == 0 and done.stderr == ""
    assert "llm-d-infra-xks-0.15" in done.stdout


def test_without_a_release_the_choice_is_said(service: str) -> None:
    assert "judged by release kserve-0.21, the newest release" in invoke("expand", service).stderr
    assert "judged by release kserve-0.21" in invoke("lint", service).stderr
    named = invoke("lint", service, "--release", "odh-3.5")
    assert "judged by" not in named.stderr


def test_the_newest_that_serves_what_is_there(service: str) -> None:
    file = Path(service)
    model = (
        "---\napiVersion: inference.networking.x-k8s.io/v1alpha2\nkind: InferenceModel\n"
        "metadata: {name: qwen, namespace: serving}\n"
        "spec: {modelName: qwen, poolRef: {name: qwen}}\n"
    )
    file.write_text(file.read_text(encoding="utf-8") + model, encoding="utf-8")
    said = "llm-d-infra-xks-0.15, the newest that serves what is there"
    assert said in invoke("expand", service).stderr
    assert said in invoke("lint", service).stderr


def test_a_config_that_is_not_there_is_said(service: str) -> None:
    file = Path(service)
    file.write_text(file.read_text(encoding="utf-8") + "  baseRefs: [{name: tpu}]\n", "utf-8")
    assert "names tpu, which is not in the input" in invoke("expand", service).stderr


@pytest.mark.parametrize(
    "arguments", [[], ["service.yaml", "--env", "prod"], ["service.yaml", "--release", "odh-3.6"]]
)
def test_wrong_usage_is_said(arguments: list[str]) -> None:
    done = invoke("expand", *arguments)
    assert isinstance(done.exception, UsageError)


def test_a_release_without_a_controller_has_nothing_to_expand(service: str) -> None:
    done = invoke("expand", service, "--release", "llm-d-0.9")
    assert str(done.exception) == ("llm-d-0.9 has no KServe controller: there is nothing to expand")


def test_an_input_without_services_has_nothing_to_expand(tmp_path: Path) -> None:
    file = tmp_path / "account.yaml"
    file.write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n", "utf-8")
    done = invoke("expand", str(file))
    assert done.stdout == ""
    assert done.stderr == (
        "stackgen: the input has no service of KServe: there is nothing to expand\n"
    )
