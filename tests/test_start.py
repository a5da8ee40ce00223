"""A kept answer is the answer: after any change of what a command looks at, the command runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stackgen.cache import question, seen

CANARY = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3f"
MANIFEST = f"""\
# Source: stack.yaml:1
apiVersion: v1
kind: ConfigMap
metadata: {{name: a, namespace: b}}
data: {{token: {CANARY}, size: 3}}
"""
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: b}\n"
POLICY = """\
package main
import rego.v1
deny contains "a widget" if input.kind == "Widget"
"""
START = "from stackgen.start import run; run()"

Change = Callable[[Path], object]


def project(root: Path) -> None:
    for folder in ("in/deep", "policies"):
        (root / folder).mkdir(parents=True)
    (root / "in/a.yaml").write_text(MANIFEST)
    (root / "in/deep/w.yaml").write_text(WIDGET)
    (root / "in/link.yaml").symlink_to("deep/w.yaml")
    (root / "policies/p.rego").write_text(POLICY)
    (root / ".stackgen.yaml").write_text("policies: [policies]\n")


def run(
    root: Path, *arguments: str, cache: str = "", **environment: str
) -> tuple[int, str, str, bool]:
    """Exit code and outputs of a command, and whether it was answered without running."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    where = cache or str(root.parent / "cache")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", START, *arguments],
        cwd=root, capture_output=True, encoding="utf-8", check=False,
        env={**kept, "STACKGEN_CACHE": where, **environment},
    )  # fmt: skip
    lines = done.stderr.splitlines()
    said = "\n".join(x for x in lines if not x.startswith("import time:"))
    answered = not any(x.endswith("stackgen.cli.main") for x in lines)
    return done.returncode, done.stdout, said, answered


LINT = ("lint", "in", "--output-format", "concise")


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose `lint` is kept, to be copied."""
    root = tmp_path_factory.mktemp("answered") / "root"
    project(root)
    first, second = run(root, *LINT), run(root, *LINT)
    assert (first[3], second[3]) == (False, True)
    assert first[:3] == second[:3]
    assert "a widget" in first[1]
    return root


def test_kept_verdicts_change_nothing(answered: Path, tmp_path: Path) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    shutil.copytree(answered, root, symlinks=True)
    shutil.copytree(answered.parent / "cache", cache)
    (root / "in/a.yaml").write_text(MANIFEST.replace("size: 3", "size: [4]"))
    changed = run(root, *LINT, cache=str(cache))
    assert changed[:3] == run(root, *LINT, "--no-cache")[:3]
    assert "in/a.yaml:5:54" in changed[1]


@pytest.mark.parametrize(
    "more", [("--fail-on", "warning"), ("--select", "schema"), ("--color", "always"), ("in/deep",)]
)
def test_an_option_is_another_question(more: tuple[str, ...], answered: Path) -> None:
    assert run(answered, *LINT, *more)[3] is False


def test_a_variable_is_another_question(answered: Path) -> None:
    for name in question.VARIABLES:
        value = "utf-8" if name == "PYTHONIOENCODING" else "1" if "UTF8" in name else "C.UTF-8"
        if os.environ.get(name) != value:
            before = question.asked(LINT, {"STACKGEN_CACHE": "/c"})
            after = question.asked(LINT, {"STACKGEN_CACHE": "/c", name: value})
            assert before is not None and after is not None and before.key != after.key, name


def test_the_day_is_part_of_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    for day in ("2026-01-01", "2026-01-02"):
        monkeypatch.setattr(question, "today", lambda day=day: day)
        found = question.asked(LINT, {"STACKGEN_CACHE": "/c"})
        assert found is not None
        keys.add(found.key)
    assert len(keys) == 2


def test_a_copy_of_the_program_is_the_same_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(name: str, text: str) -> str:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "a.py").write_text(text)
        monkeypatch.setattr(question, "_program_folders", lambda: (str(tmp_path / name),))
        return question._program_hash(str(tmp_path / "cache"), question._program_stamps())

    first = told("one", "a = 1\n")
    assert told("one", "a = 1\n") == told("two", "a = 1\n") == first
    assert told("one", "a = 2\n") != first
    assert len([*(tmp_path / "cache").iterdir()]) >= 2


def test_a_file_of_the_program_is_part_of_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    monkeypatch.setattr(question, "_program_folders", lambda: (str(tmp_path),))
    before = question._program_stamps()
    (tmp_path / "a.py").write_text("a = 22\n")
    assert question._program_stamps() != before


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "-"),
        ("lint", "in", "--output", "json=report.json"),
        ("lint", "in", "--write-baseline", "known.json"),
        ("lint", "absent"),
        ("lint", "in/*.yaml"),
        ("lint", "in", "--no-cache"),
    ],
)
def test_what_writes_asks_others_or_fails_is_not_kept(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    project(tmp_path / "root")
    first = run(tmp_path / "root", *arguments)
    second = run(tmp_path / "root", *arguments)
    assert (first[3], second[3]) == (False, False)
    assert first == second


def test_a_file_beside_the_input_changes_nothing(answered: Path) -> None:
    (answered / "report.txt").write_text("what a shell wrote")
    assert run(answered, *LINT)[3]


def test_modules_may_be_compiled_anywhere(tmp_path: Path) -> None:
    project(tmp_path / "root")
    prefix = {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    found = [run(tmp_path / "root", *LINT, "--select", "schema", **prefix)[3] for _ in range(2)]
    assert found == [False, True]


def test_nothing_of_an_input_is_kept_but_names_and_findings(answered: Path) -> None:
    kept = b"".join(x.read_bytes() for x in (answered.parent / "cache").iterdir())
    assert b"in/a.yaml" in kept
    assert CANARY.encode() not in kept
    assert b"Source: stack.yaml" not in kept


def test_a_damaged_cache_is_no_cache(answered: Path, tmp_path: Path) -> None:
    shutil.copytree(answered.parent / "cache", tmp_path / "cache")
    wanted = run(answered, *LINT, cache="off")
    for number, file in enumerate(sorted((tmp_path / "cache").iterdir())):
        raw = bytearray(file.read_bytes())
        raw[-1 if number % 2 else 0] ^= 1
        file.write_bytes(bytes(raw))
    found = run(answered, *LINT, cache=str(tmp_path / "cache"))
    assert found == wanted


def test_processes_share_a_cache(tmp_path: Path) -> None:
    project(tmp_path / "root")
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: run(tmp_path / "root", *LINT)[:3], range(3)))
    assert len(set(found)) == 1
    assert run(tmp_path / "root", *LINT)[3]
    assert all("." not in name for name in os.listdir(tmp_path / "cache"))


def test_every_variable_that_is_read_is_part_of_the_question(tmp_path: Path) -> None:
    """Those of stackgen itself; what the libraries read is not about the answer."""
    project(tmp_path / "root")
    code = """
import os, sys
read = set()
plain = os._Environ.__getitem__
def noting(self, key):
    caller = sys._getframe(1)
    while caller.f_code.co_filename.endswith(("os.py", "_abc.py", "<frozen os>", "_abc>")):
        caller = caller.f_back
    file = caller.f_code.co_filename
    # The process of the policies gets none of the variables that it looks through, and progress
    # is not kept.
    if "stackgen" in file and not file.endswith(("policy/process.py", "stackgen/progress.py")):
        read.add(key)
    return plain(self, key)
os._Environ.__getitem__ = noting
from stackgen.cli.main import code
code()
print(sorted(read), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *LINT],
        cwd=tmp_path / "root", capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    read = set(eval(done.stderr.splitlines()[-1]))
    assert read
    assert read <= {*question.VARIABLES, "STACKGEN_CACHE"}


CHANGES: dict[str, Change] = {
    "a byte of a manifest": lambda r: (r / "in/a.yaml").write_text(MANIFEST.replace("3", '"3"')),
    "a byte behind a link": lambda r: (r / "in/deep/w.yaml").write_text(MANIFEST),
    "a file more": lambda r: (r / "in/deep/new.yaml").write_text(WIDGET),
    "a file less": lambda r: (r / "in/a.yaml").unlink(),
    "a folder more": lambda r: shutil.copytree(r / "in/deep", r / "in/copy"),
    "a kustomization": lambda r: (r / "in/kustomization.yaml").write_text("patches: [a.yaml]\n"),
    "a chart": lambda r: (r / "in/Chart.yaml").write_text("name: a\n"),
    "a link that leads out": lambda r: (
        (r / "in/link.yaml").unlink(),
        (r.parent / "out.yaml").write_text(WIDGET),
        (r / "in/link.yaml").symlink_to(r.parent / "out.yaml"),
    ),
    "a policy": lambda r: (r / "policies/p.rego").write_text(POLICY.replace("a widget", "another")),
    "a policy more": lambda r: (r / "policies/q.rego").write_text(POLICY),
    "data of the policies": lambda r: (r / "policies/data.yaml").write_text("a: 1\n"),
    "the config": lambda r: (r / ".stackgen.yaml").write_text("ignore: [policy]\n"),
    "no config": lambda r: (r / ".stackgen.yaml").unlink(),
    "a stack beside it": lambda r: (r / "stack.yaml").write_text("a: 1\n"),
    "an input that is no file": lambda r: ((r / "in/a.yaml").unlink(), (r / "in/a.yaml").mkdir()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: str, answered: Path) -> None:
    shutil.rmtree(answered)
    project(answered)
    CHANGES[change](answered)
    after = run(answered, *LINT)
    assert after == (*run(answered, *LINT, "--no-cache")[:3], False)


def test_a_program_that_changes_during_a_run_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    for name in ("used.py", "unused.py"):
        (program / name).write_text("a = 1\n")
    monkeypatch.setattr(question, "_program_folders", lambda: (str(program),))
    opened = {str(program / "used.py"), str(program / "absent.json")}
    monkeypatch.setattr(seen, "own", lambda: opened)

    def asked() -> question.Question:
        found = question.asked(LINT, os.environ)
        assert found is not None
        return found

    monkeypatch.setenv("STACKGEN_CACHE", str(tmp_path / "cache"))
    looked: list[str] = []
    real = question._stamp
    monkeypatch.setattr(question, "_stamp", lambda path: looked.append(path) or real(path))
    begun = asked()
    looked.clear()
    (program / "unused.py").write_text("a = 22\n")
    assert question._is_same(begun)
    assert sorted(looked) == sorted([*opened, str(program)])
    for change in (
        lambda: (program / "used.py").write_text("a = 22\n"),
        lambda: (program / "new.py").write_text(""),
        (program / "unused.py").unlink,
    ):
        begun = asked()
        change()
        assert not question._is_same(begun)
    begun = asked()
    monkeypatch.setattr(question, "today", lambda: "2026-01-01")
    assert not question._is_same(begun)
