"""`stackgen build` as a user runs it: what it writes, what it refuses to, what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import sandbox
from tests.program import stackgen, state

ONLY = ("--select", "spec,schema,gitops-stale-output")
STACK = Path(__file__).parents[1] / "cases" / "stacks" / "minimal" / "stack.yaml"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with the smallest stack, built."""
    shutil.copy(STACK, tmp_path / "stack.yaml")
    run = stackgen("build", *ONLY, cwd=tmp_path)
    assert run.code == 0, run.text
    return tmp_path


def _overlay(repo: Path, env: str, text: str) -> None:
    file = repo / "overlays" / env / "stack.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _edit(repo: Path, old: str, new: str) -> None:
    file = repo / "stack.yaml"
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_the_result_goes_to_stdout_and_the_notes_to_stderr(repo: Path) -> None:
    run = stackgen("build", *ONLY, cwd=repo)
    count = len([p for p in (repo / "out" / "default").rglob("*") if p.is_file()])
    assert run.out.startswith("no findings in ")
    assert run.err == f"stackgen: out/default: {count} files, unchanged\n"


def test_building_again_touches_nothing(repo: Path) -> None:
    before = state(repo)
    assert stackgen("build", *ONLY, cwd=repo).code == 0
    assert stackgen("build", "--check", *ONLY, cwd=repo).code == 0
    assert state(repo) == before


def test_check_names_what_differs_and_writes_nothing(repo: Path) -> None:
    out = repo / "out" / "default"
    (out / "3-gateway" / "gateway-inference-gateway.yaml").write_text("edited: by hand\n")
    (out / "4-serving" / "kustomization.yaml").unlink()
    (out / "mine.md").write_text("mine")
    before = state(repo)
    run = stackgen("build", "--check", "--output-format", "concise", *ONLY, cwd=repo)
    assert run.code == 1
    gateway = "out/default/3-gateway/gateway-inference-gateway.yaml"
    assert f"{gateway} differs from what stack.yaml renders" in run.out
    assert "out/default/4-serving/kustomization.yaml is missing" in run.out
    assert run.out.count("gitops-stale-output") == 2
    assert state(repo) == before


def test_build_mends_what_was_edited_and_keeps_what_is_not_its_own(repo: Path) -> None:
    before = state(repo / "out")
    file = repo / "out" / "default" / "3-gateway" / "gateway-inference-gateway.yaml"
    file.write_text("edited: by hand\n")
    (repo / "out" / "default" / "mine.md").write_text("mine")
    run = stackgen("build", *ONLY, cwd=repo)
    assert run.code == 0
    assert run.err.endswith(" files, 1 changed\n")
    after = state(repo / "out")
    assert after.pop("default/mine.md")[2] == b"mine"
    assert {n: v[2] for n, v in after.items()} == {n: v[2] for n, v in before.items()}


def test_what_is_no_longer_rendered_is_removed(repo: Path) -> None:
    assert (repo / "out" / "default" / "7-smoke-test" / "job-smoke-test.yaml").exists() is False
    _edit(repo, "  delivery:", "  observe: {smokeTest: true}\n  delivery:")
    assert stackgen("build", *ONLY, cwd=repo).code == 0
    assert (repo / "out" / "default" / "7-smoke-test" / "job-smoke-test.yaml").exists()
    _edit(repo, "  observe: {smokeTest: true}\n", "")
    run = stackgen("build", *ONLY, cwd=repo)
    assert "removed" in run.err
    assert (repo / "out" / "default" / "7-smoke-test" / "job-smoke-test.yaml").exists() is False


def test_an_error_in_one_environment_keeps_all_from_being_written(repo: Path) -> None:
    _overlay(repo, "dev", "spec: {cluster: {releaseChannel: RAPID}}\n")
    _overlay(repo, "prod", "spec: {cluster: {releaseChannel: FAST}}\n")
    before = state(repo)
    run = stackgen("build", *ONLY, cwd=repo)
    assert run.code == 1
    assert "overlays/prod/stack.yaml:1:34" in run.out
    assert state(repo) == before
    # The other one alone is fine.
    assert stackgen("build", "--env", "dev", *ONLY, cwd=repo).code == 0
    assert sorted(p.name for p in (repo / "out").iterdir()) == ["default", "dev"]


FORMER = (
    "out/default is of an environment that the spec does not have; "
    "`stackgen build --remove-env default` removes it"
)


def test_an_environment_that_the_spec_no_longer_has_is_named_and_stays(repo: Path) -> None:
    _overlay(repo, "dev", "# as stack.yaml says\n")
    before = state(repo / "out" / "default")
    assert stackgen("build", *ONLY, cwd=repo).err.splitlines()[-1] == f"stackgen: {FORMER}"
    check = stackgen("build", "--check", "--output-format", "concise", *ONLY, cwd=repo)
    assert check.code == 1
    assert FORMER in check.out
    assert state(repo / "out" / "default") == before


def test_remove_env_removes_what_the_lock_lists(repo: Path) -> None:
    _overlay(repo, "dev", "# as stack.yaml says\n")
    (repo / "out" / "default" / "mine.md").write_text("mine")
    run = stackgen("build", "--remove-env", "default", *ONLY, cwd=repo)
    assert run.code == 0
    assert "stackgen: out/default: 0 files, " in run.err
    assert [p.name for p in (repo / "out" / "default").rglob("*")] == ["mine.md"]
    assert stackgen("build", "--check", *ONLY, cwd=repo).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--remove-env", "default"), "--remove-env default: the spec has it; "),
        (("--remove-env", "gone"), "--remove-env 'gone': no folder of out/ that stackgen made"),
        (("--remove-env", "../x"), "--remove-env '../x': no folder of out/ that stackgen made"),
        (("--check", "--remove-env", "x"), "--check writes nothing; leave out --remove-env"),
    ],
)
def test_what_cannot_be_removed(repo: Path, arguments: tuple[str, ...], message: str) -> None:
    before = state(repo)
    run = stackgen("build", *arguments, *ONLY, cwd=repo)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"stackgen: {message}")
    assert state(repo) == before


def test_an_environment_that_differs_in_case_from_a_former_one_is_refused(repo: Path) -> None:
    _overlay(repo, "Default", "{}\n")
    run = stackgen("build", *ONLY, cwd=repo)
    assert run.code == 2
    assert "out/default and the environment Default: differ in case only" in run.err


def test_an_overlay_that_leads_nowhere_removes_nothing(repo: Path) -> None:
    _overlay(repo, "dev", "{}\n")
    assert stackgen("build", *ONLY, cwd=repo).code == 0
    (repo / "overlays" / "dev" / "stack.yaml").unlink()
    (repo / "overlays" / "dev" / "stack.yaml").symlink_to("../../nowhere.yaml")
    before = state(repo)
    for arguments in ((), ("--check",), ("--env", "dev")):
        run = stackgen("build", *arguments, *ONLY, cwd=repo)
        assert (run.code, run.out) == (2, "")
        assert run.err == "stackgen: overlays/dev/stack.yaml: is a link to nothing\n"
    assert state(repo) == before


@pytest.mark.parametrize(
    "arguments",
    [("lint", "out/default"), ("lint", "out/**/*.yaml"), ("diff", "out", "out"), ("build",),
     ("build", "--check"), ("net", "map"), ("plan",), ("expand", "out/default")],
)  # fmt: skip
def test_any_command_settles_what_was_cut_off_also_with_a_broken_spec(
    repo: Path, arguments: tuple[str, ...]
) -> None:
    from stackgen.tree import journal

    before = state(repo / "out")
    _edit(repo, "  delivery:", "  delivry:")
    # As after a kill between the two renames, when `git checkout` made a part of it again.
    out = repo / "out"
    (out / "default" / "mine.md").write_text("mine")
    (out / journal.WORK / "staged" / "default").mkdir(parents=True)
    (out / journal.WORK / "staged" / "default" / ".stackgen-staged").touch()
    journal.begin(str(out), {"default": journal.Entry(True, {})})
    (out / journal.WORK / "old").mkdir()
    (out / "default").rename(out / journal.WORK / "old" / "default")
    (out / "default").mkdir()
    (out / "default" / "later.md").write_text("later")
    stackgen(*arguments, cwd=repo)
    after = state(out)
    assert after.pop("default/mine.md")[2] == b"mine"
    assert after.pop("default/later.md")[2] == b"later"
    assert {n: v[2] for n, v in after.items()} == {n: v[2] for n, v in before.items()}


def test_all_environments_are_of_the_same_spec(repo: Path) -> None:
    """stack.yaml changes after it was read for the first environment."""
    for env in ("dev", "prod"):
        _overlay(repo, env, "{}\n")
    (repo / "sitecustomize.py").write_text(
        "import stackgen.compiler as c\n"
        "real = c.load\n"
        "def load(root, *a, **k):\n"
        "    loaded = real(root, *a, **k)\n"
        "    open(root + '/stack.yaml', 'a').write('# ' + 'x\\nbroken: [')\n"
        "    return loaded\n"
        "c.load = load\n"
    )
    run = stackgen(
        "build", *ONLY, cwd=repo, PYTHONPATH=f"{repo}:{os.environ.get('PYTHONPATH', '')}"
    )
    assert run.code == 0, run.text
    assert sorted(p.name for p in (repo / "out").iterdir()) == ["default", "dev", "prod"]


def test_files_of_others_in_the_way_are_refused(repo: Path) -> None:
    _edit(repo, "  delivery:", "  observe: {smokeTest: true}\n  delivery:")
    (repo / "out" / "default" / "7-smoke-test").mkdir()
    (repo / "out" / "default" / "7-smoke-test" / "job-smoke-test.yaml").write_text("kind: Job\n")
    before = state(repo)
    run = stackgen("build", *ONLY, cwd=repo)
    what = "out/default/7-smoke-test/job-smoke-test.yaml: was not made by stackgen"
    assert (run.code, run.err) == (2, f"stackgen: {what}; move it away, or remove it\n")
    assert state(repo) == before


@pytest.mark.parametrize("what", ["out", "out/default", "out/default/kustomization.yaml"])
def test_links_are_not_written_through(repo: Path, what: str) -> None:
    _edit(repo, "project: my-project", "project: other-project")
    (repo / what).rename(repo / "elsewhere")
    (repo / what).symlink_to(repo / "elsewhere")
    before = state(repo)
    run = stackgen("build", *ONLY, cwd=repo)
    assert (run.code, run.err) == (2, f"stackgen: {what}: is a link; stackgen would write here\n")
    assert state(repo) == before


def test_the_lock_lists_every_file_with_its_hash(repo: Path) -> None:
    from stackgen.tree.lock import digest

    out = repo / "out" / "default"
    lock = json.loads((out / "stackgen.lock").read_text())
    files = {
        str(p.relative_to(out)): digest(p.read_bytes())
        for p in out.rglob("*")
        if p.is_file() and p.name != "stackgen.lock"
    }
    assert lock["files"] == files
    assert lock["release"] == "llm-d-infra-xks-0.15"
    assert any(key.startswith("accelerators.yaml#") for key in lock["catalog"])


def test_a_comment_in_the_spec_changes_nothing(repo: Path) -> None:
    _edit(repo, "kind: Stack", "# only words\nkind: Stack")
    assert stackgen("build", "--check", *ONLY, cwd=repo).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--env", "prdo"),
            (
                "stackgen: there is no environment 'prdo'; there is default, because there is no "
                "overlay overlays/NAME/stack.yaml\n"
            ),
        ),
        (("-C", "nowhere"), "stackgen: nowhere: no such folder\n"),
        (("-C", "out"), "stackgen: out/stack.yaml: not found; "),
        (
            ("--select", "spce"),
            'stackgen: --select: "spce" is no rule and no family; did you mean "spec"?\n',
        ),
    ],
)
def test_wrong_use_is_told(repo: Path, arguments: tuple[str, ...], message: str) -> None:
    before = state(repo)
    run = stackgen("build", *arguments, cwd=repo)
    assert run.code == 2
    assert run.err.startswith(message), run.err
    assert run.out == ""
    assert state(repo) == before


def test_without_a_spec(tmp_path: Path) -> None:
    run = stackgen("build", cwd=tmp_path)
    assert (run.code, run.out, run.err) == (
        2, "", "stackgen: stack.yaml: not found; -C names the folder that holds it\n"
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_stackgen_is_told_as_one_and_writes_nothing(repo: Path) -> None:
    (repo / "sitecustomize.py").write_text(
        "import stackgen.spec.load as l\n"
        "def broken(*a, **k): raise RuntimeError('broken')\n"
        "l.load = broken\n"
    )
    before = state(repo / "out")
    run = stackgen("build", cwd=repo, PYTHONPATH=str(repo))
    assert run.code == 3
    assert run.err.startswith("stackgen: fault: RuntimeError: broken\n")
    assert "Traceback" not in run.err
    assert state(repo / "out") == before


@pytest.mark.parametrize("options", [("--select", "schema"), ("--ignore", "spec-*")])
def test_errors_of_the_spec_that_are_left_out_keep_it_from_being_written(
    repo: Path, options: tuple[str, ...]
) -> None:
    _edit(repo, "  delivery:", "  delivry:")
    before = state(repo)
    run = stackgen("build", *options, cwd=repo)
    assert (run.code, run.err) == (
        2, "stackgen: the spec has errors that --select, --ignore or a baseline leave out\n"
    )  # fmt: skip
    assert state(repo) == before


def test_a_model_of_unknown_size_is_an_error_where_every_model_must_be_known(repo: Path) -> None:
    old = next(line for line in STACK.read_text().splitlines() if "hf://" in line)
    model = old.partition("hf://")[2].split()[0].strip('",}')
    _edit(repo, model, "acme/Small-3B")
    arguments = ("build", "--select", "model-size-unknown", "--output-format", "concise")
    accepted = stackgen(*arguments, cwd=repo)
    assert accepted.code == 0, accepted.text
    assert "warning" in accepted.out and "at least 5.0 GiB" in accepted.out
    required = stackgen(*arguments, "--require-known-model", cwd=repo)
    assert required.code == 1, required.text
    assert "error" in required.out


def test_files_that_git_does_not_track_are_named_up_to_ten(tmp_path: Path) -> None:
    sandbox.stack(tmp_path)
    git = ("git", "-C", str(tmp_path))
    subprocess.run([*git, "init", "-q"], check=True)
    run = stackgen("build", "--require-tracked", cwd=tmp_path)
    assert run.code == 1
    assert run.err.count("Git does not track it; `git add out`") == 10
    assert re.search(r"stackgen: and \d+ more\n$", run.err)
    subprocess.run([*git, "add", "-f", "."], check=True)
    assert stackgen("build", "--require-tracked", cwd=tmp_path).code == 0


def test_files_cannot_be_tracked_outside_of_a_repository(tmp_path: Path) -> None:
    sandbox.stack(tmp_path)
    run = stackgen(
        "build", "--require-tracked", "--check", cwd=tmp_path, GIT_CEILING_DIRECTORIES="/"
    )
    assert run.code == 2 and "is in no Git repository" in run.err
