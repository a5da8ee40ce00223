"""The man page: every command and option, in roff that has no requests of others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
import pytest
from tools.docs.man import main, page

from tests.cli.commands import all_commands


def test_it_has_every_command_and_option() -> None:
    text = page()
    for path, command in all_commands():
        begin = text.index(f'.SS "stackgen {path}"'.replace("-", r"\-"))
        part = text[begin : text.find(".SS", begin + 1)]
        for option in (x for x in command.params if isinstance(x, click.Option)):
            assert rf"\fB{option.opts[0]}".replace("-", r"\-") in part, (path, option)


def test_no_line_of_a_help_text_is_a_request() -> None:
    known = (".TH ", ".SH ", ".SS ", ".B ", ".PP", ".TP", ".nf", ".fi")
    lines = [line for line in page().splitlines() if line.startswith((".", "'"))]
    assert [line for line in lines if not line.startswith(known)] == []


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff reads the page")
def test_groff_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "man" / "stackgen.1"
    assert main([str(file)]) == 0
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", str(file)], capture_output=True, text=True, check=False
    )
    problems = [x for x in done.stderr.splitlines() if "adjust" not in x and "break" not in x]
    assert (done.returncode, problems) == (0, [])
    assert "stackgen init --pattern multi-model\n" in done.stdout.replace("\x1b[0m", "")
