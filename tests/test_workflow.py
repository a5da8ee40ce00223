"""From `stackgen init` to the comment on a pull request, as docs/workflow.md shows it.

Real are Git, pre-commit, the hook, and every shell step of the workflow files; the services
(pip's index, GitHub, GitLab) are programs that write down what they are asked.
"""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen import paths
from tests import sandbox

pytest.importorskip("pre_commit", reason="pre-commit runs the hook")
if shutil.which("git") is None:
    pytest.skip("git is not installed", allow_module_level=True)

SESSION = re.compile(r"<!-- session -->\n```bash\n(.*?)```", re.DOTALL)
START, TOPOLOGY, POLICY = SESSION.findall((sandbox.ROOT / "docs" / "workflow.md").read_text())
MARK = "<!-- stackgen diff -->"
# Writes its arguments down, and the file that one of them names; answers with what is prepared.
SERVICE = """#!{python}
import pathlib, sys
here = pathlib.Path({folder!r})
name = pathlib.Path(sys.argv[0]).name
with (here / f"{{name}}.calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
for argument in sys.argv[1:]:
    if argument.startswith("body") and "@" in argument:
        body = pathlib.Path(argument.partition("@")[2]).read_text()
        (here / "comment.md").write_text(body)
answer = here / f"{{name}}.answer"
if answer.exists() and "@" not in "".join(sys.argv[1:]):
    sys.stdout.write(answer.read_text())
"""


@dataclass
class World:
    """A folder with programs, a bare repository that stands for the server, and clones of it."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir()
        for name, module in (("stackgen", "stackgen"), ("pre-commit", "pre_commit")):
            self._program(name, f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
        for name in ("pip", "gh", "curl"):
            self._program(name, SERVICE.format(python=sys.executable, folder=str(self.folder)))
        path = sandbox.environment()["PATH"]
        released = self.folder / "stackgen.git"
        self.env = sandbox.environment(
            PATH=f"{programs}:{path}", HOME=str(self.folder), GIT_TERMINAL_PROMPT="0",
            PRE_COMMIT_HOME=str(self.folder / "pre-commit"), PYTHONPATH=str(_GENERATOR),
            GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null",
            RUNNER_TEMP=str(self.folder / "runner"),
            GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0=f"url.file://{released}.insteadOf",
            GIT_CONFIG_VALUE_0="https://github.com/acme/stackgen",
            **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.com" for who in ("AUTHOR", "COMMITTER")},
        )  # fmt: skip
        self._release(released)

    def _release(self, folder: Path) -> None:
        """The repository of stackgen, as far as a pipeline reads it: a version with its lock."""
        shutil.copytree(sandbox.ROOT / "requirements", folder / "requirements")
        for command in ("init -q -b main", "add -A", "commit -q -m release", "tag v0.1.0"):
            self.git(folder, *command.split())

    def _program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def shell(self, script: str, cwd: Path, **more: str) -> tuple[int, str]:
        """Run a script as the runners do: bash, which stops at the first failure."""
        env = {**self.env, **self.more, **more}
        done = sandbox.run(["bash", "-e", "-c", script], cwd, env)
        return done.returncode, done.stdout

    def session(self, block: str, cwd: Path) -> str:
        """Run a block of the page as somebody types it: line by line, whatever the one before."""
        return sandbox.run(["bash", "-c", block], cwd, self.env).stdout

    def git(self, cwd: Path, *arguments: str) -> str:
        return sandbox.run_ok(["git", *arguments], cwd, self.env)

    def text(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""


_GENERATOR = sandbox.ROOT / "generator"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The first session done: a repository with a first commit, and a server that has it."""
    made = World(tmp_path_factory.mktemp("world"))
    printed = made.session(START, made.folder)
    stack = made.folder / "my-stack"
    assert made.git(stack, "log", "--format=%s").split("\n")[0] == "A first stack", printed
    assert made.git(stack, "status", "--porcelain") == ""
    made.git(made.folder, "init", "-q", "--bare", "-b", "main", "server.git")
    made.git(stack, "remote", "add", "origin", str(made.folder / "server.git"))
    made.git(stack, "push", "-q", "origin", "main")
    return made


@pytest.fixture(scope="module")
def branches(world: World) -> dict[str, str]:
    """The other two sessions: what `stackgen diff` printed on each branch, which is pushed."""
    stack, printed = world.folder / "my-stack", {}
    for branch, block in (("four-chips", TOPOLOGY), ("probe", POLICY)):
        printed[branch] = world.session(block, stack)
        world.git(stack, "push", "-q", "origin", branch)
    return printed


def test_the_hook_stops_the_commit_that_renders_again_and_lets_the_next_one_pass(
    world: World, branches: dict[str, str]
) -> None:
    stack = world.folder / "my-stack"
    for branch, printed in branches.items():
        assert printed.count("files were modified by this hook") == 1
        assert world.git(stack, "rev-list", "--count", f"main..{branch}").strip() == "1"
        changed = world.git(stack, "diff", "--name-only", f"main...{branch}").split()
        assert any(name.startswith("out/") for name in changed)
        assert any(name.endswith("/stackgen.lock") for name in changed)


def test_the_review_names_what_each_branch_does(branches: dict[str, str]) -> None:
    assert "high[node-pool-fixed]" in branches["four-chips"]
    assert "ct6e-standard-1t -> ct6e-standard-4t" in branches["four-chips"]
    assert "stack.yaml" in branches["probe"]
    assert "monitoring/app=probe" in branches["probe"]
    assert "TCP 8000" in branches["probe"]


# -- the workflow files -------------------------------------------------------------------------


def _github() -> dict[str, Any]:
    text = Path(paths.starter("github.yml")).read_text()
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # `on` is a word
    return loaded


def _checkout(world: World, branch: str, name: str) -> Path:
    """What the runner has: the branch merged into main, and the branches of the server."""
    folder = world.folder / f"{name}-{branch}"
    world.git(world.folder, "clone", "-q", str(world.folder / "server.git"), str(folder))
    if branch != "main":
        world.git(folder, "merge", "-q", "--no-ff", "-m", "merge", f"origin/{branch}")
    return folder


def _run(world: World, job: dict[str, Any], checkout: Path) -> dict[str, tuple[int, str]]:
    """Every shell step of a job, in order, whatever the one before; by its name."""
    runner = world.folder / "runner"
    shutil.rmtree(runner, ignore_errors=True)
    more = {
        "GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "acme/platform", "PULL_REQUEST": "7",
        "GITHUB_STEP_SUMMARY": str(world.folder / "summary.md"), "GH_TOKEN": "t",
        "SHARD": "1", "SHARDS": "1",
        **_github()["env"], "STACKGEN_CACHE": str(world.folder / "cache"),
    }  # fmt: skip
    steps = [s for s in job["steps"] if "run" in s]
    return {s["name"]: world.shell(s["run"], checkout, **more) for s in steps}


def _clean(world: World) -> None:
    for name in ("summary.md", "comment.md", "gh.calls", "gh.answer", "curl.calls", "curl.answer"):
        (world.folder / name).unlink(missing_ok=True)


def test_the_check_job_passes_on_what_is_committed_as_it_should_be(
    world: World, branches: dict[str, str]
) -> None:
    checkout = _checkout(world, "four-chips", "check")
    steps = _run(world, _github()["jobs"]["check"], checkout)
    assert {name: code for name, (code, _) in steps.items()} == dict.fromkeys(steps, 0), steps
    assert list(steps) == ["install", "check", "lint"]
    source = world.folder / "runner" / "stackgen"
    assert (source / "requirements" / "install.txt").is_file()
    assert world.text("pip.calls").splitlines()[-2:] == [
        f"install --quiet --requirement {source}/requirements/install.txt",
        f"install --quiet --no-deps --no-build-isolation {source}",
    ]
    report = (checkout / "stackgen-1.sarif").read_text()
    assert '"version": "2.1.0"' in report
    steps = _run(world, _github()["jobs"]["report"], checkout)
    assert {code for code, _ in steps.values()} == {0}, steps
    assert (checkout / "stackgen.sarif").read_text() == report


def test_the_lint_job_finds_what_the_build_finds_on_a_clean_checkout(
    world: World, branches: dict[str, str]
) -> None:
    checkout = _checkout(world, "four-chips", "agree")
    steps = _run(world, _github()["jobs"]["check"], checkout)
    assert steps["lint"][0] == 0
    found = {name: set(re.findall(r"title=stackgen ([\w-]+)::", steps[name][1])) for name in steps}
    assert found["lint"] <= found["check"]


def test_the_check_job_fails_on_what_somebody_edited(
    world: World, branches: dict[str, str]
) -> None:
    checkout = _checkout(world, "probe", "edited")
    (gateway,) = (checkout / "out" / "dev" / "3-gateway").glob("gateway-*.yaml")
    gateway.write_text(gateway.read_text().replace("spec:", "spek:"))
    steps = _run(world, _github()["jobs"]["check"], checkout)
    assert [name for name, (code, _) in steps.items() if code == 1] == ["check", "lint"]
    assert "::error file=out/dev/3-gateway/" in steps["check"][1]
    assert "schema-unknown-field" in steps["lint"][1]


@pytest.mark.parametrize(
    ("branch", "words"),
    [
        ("four-chips", ("risk high", "cannot change on a node pool that exists", "USD per day")),
        ("probe", ("app=probe", "TCP 8000")),
    ],
)
def test_the_review_job_writes_one_comment_and_replaces_it(
    branch: str, words: tuple[str, ...], world: World, branches: dict[str, str]
) -> None:
    _clean(world)
    checkout = _checkout(world, branch, "review")
    steps = _run(world, _github()["jobs"]["review"], checkout)
    assert {name: code for name, (code, _) in steps.items()} == dict.fromkeys(steps, 0), steps
    comment = world.text("comment.md")
    assert comment.startswith(MARK) and comment == world.text("summary.md")
    assert [w for w in words if w not in comment] == []
    asked = world.text("gh.calls").splitlines()
    assert asked[-1].startswith("api --silent --method POST repos/acme/platform/issues/7/comments")
    # The next push finds it.
    (world.folder / "gh.answer").write_text("4711\n")
    assert _run(world, _github()["jobs"]["review"], checkout)["comment"][0] == 0
    last = world.text("gh.calls").splitlines()[-1]
    assert last.startswith("api --silent --method PATCH repos/acme/platform/issues/comments/4711 ")


def test_a_first_pull_request_has_nothing_to_be_compared_with(world: World) -> None:
    _clean(world)
    folder = world.folder / "first"
    bare = world.folder / "empty.git"
    world.git(world.folder, "init", "-q", "--bare", "-b", "main", str(bare))
    world.git(world.folder, "clone", "-q", str(bare), str(folder))
    world.git(folder, "commit", "-q", "--allow-empty", "-m", "nothing")
    world.git(folder, "push", "-q", "origin", "HEAD:main")
    assert world.shell("stackgen init && stackgen build", folder)[0] == 0
    steps = _run(world, _github()["jobs"]["review"], folder)
    assert {code for code, _ in steps.values()} == {0}, steps
    assert world.text("gh.calls") == world.text("summary.md") == ""


def test_the_expression_finds_the_comment_of_the_workflow_alone() -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    (step,) = [s for s in _github()["jobs"]["review"]["steps"] if s.get("name") == "comment"]
    (expression,) = re.findall(r"mine='(.*)'", step["run"])
    comments = (
        '[{"id": 1, "user": {"type": "User"}, "body": "<!-- stackgen diff --> mine"},'
        ' {"id": 2, "user": {"type": "Bot"}, "body": "other"},'
        ' {"id": 3, "user": {"type": "Bot"}, "body": "<!-- stackgen diff -->\\n"}]'
    )
    command = ["bash", "-c", f"echo '{comments}' | jq '{expression}'"]
    assert sandbox.run_ok(command, sandbox.ROOT).strip() == "3"


def test_github_jobs_take_no_more_than_they_need() -> None:
    workflow = _github()
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "check": {"contents": "read"},
        "report": {"contents": "read", "security-events": "write", "actions": "read"},
        "review": {"contents": "read", "pull-requests": "write"},
    }
    steps = [s for job in workflow["jobs"].values() for s in job["steps"]]
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"[a-z-]+/[a-z/-]+@[0-9a-f]{40}", step["uses"])
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] == "false"
        # What others can write (titles, branch names) is never pasted into a script.
        assert "${{" not in step.get("run", "")


def _gitlab(world: World, job: str, checkout: Path, **more: str) -> list[tuple[int, str]]:
    loaded = yaml.safe_load(Path(paths.starter("gitlab.yml")).read_text())
    base = world.git(checkout, "merge-base", "HEAD^2", "origin/main").strip()
    variables = {
        **loaded["variables"], **loaded[job].get("variables", {}), **more,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_API_V4_URL": "https://git.example.com/api/v4",
        "STACKGEN_CACHE": str(world.folder / "cache"),
        "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "9",
    }  # fmt: skip
    script = [*loaded[job]["before_script"], *loaded[job]["script"]]
    return [world.shell(line, checkout, **variables) for line in script]


def test_gitlab_checks_and_reviews(world: World, branches: dict[str, str]) -> None:
    _clean(world)
    checkout = _checkout(world, "probe", "gitlab")
    assert [code for code, _ in _gitlab(world, "stackgen-check", checkout)] == [0, 0, 0]
    assert [code for code, _ in _gitlab(world, "stackgen-report", checkout)] == [0, 0]
    assert '"version": "2.1.0"' in (checkout / "stackgen.sarif").read_text()
    assert "<testsuite" in (checkout / "stackgen.xml").read_text()
    # Without a token the note is an artifact.
    assert [code for code, _ in _gitlab(world, "stackgen-review", checkout)] == [0, 0, 0]
    assert world.text("curl.calls") == ""
    assert (checkout / "stackgen-diff.md").read_text().startswith(MARK)


@pytest.mark.parametrize(
    ("notes", "asked"),
    [
        ('[{"id": 1, "body": "other"}]', ("--request POST", "/projects/5/merge_requests/9/notes")),
        (
            f'[{{"id": 1, "body": "other"}}, {{"id": 8, "body": "{MARK} x"}}]',
            ("--request PUT", "/projects/5/merge_requests/9/notes/8"),
        ),
    ],
)
def test_gitlab_writes_one_note_and_replaces_it(
    notes: str, asked: tuple[str, str], world: World, branches: dict[str, str]
) -> None:
    _clean(world)
    checkout = _checkout(world, "probe", f"note-{len(notes)}")
    (world.folder / "curl.answer").write_text(notes)
    steps = _gitlab(world, "stackgen-review", checkout, STACKGEN_TOKEN="t")
    assert [code for code, _ in steps] == [0, 0, 0], steps
    last = world.text("curl.calls").splitlines()[-1]
    assert asked[0] in last and last.endswith(asked[1])
    assert world.text("comment.md") == (checkout / "stackgen-diff.md").read_text()


def test_the_argo_workflow_names_what_it_has() -> None:
    text = Path(paths.starter("argo.yml")).read_text()
    spec = yaml.safe_load(text)["spec"]
    templates = {one["name"]: one for one in spec["templates"]}
    tasks = templates["check"]["dag"]["tasks"]
    assert [task["template"] for task in tasks] == ["shard", "report"]
    known = {f"workflow.parameters.{x['name']}" for x in spec["arguments"]["parameters"]}
    named = set(re.findall(r"{{([^}]+)}}", text))
    assert named == known | {"workflow.uid", "item", "inputs.parameters.shard"}
    report = templates["shard"]["outputs"]["artifacts"][0]["gcs"]["key"]
    (merged,) = [x for x in templates["report"]["inputs"]["artifacts"] if x["name"] == "reports"]
    assert report.startswith(f"{merged['gcs']['key']}/")
    for name in ("shard", "report"):
        script = templates[name]["script"]
        assert "${{" not in script["source"] and "{{" not in script["source"]
        sandbox.run_ok(["bash", "-n", "-c", script["source"]], sandbox.ROOT)
