"""The hooks in a scratch Git repository, run by the real pre-commit."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests import sandbox

pytest.importorskip("pre_commit", reason="pre-commit runs the hooks")
if shutil.which("git") is None:
    pytest.skip("git is not installed", allow_module_level=True)

HOOKS = {
    hook["id"]: hook
    for hook in yaml.safe_load((sandbox.ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
}
SERVER = "out/prod/4-serving/llminferenceservice-qwen2-3b-pattern1.yaml"
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: team}\ndata: {k: v}\n"
BAD = GOOD.replace("data:", "dara:")


class Scratch:
    """A Git repository with the reference stack and hooks."""

    def __init__(self, folder: Path) -> None:
        self.root = sandbox.stack(folder / "scratch")
        self.env = sandbox.environment(
            HOME=str(folder), PRE_COMMIT_HOME=str(folder / "pre-commit"),
            GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null", GIT_TERMINAL_PROMPT="0",
            **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.com" for who in ("AUTHOR", "COMMITTER")},
        )  # fmt: skip
        (self.root / "manifests").mkdir()
        self.write("manifests/config.yaml", GOOD)
        self.git("init", "-q", "-b", "main")

    def configure(self, repos: list[dict[str, object]]) -> None:
        """Use `repos`, and commit everything without running a hook."""
        # JSON is YAML.
        self.write(".pre-commit-config.yaml", json.dumps({"repos": repos}))
        self.git("add", "-A")
        self.commit("--no-verify")

    def git(self, *arguments: str) -> str:
        return sandbox.run_ok(["git", *arguments], self.root, self.env)

    def commit(self, *arguments: str) -> None:
        self.git("commit", "-q", "-m", "change", *arguments)

    def hook(self, hook_id: str) -> tuple[bool, str]:
        """Whether the hook passes on what is staged, and what it printed."""
        command = [sys.executable, "-m", "pre_commit", "run", hook_id]
        done = sandbox.run(command, self.root, self.env)
        assert done.returncode in (0, 1), done.stdout
        return done.returncode == 0, done.stdout

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    """The hooks as they are defined, but run by the stackgen that is installed already."""
    hooks = [
        {
            **{key: value for key, value in hook.items() if key != "additional_dependencies"},
            "language": "system",
            "args": ["manifests"] if name == "stackgen-lint" else [],
        }
        for name, hook in HOOKS.items()
    ]
    made = Scratch(tmp_path)
    made.configure([{"repo": "local", "hooks": hooks}])
    return made


def test_every_hook_is_there() -> None:
    assert list(HOOKS) == ["stackgen-build", "stackgen-check", "stackgen-lint"]


def test_both_hooks_pass_on_a_clean_tree(scratch: Scratch) -> None:
    assert scratch.hook("stackgen-build")[0]
    assert scratch.hook("stackgen-check")[0]
    assert scratch.git("status", "--porcelain") == ""


def test_the_build_hook_fails_the_commit_that_changes_what_is_rendered(scratch: Scratch) -> None:
    scratch.change("overlays/prod/stack.yaml", "replicas: 2", "replicas: 1")
    scratch.git("add", "-A")
    passed, printed = scratch.hook("stackgen-build")
    assert not passed
    assert "files were modified by this hook" in printed
    assert f" M {SERVER}" in scratch.git("status", "--porcelain")
    assert "  replicas: 1\n" in (scratch.root / SERVER).read_text(encoding="utf-8")
    scratch.git("add", "-A")
    assert scratch.hook("stackgen-build")[0]
    assert scratch.hook("stackgen-check")[0]


def test_the_build_hook_fails_and_writes_nothing_when_a_proof_fails(scratch: Scratch) -> None:
    scratch.change("stack.yaml", "nodePool: tpu-v6e-pool", "nodePool: tpu-v6-pool")
    scratch.git("add", "-A")
    passed, printed = scratch.hook("stackgen-build")
    assert not passed
    assert "error[spec-unknown-reference]" in printed
    assert "files were modified" not in printed


def test_the_check_hook_fails_on_stale_output_and_writes_nothing(scratch: Scratch) -> None:
    scratch.change("overlays/prod/stack.yaml", "replicas: 2", "replicas: 1")
    scratch.git("add", "-A")
    before = scratch.git("status", "--porcelain")
    passed, printed = scratch.hook("stackgen-check")
    assert not passed
    assert f"error[gitops-stale-output]: {SERVER}" in printed
    assert scratch.git("status", "--porcelain") == before


def test_the_check_hook_fails_on_a_rendered_file_edited_by_hand(scratch: Scratch) -> None:
    scratch.change(SERVER, "replicas: 2", "replicas: 5")
    scratch.git("add", "-A")
    passed, printed = scratch.hook("stackgen-check")
    assert not passed
    assert f"{SERVER} differs" in printed


def test_the_check_hook_sees_a_deleted_file(scratch: Scratch) -> None:
    scratch.git("rm", "-q", SERVER)
    passed, printed = scratch.hook("stackgen-check")
    assert not passed
    assert f"{SERVER} is missing" in printed


@pytest.mark.parametrize("hook", ["stackgen-build", "stackgen-check"])
@pytest.mark.parametrize("how", ["rm", "rm --cached"])
def test_a_file_that_git_no_longer_tracks_fails_each_hook(
    how: str, hook: str, scratch: Scratch
) -> None:
    scratch.git(*how.split(), "-q", SERVER)
    passed, printed = scratch.hook(hook)
    assert not passed
    assert SERVER in printed
    scratch.git("add", "out")
    if hook == "stackgen-check" and how == "rm":  # it writes nothing
        scratch.git("checkout", "-q", "HEAD", "--", SERVER)
    assert scratch.hook(hook)[0]


def test_a_commit_of_all_changes_has_an_index_of_its_own(scratch: Scratch) -> None:
    """`git commit -a` names another index file, relative to the folder of the hook."""
    (scratch.root / ".git" / "hooks" / "pre-commit").write_text(
        f"#!/bin/sh\nexec {sys.executable} -m pre_commit run stackgen-build\n"
    )
    (scratch.root / ".git" / "hooks" / "pre-commit").chmod(0o755)
    scratch.write("manifests/config.yaml", GOOD + "# a comment\n")
    scratch.commit("-a")
    (scratch.root / SERVER).unlink()
    done = sandbox.run(["git", "commit", "-a", "-m", "less"], scratch.root, scratch.env)
    assert done.returncode == 1
    assert f"{SERVER}: Git does not track it" in done.stdout


def test_the_lint_hook_judges_the_folders_it_is_given(scratch: Scratch) -> None:
    scratch.write("manifests/config.yaml", GOOD + "# a comment\n")
    scratch.git("add", "-A")
    passed, printed = scratch.hook("stackgen-lint")
    assert passed, printed
    scratch.write("manifests/config.yaml", BAD)
    scratch.git("add", "-A")
    passed, printed = scratch.hook("stackgen-lint")
    assert not passed
    assert "error[schema-unknown-field]" in printed


def test_the_hooks_install_from_the_repository_as_they_are_defined(tmp_path: Path) -> None:
    """The slow one: pre-commit clones the repository and installs it from the package index."""
    source = sandbox.repository(tmp_path / "source")
    scratch = Scratch(tmp_path)
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        sandbox.run_ok(["git", *arguments], source, scratch.env)
    revision = sandbox.run_ok(["git", "rev-parse", "HEAD"], source, scratch.env).strip()
    hooks = [{"id": "stackgen-build"}, {"id": "stackgen-check"}]
    scratch.configure([{"repo": str(source), "rev": revision, "hooks": hooks}])
    sandbox.run_ok([sys.executable, "-m", "pre_commit", "install"], scratch.root, scratch.env)

    scratch.change("overlays/prod/stack.yaml", "replicas: 2", "replicas: 1")
    scratch.git("add", "-A")
    refused = sandbox.run(["git", "commit", "-m", "one replica"], scratch.root, scratch.env)
    assert refused.returncode == 1, refused.stdout
    assert "files were modified by this hook" in refused.stdout
    scratch.git("add", "-A")
    scratch.commit()
    assert scratch.git("status", "--porcelain") == ""
    assert f"M\t{SERVER}" in scratch.git("show", "--name-status", "--format=", "HEAD")
