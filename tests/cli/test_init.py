"""`stackgen init` as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.program import stackgen, state

FILES = {
    ".pre-commit-config.yaml",
    ".schemas/overlay.schema.json",
    ".schemas/stack.schema.json",
    "README.md",
    *(
        f"bootstrap/{env}/{name}"
        for env in ("dev", "prod")
        for name in ("stackgen.lock", "verify.sh")
    ),
    "overlays/dev/stack.yaml",
    "overlays/prod/stack.yaml",
    "stack.yaml",
}
NEXT = (
    "\nNext: stackgen build{0}\nReview: stackgen report{0}\n"
    "  writes the requests, cost, network, rollout and findings as one page\n"
    "Then: stackgen bootstrap --env prod{0}\n"
    "  writes every command from the project to the first request\n"
)
CI = {"github": {".github/workflows/stackgen.yml"}, "gitlab": {".gitlab-ci.yml"}, "none": set()}


def _files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("ci", CI)
def test_it_writes_a_stack_that_builds(ci: str, tmp_path: Path) -> None:
    run = stackgen("init", "--ci", ci, cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    written = FILES | CI[ci]
    assert _files(tmp_path) == written
    assert all(f"  {name}\n" in run.out for name in written)
    assert run.out.endswith(NEXT.format(""))
    readme = (tmp_path / "README.md").read_text()
    assert {n for names in CI.values() for n in names if n in readme} == CI[ci]
    assert "{ci}" not in readme
    build = stackgen("build", cwd=tmp_path)
    assert build.code == 0
    assert stackgen("build", "--check", cwd=tmp_path).code == 0


def test_it_says_which_lines_are_the_owners_to_change(tmp_path: Path) -> None:
    run = stackgen("init", "platform", cwd=tmp_path)
    places = re.findall(r"^  (platform/\S+:\d+) +\S", run.out, flags=re.MULTILINE)
    assert len(places) > 4
    for place in places:
        file, _, line = place.rpartition(":")
        assert "# change: " in (tmp_path / file).read_text().splitlines()[int(line) - 1]
    assert run.out.endswith(NEXT.format(" -C platform"))


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "overlays").symlink_to(tmp_path)
    before = state(tmp_path)
    run = stackgen("init", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        "stackgen: these files already exist:\n"
        "  README.md\n"
        "  overlays/dev/stack.yaml\n"
        "  overlays/prod/stack.yaml\n"
        "Nothing was written. Name another folder, or keep them with --keep.\n"
    )
    assert state(tmp_path) == before


def test_keep_adds_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    run = stackgen("init", "--keep", "--ci", "none", cwd=tmp_path)
    assert run.code == 0
    assert "README.md" not in run.out
    assert (tmp_path / "README.md").read_text() == "mine"
    assert _files(tmp_path) == FILES
    before = state(tmp_path)
    again = stackgen("init", "--keep", "--ci", "none", cwd=tmp_path)
    assert (again.code, "nothing: every file already exists" in again.out) == (0, True)
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--pattern", "singel"),
            "no pattern of xks is called 'singel'; did you mean \"single\"?",
        ),
        (("file",), "file: is not a folder"),
        (("file/below",), "file/below: cannot be written: Not a directory"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    before = state(tmp_path)
    run = stackgen("init", *arguments, cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert "Traceback" not in run.err
    assert state(tmp_path) == before


def test_verify_sh_is_that_of_bootstrap_which_writes_it_again(tmp_path: Path) -> None:
    assert stackgen("init", cwd=tmp_path).code == 0
    script = tmp_path / "bootstrap" / "prod" / "verify.sh"
    first = script.read_text()
    assert "write it again: stackgen bootstrap --env prod\n" in first
    assert stackgen("bootstrap", "--env", "prod", cwd=tmp_path).code == 0
    assert script.read_text() == first
    assert stackgen("bootstrap", "--env", "prod", "--check", cwd=tmp_path).code == 0
    spec = tmp_path / "stack.yaml"
    spec.write_text(spec.read_text().replace("namespace: models", "namespace: llms"))
    stale = stackgen("bootstrap", "--env", "prod", "--check", cwd=tmp_path)
    assert (stale.code, "bootstrap/prod/verify.sh: differs\n" in stale.out) == (1, True)
    assert script.read_text() == first
    assert stackgen("bootstrap", "--env", "prod", cwd=tmp_path).code == 0
    again = script.read_text()
    assert "/llms/qwen/v1/models" in again and "/models/qwen/v1/models" not in again


def test_of_a_stack_that_is_kept_bootstrap_writes_verify_sh(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text("mine")
    assert stackgen("init", "--keep", cwd=tmp_path).code == 0
    assert not (tmp_path / "bootstrap").exists()


def test_what_it_writes_is_yaml(tmp_path: Path) -> None:
    for ci in CI:
        stackgen("init", "--keep", "--ci", ci, cwd=tmp_path)
    names = [n for n in _files(tmp_path) if n.endswith((".yaml", ".yml"))]
    assert len(names) == 6
    for name in names:
        assert isinstance(yaml.safe_load((tmp_path / name).read_text()), dict), name


def test_it_says_which_files_belong_to_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    run = stackgen("init", "teams/llm", cwd=tmp_path)
    assert "folder teams/llm of a repository" in run.out
    assert "spec.delivery.path to teams/llm/out" in run.out
    assert "them -C teams/llm:\n\n  teams/llm/.github/workflows/stackgen.yml\n" in run.out
    # At the top itself, or without a repository, there is nothing to say.
    assert "of a repository" not in stackgen("init", cwd=tmp_path).out


MODEL = ("--model", "Qwen/Qwen3-8B", "--project", "acme-prod", "--zone", "us-east5-b")


def test_a_stack_from_a_model_builds_without_findings(tmp_path: Path) -> None:
    run = stackgen("init", ".", *MODEL, "--domain", "llm.example.com", "--ci", "none", cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("hf://Qwen/Qwen3-8B on v6e 1x1, in us-east5-b: the cheapest TPU ")
    assert re.search(r"^Cost of prod: [0-9,]+ to [0-9,]+ USD a day\.$", run.out, re.MULTILINE)
    assert _files(tmp_path) == FILES
    build = stackgen("build", cwd=tmp_path)
    assert (build.code, build.out.split(" in ")[0]) == (0, "no findings")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (MODEL[:4], "stackgen: --model needs --zone\n"),
        (
            MODEL[2:],
            "stackgen: --project needs --model; a pattern has values of its own to change\n",
        ),
        ((*MODEL, "--email", "a@b.c"), "stackgen: --email is for the certificates of --domain\n"),
        (
            (*MODEL, "--platform", "kserve", "--domain", "a.b"),
            "stackgen: --domain needs --email with --platform kserve: ",
        ),
        ((*MODEL, "--pattern", "single"), "stackgen: --pattern and --model exclude each other\n"),
        ((*MODEL, "--config", "c.json"), "stackgen: c.json: not found"),
    ],
)
def test_options_that_do_not_belong_together(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    run = stackgen("init", *arguments, cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(said)
    assert _files(tmp_path) == set()


def test_a_terminal_is_asked(tmp_path: Path) -> None:
    answers = "Qwen/Qwen3-8B\nacme-prod\nus-east5-b\n\n"
    primary, secondary = os.openpty()
    os.write(primary, answers.encode())
    done = subprocess.run(
        [sys.executable, "-m", "stackgen", "init"],
        cwd=tmp_path, stdin=secondary, stdout=secondary, stderr=subprocess.PIPE, check=False,
        timeout=60,
    )  # fmt: skip
    os.close(secondary)
    os.close(primary)
    assert done.returncode == 0
    assert done.stderr.decode() == (
        "Model (ORG/NAME of Hugging Face; empty for an example): Google Cloud project: "
        "Zone with TPUs or GPUs: Host name for HTTPS (empty for plain HTTP): "
    )
    assert "model: hf://Qwen/Qwen3-8B\n" in (tmp_path / "stack.yaml").read_text()
