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
KSERVE = patterns.of_platform("kserve")
# USD a day at the fewest and at the most nodes, and whether every price is known.
COSTS = {
    ("gpu", "dev"): (6.96, 29.04, True),
    ("gpu", "prod"): (55.2, 86.16, True),
    ("llm-d-multi-host", "dev"): (11.52, 1066.56, True),
    ("llm-d-multi-host", "prod"): (2094.24, 2112.48, True),
    ("llm-d-multi-model", "dev"): (11.52, 186.22, True),
    ("llm-d-multi-model", "prod"): (539.04, 890.4, True),
    ("llm-d-replicas", "dev"): (11.52, 72.43, True),
    ("llm-d-replicas", "prod"): (215.04, 298.08, True),
    ("llm-d-single", "dev"): (12.44, 118.06, True),
    ("llm-d-single", "prod"): (165.04, 256.4, True),
    ("multi-host", "dev"): (6.96, 1052.88, True),
    ("multi-host", "prod"): (2085.12, 2094.24, True),
    ("multi-model", "dev"): (6.96, 172.54, True),
    ("multi-model", "prod"): (529.92, 867.6, True),
    ("replicas", "dev"): (6.96, 58.75, True),
    ("replicas", "prod"): (205.92, 279.84, True),
    ("single", "dev"): (7.42, 103.0, True),
    ("single", "prod"): (155.0, 236.32, True),
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
def test_a_pattern_builds_at_once(platform: str, word: str, pattern: str, tmp_path: Path) -> None:
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
    assert patterns.named(word, "kserve") == name


def test_each_pattern_is_of_one_platform() -> None:
    assert sorted(name for _, _, name in WORDS) == list(patterns.names())
    for platform in patterns.PLATFORMS:
        assert {"single", "multi-model", "replicas", "multi-host"} <= {
            word for of, word, _ in WORDS if of == platform
        }
    assert patterns.named("4", "llm-d") == "llm-d-multi-host"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("singel", "no pattern of kserve is called 'singel'; did you mean \"single\"?"),
        ("..", f"no pattern of kserve is called '..'; there is {', '.join(KSERVE)}"),
        ("", f"no pattern of kserve is called ''; there is {', '.join(KSERVE)}"),
        (
            "llm-d-single",
            "no pattern of kserve is called 'llm-d-single'; did you mean \"single\"?",
        ),
    ],
)
def test_another_word_is_none(word: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        patterns.named(word, "kserve")
    assert str(error.value) == message
