"""`verify.sh`: what it runs, and what it says when a step does not hold."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.bootstrap.test_files import STACKS, made_by
from tests.bootstrap.test_scripts import made_with

# Stand-ins: they answer as a cluster that works. BROKEN names a command part that fails.
STUB = """\
#!/usr/bin/env bash
[ -z "${BROKEN:-}" ] || case "$*" in *"$BROKEN"*) exit 1 ;; esac
case "$0 $*" in
  *port-forward*) echo 'Forwarding from 127.0.0.1:40000 -> 9090'; exec sleep 30 ;;
  *.data.token*) printf 'YS10b2tlbg==' ;;
  *curl*40000/metrics*) [ "$(cat)" = 'header = "Authorization: Bearer a-token"' ] || exit 1
    for m in $PICKER; do echo "$m 1"; done ;;
  *curl*stream*) echo 'data: [DONE]' ;;
  *curl*completions*) echo '{"choices": [{"text": "4"}]}' ;;
  *curl*models*) printf '%s\\n' "$MODELS" ;;
  *addresses*) printf 192.0.2.7 ;;
  *"tpu-v6e-slice"*) ;;
  *allocatable*) printf '4 4' ;;
  *parents*) printf 'True' ;;
  *jsonpath*) printf some-pod ;;
  *--raw*15020*) echo 'istio_requests_total{} 3' ;;
  *--raw*) for m in $METRICS; do echo "$m{} 0"; done ;;
  *) echo "$*" ;;
esac
"""
METRICS = " ".join((
    "vllm:num_requests_waiting", "vllm:num_requests_running", "vllm:time_to_first_token_seconds",
    "vllm:e2e_request_latency_seconds",
))  # fmt: skip
PICKER = "inference_pool_ready_pods inference_objective_request_total"
MODELS = '{"data": [{"id": "Qwen/Qwen2.5-3B-Instruct"}]}'


def run(tmp_path: Path, broken: str = "") -> subprocess.CompletedProcess[str]:
    (tmp_path / "verify.sh").write_text(made_by("flux")["verify.sh"], encoding="utf-8")
    for name in ("kubectl", "curl"):
        stub = tmp_path / "bin" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(STUB, encoding="utf-8")
        stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "verify.sh"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={
            **os.environ, "PATH": path, "BROKEN": broken, "MODELS": MODELS, "METRICS": METRICS,
            "PICKER": PICKER,
        },
    )  # fmt: skip


def test_a_cluster_that_works_passes_each_step(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "FAILED" not in done.stdout and done.stdout.endswith("\n0 steps failed\n")
    assert "inference_pool_ready_pods 1" in done.stdout
    assert "a-token" not in done.stdout and "YS10b2" not in done.stdout
    for seen in ("a list with Qwen/Qwen2.5-3B-Instruct", "then [DONE]", "condition Programmed"):
        assert seen in done.stdout


@pytest.mark.parametrize(
    "broken",
    [
        "v1/models",
        "stream",
        "condition=Programmed",
        "HTTPRoute",
        "addresses",
        "--raw",
        "allocatable",
        "Accepted",
        "ResolvedRefs",
        "15020",
        "port-forward",
        "data.token",
        "40000/metrics",
    ],
)
def test_what_does_not_hold_is_a_failed_step(broken: str, tmp_path: Path) -> None:
    done = run(tmp_path, broken)
    assert done.returncode == 1
    assert "   FAILED\n" in done.stdout


@pytest.mark.parametrize("name", STACKS)
def test_it_only_reads(name: str) -> None:
    text = made_by(name)["verify.sh"]
    verbs = set()
    for line in text.replace("$(", "\n").splitlines():
        if line.startswith(("step ", "kubectl ")):
            words = shlex.split(line.rstrip(")"))
            verbs |= {words[i + 1] for i, word in enumerate(words) if word == "kubectl"}
    assert verbs <= {"get", "wait", "port-forward"} and verbs
    assert "--request" not in text and " -X" not in text


def test_without_monitors_the_metrics_of_pickers_are_not_checked_and_it_says_so() -> None:
    text = made_with({"observe": {"engine": "none"}})["verify.sh"]
    assert "metrics of endpoint pickers: not checked. They need a token" in text
    assert "picker()" not in text


def test_monitors_of_the_prometheus_operator_are_read_too() -> None:
    text = made_with({"observe": {"engine": "prometheus-operator"}})["verify.sh"]
    mine = made_by("flux")["verify.sh"]
    assert text.partition("\npicker()")[2] == mine.partition("\npicker()")[2] != ""
    assert "istio_requests_total" in text


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", STACKS)
def test_shellcheck_agrees(name: str, tmp_path: Path) -> None:
    file = tmp_path / "verify.sh"
    file.write_text(made_by(name)["verify.sh"], encoding="utf-8")
    done = subprocess.run(["shellcheck", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
