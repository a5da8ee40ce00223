"""Every pattern builds as it is, without a finding, and renders and costs what its facts say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackgen import paths
from stackgen.compiler import environments
from stackgen.errors import UsageError
from stackgen.plan.cost import per_day
from stackgen.plan.estimate import estimate
from stackgen.starter import patterns
from tests.layers.difference import compiled, hold
from tests.program import stackgen
from tests.sandbox import ROOT

FACTS = ROOT / "tests" / "cases" / "patterns"
ENVIRONMENTS = [(p, env) for p in patterns.names() for env in environments(paths.patterns(p))]
# Platform and word of each pattern, and its folder.
WORDS = [(p, w, n) for p in patterns.PLATFORMS for w, n in patterns.of_platform(p).items()]
XKS = patterns.of_platform("xks")
# USD a day at the fewest and at the most nodes, and whether every price is known.
COSTS = {
    ("gpu", "dev"): (7.89, 31.28, True),
    ("gpu", "prod"): (57.12, 89.06, True),
    ("kserve-multi-host", "dev"): (7.89, 1059.73, True),
    ("kserve-multi-host", "prod"): (2096.9, 2106.68, True),
    ("kserve-multi-model", "dev"): (7.89, 175.97, True),
    ("kserve-multi-model", "prod"): (532.76, 872.21, True),
    ("kserve-replicas", "dev"): (7.89, 61.13, True),
    ("kserve-replicas", "prod"): (207.97, 282.81, True),
    ("kserve-single", "dev"): (8.45, 105.33, True),
    ("kserve-single", "prod"): (156.97, 239.31, True),
    ("llm-d-multi-host", "dev"): (12.45, 1073.41, True),
    ("llm-d-multi-host", "prod"): (2106.02, 2124.92, True),
    ("llm-d-multi-model", "dev"): (12.45, 189.65, True),
    ("llm-d-multi-model", "prod"): (541.88, 895.01, True),
    ("llm-d-replicas", "dev"): (12.45, 74.81, True),
    ("llm-d-replicas", "prod"): (217.09, 301.05, True),
    ("llm-d-single", "dev"): (13.47, 120.39, True),
    ("llm-d-single", "prod"): (167.01, 259.39, True),
    ("multi-host", "dev"): (7.89, 1059.73, True),
    ("multi-host", "prod"): (2096.9, 2106.68, True),
    ("multi-model", "dev"): (7.89, 175.97, True),
    ("multi-model", "prod"): (532.76, 872.21, True),
    ("replicas", "dev"): (7.89, 61.13, True),
    ("replicas", "prod"): (207.97, 282.81, True),
    ("single", "dev"): (8.45, 105.33, True),
    ("single", "prod"): (156.97, 239.31, True),
}


@pytest.mark.parametrize(("pattern", "env"), ENVIRONMENTS)
def test_what_a_pattern_renders(pattern: str, env: str) -> None:
    hold(FACTS / pattern / f"{env}.yaml", f"{pattern}/{env}")


def test_every_file_of_facts_is_of_a_pattern() -> None:
    found = {(file.parent.name, file.stem) for file in FACTS.glob("*/*")}
    assert found == set(ENVIRONMENTS)


@pytest.mark.parametrize(("pattern", "env"), ENVIRONMENTS)
def test_what_a_pattern_costs(pattern: str, env: str) -> None:
    found = compiled(f"{pattern}/{env}")
    assert found.plan is not None
    costs = estimate(found.plan, found.catalog).costs
    day = tuple(round(per_day(c.value), 2) for c in (costs.low, costs.high))
    assert (*day, costs.complete) == COSTS[pattern, env]


@pytest.mark.parametrize(("platform", "word", "pattern"), WORDS)
def test_a_pattern_is_clean_in_build_and_lint(
    platform: str, word: str, pattern: str, tmp_path: Path
) -> None:
    asked = ("--platform", platform, "--pattern", word)
    assert stackgen("init", *asked, cwd=tmp_path).code == 0
    run = stackgen("build", "--output-format", "json", cwd=tmp_path)
    report = json.loads(run.out)
    # What is left to say is accepted in the spec, each with its reason.
    assert run.code == 0
    assert [f for f in report["findings"] if not f["suppressed"]] == []
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        env for name, env in ENVIRONMENTS if name == pattern
    )
    for env in ("dev", "prod"):
        run = stackgen("lint", "--env", env, "--fail-on", "info", f"out/{env}", cwd=tmp_path)
        assert (run.code, run.out.split(" in ")[0]) == (0, "no findings")


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
    assert patterns.named(word, "xks") == name


def test_each_pattern_is_of_one_platform() -> None:
    assert sorted(name for _, _, name in WORDS) == list(patterns.names())
    for platform in patterns.PLATFORMS:
        assert {"single", "multi-model", "replicas", "multi-host"} <= {
            word for of, word, _ in WORDS if of == platform
        }
    assert patterns.named("4", "llm-d") == "llm-d-multi-host"
    assert patterns.named("4", "kserve") == "kserve-multi-host"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("singel", "no pattern of xks is called 'singel'; did you mean \"single\"?"),
        ("..", f"no pattern of xks is called '..'; there is {', '.join(XKS)}"),
        ("", f"no pattern of xks is called ''; there is {', '.join(XKS)}"),
        (
            "llm-d-single",
            "no pattern of xks is called 'llm-d-single'; did you mean \"single\"?",
        ),
    ],
)
def test_another_word_is_none(word: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        patterns.named(word, "xks")
    assert str(error.value) == message
