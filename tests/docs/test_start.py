"""The first stack of a newcomer: the commands of docs/start.md give a reviewed stack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests import sandbox
from tests.docs import transcripts

PAGE = sandbox.ROOT / "docs" / "start.md"
LIMIT = 600 / 4  # seconds of one command: ten minutes for the four


def test_four_commands_give_a_stack_that_is_built_and_reviewed(
    tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    first = text.split("## From a model")[1].split("\n## ")[0]
    blocks = transcripts.BLOCK.findall(first)
    commands = [command for body in blocks for command in transcripts.commands(body)]
    assert [command.split()[1] for command in commands] == ["init", "build", "report", "bootstrap"]
    assert "exit" not in first

    golden(PAGE, transcripts.rerun(text, tmp_path, limit=LIMIT))

    root = tmp_path / "stackgen"
    folder = root / "llama"
    assert "no findings in" in first
    page = (root / "report.html").read_text(encoding="utf-8").replace("<wbr>", "")
    for what in ("meta-llama/Llama-3.3-70B-Instruct", "llm.example.com", "USD"):
        assert what in page
    assert (folder / "out/prod/4-serving/kustomization.yaml").is_file()
    script = (folder / "bootstrap/prod/verify.sh").read_text(encoding="utf-8")
    assert "curl" in script and "llm.example.com" in script
