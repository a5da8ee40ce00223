"""Each command that a page, a message or a help text names exists, with its options.

What a page shows with its output is run by `test_transcripts.py`. The rest is here: commands in
backticks and in blocks without output, also in the files that `init` writes and in Python strings.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from stackgen.cli.explain import explanation
from stackgen.cli.main import COMMANDS, cli
from stackgen.report.style import Style
from tests.sandbox import ROOT

PAGES = [
    *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "policies").glob("*.md"),
    *(ROOT / "benchmarks").glob("*.md"),
]  # fmt: skip
SOURCES = [
    *(ROOT / "generator" / "stackgen").rglob("*.py"),
    *(ROOT / "generator" / "stackgen").rglob("*.md"),
    *(ROOT / "generator" / "stackgen" / "starter").rglob("*.y*ml"),
]
SPAN = re.compile(r"`((?:stackgen|python -m|python3? tools/\w+\.py)(?:\s[^`]*)?)`")
LINE = re.compile(
    r"^\s*(?:- |run: |\$ |entry: )?(?:\.venv/bin/)?"
    r"((?:stackgen|python -m|python3? tools/\w+)(?= ).*)$"
)
END = re.compile(r"^(\||>|>>|<|<<|;|&&|\|\||#.*)$")
PLACE = re.compile(r"^[A-Z][A-Z_]+$")


def _blocks(text: str) -> str:
    """The lines of the blocks of a page."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside
        elif inside:
            lines.append(line)
    return "\n".join(lines)


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    return tuple(_found())


def _found() -> Iterator[tuple[str, str]]:
    for file in (*PAGES, *SOURCES):
        name, text = str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")
        # A command may be broken over the lines of a page, or over parts of a Python string.
        joined = re.sub(r'"\s*\n\s*f?"', "", text) if file.suffix == ".py" else text
        for span in SPAN.findall(joined.replace("\\\n", " ")):
            yield name, " ".join(span.split())
        shown = _blocks(text) if file.suffix == ".md" else text
        if file.suffix == ".py" or (file.suffix == ".yaml" and "starter" not in name):
            continue
        for line in shown.replace("\\\n", " ").splitlines():
            found = LINE.match(line)
            if found:
                yield name, found[1]


@cache
def commands(program: str) -> list[tuple[str, str]]:
    """The commands of a program, each once, with the first file that names it."""
    found: dict[str, str] = {}
    for name, text in _texts():
        if text.startswith(program):
            found.setdefault(text.rstrip(".:"), name)
    return list(found.items())


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text, comments=False)
    except ValueError:  # a quote of the surrounding text
        words = text.split()
    for i, word in enumerate(words):
        if END.match(word) or word.startswith(("#", "$(", ">")):
            return words[:i]
    return words


def _is_word(word: str) -> bool:
    """A word that is meant as it stands: no placeholder, and no part of a Python string."""
    return re.fullmatch(r"[a-z][a-z-]*", word) is not None


OURS = commands("stackgen")


def test_there_are_many() -> None:
    assert len(OURS) > 120 and len(commands("python")) > 8


@pytest.mark.parametrize(("text", "file"), OURS, ids=lambda v: str(v)[:60])
def test_each_command_of_stackgen_exists_with_its_options(text: str, file: str) -> None:
    _, *words = _words(text)
    here: click.Command = cli
    context = click.Context(cli)
    while isinstance(here, click.Group):
        plain = [w for w in words if not w.startswith("-")]
        if not plain or not _is_word(plain[0]) or plain[0] in ("is", "on"):
            break  # `stackgen`, `stackgen --help`, `stackgen COMMAND`
        found = here.get_command(context, plain[0])
        assert found is not None, f"{file}: {text}: no command {plain[0]}"
        words = words[words.index(plain[0]) + 1 :]
        here = found
    known = {opt for p in here.params for opt in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
    for word in words:
        option = word.partition("=")[0].rstrip(".,")
        if re.fullmatch(r"--?[a-zA-Z][\w-]*", option):
            assert option in known, f"{file}: {text}: no option {option}"


EXPLAINED = sorted({
    (words[2], file) for text, file in OURS
    if (words := _words(text))[1:2] == ["explain"] and len(words) == 3
    and re.fullmatch(r"[a-zA-Z][\w.-]*", words[2]) and not PLACE.match(words[2])
})  # fmt: skip


@pytest.mark.parametrize(("name", "file"), EXPLAINED)
def test_what_is_to_be_explained_can_be(name: str, file: str) -> None:
    assert explanation(name, Style()), file


@pytest.mark.parametrize(("text", "file"), commands("python"), ids=lambda v: str(v)[:60])
def test_each_module_and_tool_takes_what_is_shown(text: str, file: str) -> None:
    words = _words(text)
    if len(words) < 3 or PLACE.match(words[2]):  # `python -m MODULE`
        return
    if words[1] != "-m":
        assert (ROOT / words[1]).is_file(), f"{file}: {text}"
        source = (ROOT / words[1]).read_text()
    else:
        if words[2] in ("venv", "pip", "pytest"):
            return
        spec = importlib.util.find_spec(words[2])
        assert spec is not None, f"{file}: {text}"
        if spec.submodule_search_locations:
            spec = importlib.util.find_spec(f"{words[2]}.__main__")
        assert spec is not None and spec.origin is not None
        source = Path(spec.origin).read_text(encoding="utf-8")
    for word in words[2:]:
        option = word.partition("=")[0]
        if re.fullmatch(r"--[a-z][a-z-]*", option):
            assert option in source, f"{file}: {text}: no option {option}"


BENCHMARKS = sorted({
    words[2] for text, _ in commands("python -m benchmarks") if len(words := _words(text)) > 2
})  # fmt: skip


@pytest.mark.parametrize("module", BENCHMARKS)
def test_each_benchmark_starts(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 and "usage" in done.stdout.lower(), done.stderr


def test_each_benchmark_is_named_in_the_documentation() -> None:
    modules = {
        f"benchmarks.{file.stem}" for file in (ROOT / "benchmarks").glob("*.py")
        if 'if __name__ == "__main__":' in file.read_text()
    }  # fmt: skip
    assert modules - set(BENCHMARKS) == set()


def test_the_list_of_commands_in_the_readme_is_whole() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Where to use each command")[2].partition("\n## ")[0]
    shown = set(re.findall(r"`stackgen ([a-z]+)", table + text))
    # Lists of facts stand on the pages about them.
    lists = {"rules", "catalog", "releases", "schemas", "explain"}
    assert set(COMMANDS) - shown <= lists


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_gcloud_knows_the_commands_of_the_pages(tmp_path: Path) -> None:
    """The parser of gcloud itself, which contacts nothing. The scripts have a test of their own."""
    found = {
        line.strip().partition(" | ")[0].partition(" || ")[0]
        for file in PAGES
        for line in _blocks(file.read_text(encoding="utf-8").replace("\\\n", " ")).splitlines()
        if line.strip().startswith("gcloud ")
    }
    assert found
    commands_file = tmp_path / "commands.json"
    commands_file.write_text(json.dumps([{"command_string": one} for one in sorted(found)]))
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={commands_file}"],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path / "config")},
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this gcloud does not check commands")
    assert [one["error_message"] for one in json.loads(done.stdout) if not one["success"]] == []
