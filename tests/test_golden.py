"""What is rendered, to the letter: the committed out/, and three stacks that differ most from it.

A stack is a folder of tests/cases/stacks. The out.txt of a whole stack holds every file that it
renders (but the lock, which only repeats their hashes). Of all stacks these three bring most of
what out/ does not show: a load balancer of Google with an endpoint picker of ours, groups of hosts,
and GPUs. What the others render is asserted as facts: tests/layers/test_stacks.py.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stackgen.compiler import compile_environment, environments
from stackgen.tree.compare import Changes, compare, left_over
from stackgen.tree.lock import NAME
from stackgen.tree.render import files_of
from tests.program import stackgen
from tests.stacks import ROOT

STACKS = Path(__file__).parent / "cases" / "stacks"
NAMES = sorted(folder.name for folder in STACKS.iterdir() if folder.is_dir())
WHOLE = ("gke-gateway", "multi-host", "tpu-and-gpu")


@pytest.mark.parametrize("env", environments(str(ROOT)))
def test_the_committed_output_is_what_the_reference_stack_renders(env: str) -> None:
    files = files_of(compile_environment(str(ROOT), env, prove=False))
    assert compare(str(ROOT / "out" / env), files) == Changes(), "run: stackgen build"


def test_nothing_else_is_committed_as_output() -> None:
    assert left_over(str(ROOT / "out"), environments(str(ROOT))) == []
    for env in environments(str(ROOT)):
        folder = ROOT / "out" / env
        listed = json.loads((folder / NAME).read_text())["files"]
        found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        assert found == {*listed, NAME}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_stack_renders_as_it_did(name: str, golden: Callable[[Path, str], None]) -> None:
    (env,) = environments(str(STACKS / name))
    files = files_of(compile_environment(str(STACKS / name), env, prove=False))
    text = "".join(
        f"=== {file}\n{content.decode()}" for file, content in files.items() if file != NAME
    )
    golden(STACKS / name / "out.txt", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_is_built_without_errors(name: str, tmp_path: Path) -> None:
    shutil.copytree(STACKS / name, tmp_path, dirs_exist_ok=True)
    run = stackgen("build", "--output-format", "json", cwd=tmp_path)
    findings = [f for f in json.loads(run.out)["findings"] if not f["suppressed"]]
    # Digests and revisions cannot be known offline, and some stacks have no pull secret. All else
    # is as the policies want it.
    rules = {f["rule"] for f in findings}
    assert rules <= {
        "supply-image-digest", "supply-model-revision-pinned", "pod-pull-secret",
        "rollout-issuer-missing",  # letsencrypt is an issuer that others have to make
    }  # fmt: skip
    assert run.code == 0


def test_the_smallest_stack_is_small() -> None:
    lines = (STACKS / "minimal" / "stack.yaml").read_text().splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) <= 25
