"""What users name is opened in one place, and nothing that is there can hang or flood it."""

from __future__ import annotations

import ast
import io
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from stackgen import reading
from stackgen.errors import UsageError
from stackgen.manifest import json_in
from stackgen.reading import UnreadableError, read_bytes, read_stdin, read_text, texts_below, walk
from tests.sandbox import ROOT

PACKAGE = ROOT / "generator" / "stackgen"
# Modules that open files by themselves, and why they may.
MAY_OPEN = {
    "reading.py": "the one place",
    "cache": "reads the state of what was read, and its own entries",
    "derived.py": "reads and writes what is kept of shipped files, beside the compiled modules",
    "tree": "reads and replaces the files below out/ by descriptors",
    "starter/write.py": "writes new files",
    "schema/importer.py": "writes schema files",
    "cli/output.py": "writes reports",
    "cli/main.py": "opens the null device",
    "checks/registry.py": "lists the modules of the package",
    "findings/rules.py": "lists shipped pages",
    "spec/overlays.py": "lists environments, and refuses what cannot be listed",
    "cli/fixing.py": "replaces a file of the spec",
    "cli/adopt.py": "writes its stack.yaml a second time, with what it suppresses",
    "modules.py": "reads compiled modules, and what is kept of them",
    "regex.py": "reads what is kept of regular expressions, beside the compiled modules",
    "spec/schema.py": "writes a shipped file, for developers",
    "report/rule_docs.py": "writes shipped pages, for developers",
    "manifest/kustomize.py": "writes a kustomization into a temporary folder",
    "manifest/chart_reads.py": "unpacks charts into a temporary folder",
    "review/commits.py": "writes a commit's files into a temporary folder",
    "schema/cel.py": "opens the null device",
    "schema/native/decode.py": "reads shipped schemas",
}
OPENERS = {"open", "read_text", "read_bytes", "fdopen", "listdir", "scandir", "walk"}


def _opened(file: Path) -> list[str]:
    """The calls that open a file or folder, `stackgen.reading`'s own left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in ("stackgen.reading", "stackgen.spec.load", "stackgen")
        for alias in node.names
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in OPENERS - ours:
            found.append(function.id)
        elif isinstance(function, ast.Attribute) and function.attr in OPENERS:
            owner = function.value
            # `ast.walk`, the module `reading` itself, and a method of the class open nothing.
            if isinstance(owner, ast.Name) and owner.id in {"ast", "self", *ours}:
                continue
            found.append(ast.unparse(function))
    return found


def test_no_other_module_opens_files() -> None:
    wrong = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = str(file.relative_to(PACKAGE))
        if name in MAY_OPEN or name.partition("/")[0] in MAY_OPEN:
            continue
        calls = [c for c in _opened(file) if not _is_shipped(name, c)]
        if calls:
            wrong[name] = calls
    assert wrong == {}


def _is_shipped(name: str, call: str) -> bool:
    """Listings of folders that ship with the package."""
    shipped = {"checks/policy/headers.py", "starter/patterns.py"}
    return call == "os.listdir" and name in shipped


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("import os\nopen('a')\nPath('a').read_text()\nos.walk('a')\nast.walk('a')\n")
    assert _opened(file) == ["open", "Path('a').read_text", "os.walk"]
    file.write_text("from stackgen.reading import read_text\nread_text('a')\n")
    assert _opened(file) == []


def _why(path: object, limit: int = reading.MAX_FILE) -> str:
    with pytest.raises(UnreadableError) as error:
        read_bytes(str(path), "name", limit)
    assert str(error.value) == f"name: {error.value.reason}"
    assert isinstance(error.value, UsageError)
    return error.value.reason


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb")
    assert read_text(str(file)) == "a\r\nb"
    (tmp_path / "link").symlink_to("a")
    assert read_bytes(str(tmp_path / "link"), limit=7) == file.read_bytes()


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dead").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
    assert _why(tmp_path) == "is a folder, not a file"
    assert _why(tmp_path / "pipe") == "is a pipe, not a file"
    assert _why(tmp_path / "zero") == "is a device, not a file"
    assert _why(tmp_path / "socket") == "is a socket, not a file"
    assert _why(tmp_path / "dead") == "leads nowhere"
    assert _why(tmp_path / "none") == "not found"
    assert "symbolic links" in _why(tmp_path / "loop")
    assert _why("a\0b") == "is not the name of a file"
    assert _why("a\ud800b") == "is not the name of a file"
    assert "too long" in _why("a" * 300)


def test_sizes_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_bytes(str(file), limit=5) == b"12345"
    assert _why(file, 4) == "is larger than 4 bytes"
    with file.open("wb") as stream:
        stream.truncate(2**40)
    assert _why(file) == "is larger than 16 MiB"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(UnreadableError, match=r": is not UTF-8 text$"):
        read_text(str(tmp_path / "a"))


def test_standard_input_is_bounded_and_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"12345")))
    with pytest.raises(UnreadableError, match=r"^<stdin>: is larger than 4 bytes$"):
        read_stdin(4)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UnreadableError, match=r"^<stdin>: is closed$"):
        read_stdin()


def test_folders_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "up").symlink_to("..")
    (tmp_path / "a").write_text("a")
    assert [h for h, _, _ in walk(str(tmp_path))] == [
        str(tmp_path), str(tmp_path / "b"), str(tmp_path / "b" / "c"),
    ]  # fmt: skip
    monkeypatch.setattr(reading, "MAX_FOLDERS", 1)
    with pytest.raises(UnreadableError, match="over 1 folders inside each other"):
        list(walk(str(tmp_path)))
    monkeypatch.setattr(reading, "MAX_ENTRIES", 1)
    with pytest.raises(UnreadableError, match="more than 1 files and folders"):
        list(walk(str(tmp_path)))


def test_texts_below_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b/x.yaml", ".git/x.yaml", "a.yaml", "a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    def found() -> list[str]:
        return [text for _, text in texts_below(str(tmp_path), lambda n: n.endswith(".yaml"))]

    assert found() == ["a.yaml", "b/x.yaml"]
    monkeypatch.setattr(reading, "MAX_TOTAL", 8)
    with pytest.raises(UnreadableError, match="larger than 8 bytes"):
        found()
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(UnreadableError, match="pipe"):
        found()


@pytest.mark.parametrize(
    "text",
    ["[" * 201 + "]" * 201, '{"a":' * 100_000, "NaN", "1e999", "-Infinity", "1" * 5000, "", "{"],
)
def test_json_is_read_within_bounds(text: str) -> None:
    with pytest.raises(json_in.NotJsonError, match=r"^b\.json is not JSON: "):
        json_in.load(text, "b.json")


def test_json_depth_does_not_count_text() -> None:
    text = '{"a": "' + '[{\\"' * 500 + '", "b": ' + "[" * 198 + "]" * 198 + "}"
    assert json_in.load(text, "b.json")["a"].startswith('[{"[{"')
    assert json_in.load('"\\ud800"', "b.json") == "\ufffd"


def _ran(program: str, **bounds: Any) -> tuple[int, bytes, str]:
    return reading.output_of([sys.executable, "-c", program], "a program", **bounds)


def test_a_program_gives_status_output_and_the_beginning_of_its_errors() -> None:
    text = "a" * 300_000  # more than a pipe holds, in each direction
    program = (
        "import sys; text = sys.stdin.read(); print(text, end='')\n"
        "sys.stderr.write('b' * 300_000); sys.exit(7)"
    )
    status, printed, errors = _ran(program, given=text.encode())
    assert (status, printed.decode(), errors) == (7, text, "b" * 65_536)


def test_a_program_need_not_read_what_it_is_given() -> None:
    assert _ran("print('done')", given=b"a" * 300_000) == (0, b"done\n", "")


@pytest.mark.parametrize(
    ("program", "bounds", "reason"),
    [
        ("while True: print('a' * 1000)", {"limit": 5000}, "its output is larger than 5000 bytes"),
        ("while True: pass", {"seconds": 0.2}, "takes too long"),
        ("import time\nwhile True: print(1, flush=True); time.sleep(0.01)",
         {"seconds": 0.3}, "takes too long"),
    ],
)  # fmt: skip
def test_a_program_is_bounded(program: str, bounds: dict[str, float], reason: str) -> None:
    with pytest.raises(UnreadableError) as error:
        _ran(program, **bounds)
    assert str(error.value) == f"a program: {reason}"


def test_output_up_to_the_limit_is_read() -> None:
    assert _ran("print('a' * 4999)", limit=5000)[1] == b"a" * 4999 + b"\n"
