"""`stackgen benchmark job`: accepted by the checks, allowed by the policies, and pinned."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from stackgen.benchmark.results import tools
from stackgen.manifest.yaml_in import parse
from tests import sandbox
from tests.program import Run, stackgen

CASES = sandbox.ROOT / "tests" / "cases" / "stacks"


def printed(name: str, tmp_path: Path, *options: str) -> Run:
    shutil.copytree(CASES / name, tmp_path, dirs_exist_ok=True)
    return stackgen("benchmark", "job", *options, cwd=tmp_path)


def objects(text: str) -> dict[str, Any]:
    return {one.data["kind"]: one.data for one in parse(text, "job")}


def test_the_job_asks_through_the_gateway_as_clients_do() -> None:
    run = stackgen("benchmark", "job", "--env", "prod", cwd=sandbox.ROOT)
    assert (run.code, run.err) == (0, "")
    found = objects(run.out)
    (config,) = parse(found["ConfigMap"]["data"]["config.yml"], "config")
    server = config.data["server"]
    assert server["base_url"] == (
        "http://inference-gateway-istio.opendatahub:80/llm-d-inference-scheduling/qwen2-3b-pattern1"
    )
    assert server["model_name"] == "Qwen/Qwen2.5-3B-Instruct"
    assert config.data["api"]["streaming"] is True  # time to first token needs it
    (container,) = found["Job"]["spec"]["template"]["spec"]["containers"]
    assert (
        "@sha256:" in container["image"]
        and container["image"] == tools()["inference-perf"]["image"]
    )
    ports = [p["port"] for rule in found["NetworkPolicy"]["spec"]["egress"] for p in rule["ports"]]
    assert ports == [53, 53, 80, 443]


@pytest.mark.parametrize("name", ["minimal", "two-models", "sidecars", "open-network"])
def test_the_objects_pass_the_checks(name: str, tmp_path: Path) -> None:
    model = ("--model", "qwen") if name != "two-models" else ("--model", "small")
    run = printed(name, tmp_path, *model)
    if run.code == 2 and "there is no model" in run.err:
        pytest.fail(run.err)
    assert run.code == 0, run.err
    (tmp_path / "job.yaml").write_text(run.out)
    linted = stackgen(
        "lint", "--profile", "production", "--ignore", "net-default-deny", "job.yaml", cwd=tmp_path
    )
    assert linted.code == 0, linted.out
    assert ("NetworkPolicy" in objects(run.out)) == (name != "open-network")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "qwem"), "did you mean"),
        (("--prompt", "30000"), "do not fit into the 32768"),
        (("--rate", "0"), "Invalid value"),
    ],
)
def test_a_load_that_cannot_be_is_rejected(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    run = printed("minimal", tmp_path, *options)
    assert (run.code, run.out) == (2, "")
    assert said in run.err


def test_a_gateway_that_a_job_cannot_reach_is_said(tmp_path: Path) -> None:
    text = (CASES / "gke-gateway" / "stack.yaml").read_text()
    lines = [line for line in text.splitlines(keepends=True) if "name: https" not in line]
    (tmp_path / "stack.yaml").write_text("".join(lines))
    run = stackgen("benchmark", "job", cwd=tmp_path)
    assert run.code == 2
    assert "is not known inside the cluster" in run.err or "has errors" in run.err


def test_a_gateway_that_needs_a_token_is_said(tmp_path: Path) -> None:
    run = printed("public-https", tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "gateway.authentication is set, and the benchmark has no token" in run.err


def test_with_several_models_one_is_named(tmp_path: Path) -> None:
    run = printed("two-models", tmp_path)
    assert run.code == 2 and "name the model with --model" in run.err
