"""What a shell offers while a command is typed, and the scripts that ask for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stackgen.cli import complete
from tests.cli.commands import all_commands
from tests.program import stackgen
from tests.sandbox import ROOT, environment


def offered(line: str, cwd: Path = ROOT) -> list[str]:
    """What is offered for the last word of `stackgen LINE`."""
    words = f"stackgen {line}"
    env = environment(
        PYTHONPATH=str(ROOT / "generator"), _STACKGEN_COMPLETE="bash_complete",
        COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1),
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "stackgen"],
        cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [x.removeprefix("plain,") for x in done.stdout.splitlines() if x]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("expl", ["explain"]),
        ("build --env ", ["dev", "prod"]),
        ("net prove --env p", ["prod"]),
        ("lint --select tpu,tpu-lws", ["tpu,tpu-lws-size"]),
        ("lint --release odh-3.", ["odh-3.5"]),
        ("upgrade --to odh-3.", ["odh-3.5"]),
        ("rules --select tpu-lws", ["tpu-lws-size"]),
        ("impact spec.cluster.loc", ["spec.cluster.location"]),
        ("catalog show accelerators v6", ["v6e"]),
        ("explain gateway-pen", ["gateway-pending"]),
        ("explain spec.serving.models.repl", ["spec.serving.models.replicas"]),
        ("init --model meta-llama/Llama-3.3", ["meta-llama/Llama-3.3-70B-Instruct"]),
        ("init --zone us-east5-b", ["us-east5-b"]),
        ("init --platform llm-d --pattern multi-h", ["multi-host"]),
        ("init --accelerator v6", ["v6e"]),
    ],
)
def test_names_are_offered(line: str, expected: list[str]) -> None:
    assert offered(line) == expected


def test_without_a_stack_no_environment_is_offered(tmp_path: Path) -> None:
    assert offered("build --env ", tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_that_of_the_shell(shell: str, tmp_path: Path) -> None:
    run = stackgen("completion", shell, cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    assert f"_STACKGEN_COMPLETE={shell}_complete" in run.out
    program = shutil.which(shell)
    if program is not None:
        script = tmp_path / "script"
        script.write_text(run.out)
        done = subprocess.run([program, "-n", str(script)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


# What completes by what is shown for the value.
BY_METAVAR = {
    "ENV": complete.environments, "ROW": complete.releases, "RULES": complete.rules,
    "DIR": complete.paths, "FILE": complete.paths, "PATH": complete.paths,
}  # fmt: skip


def test_every_value_that_is_known_or_a_file_completes() -> None:
    """All commands are asked, so that a new one cannot leave it out."""
    seen = set()
    for path, command in all_commands():
        for parameter in command.params:
            metavar = (parameter.metavar or "").strip("[].|-").split("|")[0]
            if metavar in BY_METAVAR:
                seen.add(metavar)
                assert parameter._custom_shell_complete is BY_METAVAR[metavar], (path, parameter)
    assert seen == BY_METAVAR.keys()


def test_files_are_completed_by_the_shell(tmp_path: Path) -> None:
    assert offered("lint ./a", tmp_path) == ["file,./a"]
