"""What each stack of tests/cases/stacks renders, as facts: what differs from another stack."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen.starter import patterns
from tests.layers.difference import STACKS, hold, read
from tests.stacks import ROOT
from tests.test_golden import WHOLE

NAMES = sorted(file.parent.name for file in STACKS.glob("*/facts.yaml"))
PATTERNS = ROOT / "tests" / "cases" / "patterns"


@pytest.mark.parametrize("name", NAMES)
def test_what_a_stack_renders(name: str) -> None:
    hold(STACKS / name / "facts.yaml", name)


def test_every_stack_is_whole_or_has_facts() -> None:
    assert sorted([*NAMES, *WHOLE]) == sorted(f.name for f in STACKS.iterdir() if f.is_dir())


def _file(name: str) -> Path:
    stack, _, env = name.partition("/")
    return PATTERNS / stack / f"{env}.yaml" if env else STACKS / stack / "facts.yaml"


@pytest.mark.parametrize(
    "file", [*map(_file, NAMES), *sorted(PATTERNS.glob("*/*.yaml"))], ids=lambda f: f.parent.name
)
def test_facts_start_from_committed_files(file: Path) -> None:
    """A chain of facts that leads to no committed file would protect nothing."""
    seen = [file]
    while not (start := read(seen[-1])["from"]).startswith("reference/"):
        if start in WHOLE:
            return
        assert start.partition("/")[0] in (*NAMES, *patterns.names())
        assert _file(start) not in seen
        seen.append(_file(start))
    assert (ROOT / "out" / start.partition("/")[2]).is_dir()


# -- the facts can fail ---------------------------------------------------------------------------

LABEL = 'metadata.labels["stackgen.dev/pull-secret"]'


def _value(facts: Any) -> None:
    facts["changed"]["LLMInferenceService/large"] = {"spec.replicas": [1, 2]}


def _less(facts: Any) -> None:
    del facts["changed"]["ResourceQuota/accelerators"]


def _more(facts: Any) -> None:
    facts["changed"]["Namespace/external-secrets"] = {LABEL: [None, "true"]}


def _before(facts: Any) -> None:
    facts["changed"]["ServiceAccount/model-server"]["secrets[0].name"][0] = "other"


def _gone(facts: Any) -> None:
    facts["gone"].pop()


def _new(facts: Any) -> None:
    del facts["new"]["PodDisruptionBudget/large"]


def _content(facts: Any) -> None:
    facts["new"]["PodDisruptionBudget/large"]["spec"]["maxUnavailable"] = 2


def _like(facts: Any) -> None:
    facts["new"]["LLMInferenceService/large"]["changed"].pop("spec.replicas")


@pytest.mark.parametrize("change", [_value, _less, _more, _before, _gone, _new, _content, _like])
def test_a_wrong_fact_is_found(change: Callable[[Any], None], tmp_path: Path) -> None:
    facts = yaml.safe_load((STACKS / "two-models" / "facts.yaml").read_text())
    wrong = copy.deepcopy(facts)
    change(wrong)
    assert wrong != facts
    file = tmp_path / "facts.yaml"
    file.write_text(yaml.safe_dump(facts))
    hold(file, "two-models")
    file.write_text(yaml.safe_dump(wrong))
    with pytest.raises(AssertionError):
        hold(file, "two-models")
