"""Every pattern builds at once, without a finding, and renders what it did, to the letter."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stackgen import paths
from stackgen.compiler import compile_environment, environments
from stackgen.errors import UsageError
from stackgen.starter import patterns
from stackgen.tree.lock import NAME
from stackgen.tree.render import files_of
from tests.program import stackgen
from tests.sandbox import ROOT

GOLDEN = ROOT / "tests" / "cases" / "patterns"
ENVIRONMENTS = [(p, env) for p in patterns.names() for env in environments(paths.patterns(p))]


@pytest.mark.parametrize(("pattern", "env"), ENVIRONMENTS)
def test_a_pattern_renders_as_it_did(
    pattern: str, env: str, golden: Callable[[Path, str], None]
) -> None:
    files = files_of(compile_environment(paths.patterns(pattern), env, prove=False))
    text = "".join(f"=== {n}\n{content.decode()}" for n, content in files.items() if n != NAME)
    golden(GOLDEN / pattern / f"{env}.txt", text)


def test_no_golden_file_is_of_a_pattern_that_is_no_more() -> None:
    found = {(file.parent.name, file.stem) for file in GOLDEN.glob("*/*.txt")}
    assert found == set(ENVIRONMENTS)


@pytest.mark.parametrize("pattern", patterns.names())
def test_a_pattern_builds_at_once(pattern: str, tmp_path: Path) -> None:
    assert stackgen("init", "--pattern", pattern, cwd=tmp_path).code == 0
    run = stackgen("build", "--output-format", "json", cwd=tmp_path)
    report = json.loads(run.out)
    # What is left to say is accepted in the spec, each with its reason.
    assert run.code == 0
    assert [f for f in report["findings"] if not f["suppressed"]] == []
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        env for name, env in ENVIRONMENTS if name == pattern
    )


@pytest.mark.parametrize("pattern", patterns.names())
def test_a_pattern_says_what_it_is_and_what_is_its_owners(pattern: str) -> None:
    assert patterns.summary(pattern).endswith(".")
    spec = dict(patterns.files(pattern))["stack.yaml"].decode()
    for field in ("project:", "location:", "repository:"):
        (line,) = [x for x in spec.splitlines() if x.strip().startswith(field)]
        assert "# change: " in line, field


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("single", "single"),
        ("1", "single"),
        ("2", "multi-model"),
        ("3", "replicas"),
        ("4", "multi-host"),
        ("gpu", "gpu"),
    ],
)
def test_a_pattern_is_named_by_name_or_number(word: str, name: str) -> None:
    assert patterns.named(word) == name


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("singel", "no pattern is called 'singel'; did you mean \"single\"?"),
        ("..", f"no pattern is called '..'; there is {', '.join(patterns.names())}"),
        ("", f"no pattern is called ''; there is {', '.join(patterns.names())}"),
    ],
)
def test_another_word_is_none(word: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        patterns.named(word)
    assert str(error.value) == message
