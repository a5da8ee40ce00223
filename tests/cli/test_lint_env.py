"""`stackgen lint --env`: committed files are judged as `stackgen build` judges them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from stackgen.compiler import compile_environment
from stackgen.tree.render import files_of
from tests import sandbox
from tests.program import stackgen

STACKS = {
    "reference": sandbox.ROOT,
    **{
        case.name: case
        for case in sorted((sandbox.ROOT / "tests" / "cases" / "stacks").iterdir())
        if (case / "stack.yaml").exists()
    },
}
Finding = tuple[str, str]


def _copy(name: str, folder: Path) -> tuple[Path, list[str]]:
    """A copy of the stack with its rendered files, and its environments."""
    target = folder / "stack"
    skipped = shutil.ignore_patterns("facts.yaml", "out", ".git", "expected*")
    if name == "reference":
        sandbox.stack(target)
    else:
        shutil.copytree(STACKS[name], target, ignore=skipped)
    overlays = target / "overlays"
    envs = sorted(p.name for p in overlays.iterdir()) if overlays.exists() else ["default"]
    for env in envs:
        for file, content in files_of(compile_environment(str(target), env, prove=False)).items():
            path = target / "out" / env / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return target, envs


def _found(run_out: str) -> set[Finding]:
    report: dict[str, Any] = json.loads(run_out)
    return {(f["rule"], f["severity"]) for f in report["findings"] if not f.get("suppressed")}


@pytest.mark.parametrize("name", STACKS)
def test_what_is_rendered_has_no_finding_that_the_build_has_not(name: str, tmp_path: Path) -> None:
    folder, envs = _copy(name, tmp_path)
    for env in envs:
        form = ("--output-format", "json", "--fail-on", "info")
        built = stackgen("build", "--check", "--env", env, *form, cwd=folder)
        linted = stackgen("lint", "--env", env, *form, f"out/{env}", cwd=folder)
        assert _found(linted.out) <= _found(built.out), name


def test_an_edited_file_is_judged_as_it_stands(tmp_path: Path) -> None:
    folder, _ = _copy("reference", tmp_path)
    file = folder / "out" / "prod" / "4-serving" / "llminferenceservice-qwen2-3b-pattern1.yaml"
    file.write_text(file.read_text().replace("runAsNonRoot: true", "runAsNonRoot: false"))
    run = stackgen("lint", "--env", "prod", "out/prod", cwd=folder)
    assert run.code == 1
    assert "error[pods-run-as-non-root]" in run.out
    # What is not edited is accepted as in stack.yaml.
    assert "gateway-no-public-http" not in run.out


def test_a_remark_in_the_spec_and_a_path_of_the_config_count(tmp_path: Path) -> None:
    folder, _ = _copy("reference", tmp_path)
    spec = folder / "stack.yaml"
    text = spec.read_text()
    start, end = (
        text.index("    - rule: gateway-no-public-http"),
        text.index("    - rule: supply-i"),
    )
    text = text[:start] + text[end:]
    listener = "      - {name: http, port: 80}"
    remarks = "gateway-no-public-http, gateway-authentication"
    spec.write_text(text.replace(listener, f"{listener}  # stackgen: ignore[{remarks}] a lab"))
    for arguments in (("build", "--check"), ("lint", "--env", "prod", "out/prod")):
        run = stackgen(*arguments, cwd=folder)
        assert "gateway-no-public-http" not in run.out, run.out


def test_the_release_is_that_of_the_stack(tmp_path: Path) -> None:
    folder, _ = _copy("reference", tmp_path)
    run = stackgen("lint", "--env", "prod", "out/prod", cwd=folder)
    assert "judged by release" not in run.err
    other = stackgen("lint", "--env", "prod", "--release", "odh-3.5", "out/prod", cwd=folder)
    assert (other.code, other.out) == (2, "")
    assert "--env names the release of stack.yaml" in other.err


def test_from_elsewhere_with_the_folder_of_the_stack(tmp_path: Path) -> None:
    folder, _ = _copy("reference", tmp_path)
    run = stackgen("lint", "-C", "stack", "--env", "prod", "stack/out/prod", cwd=tmp_path)
    assert run.code == 0 and run.out.startswith("no findings")
    assert folder.name == "stack"


@pytest.mark.parametrize(("env", "said"), [("prd", "no environment 'prd'"), ("../x", "no environ")])
def test_an_environment_that_is_none_is_said(env: str, said: str, tmp_path: Path) -> None:
    folder, _ = _copy("reference", tmp_path)
    run = stackgen("lint", "--env", env, "out", cwd=folder)
    assert (run.code, run.out) == (2, "")
    assert said in run.err
