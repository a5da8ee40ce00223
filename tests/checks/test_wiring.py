"""Every rule is reached by the entry that `build` and `lint` use, not only by its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.findings.rules import all_rules
from tests.checks.policy.test_policies import CASES
from tests.checks.policy.test_policies import context_of as of_one_file
from tests.checks.serving.test_cases import NEW_FILE, patched
from tests.checks.serving.test_cases import context_of as of_files
from tests.docs.test_rules import SHOWN, page_of

# The families that judge manifests; cases of the others are stacks.
RULES = {r.id for r in all_rules().values() if r.family != registry.NOT_ON_BUNDLES}
BAD = sorted(file for rule_id in RULES for file in (CASES / rule_id).glob("bad-*.yaml"))


def context_of(file: Path) -> Context:
    """The objects of a case, which may stand for several files."""
    several = NEW_FILE.search(file.read_text(encoding="utf-8"))
    return of_files(file) if several else of_one_file(file)


def test_a_page_shows_each_rule_to_lint_with_all_others() -> None:
    """`stackgen lint` finds the bad block of a page among what all rules find: see tests/docs."""
    shown = {rule_id for rule_id in SHOWN if "example" not in page_of(rule_id).attributes}
    assert {file.parent.name for file in BAD} <= shown


@pytest.mark.parametrize("file", BAD, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_bad_case_is_found_when_its_rule_alone_is_wanted(file: Path) -> None:
    rule_id = file.parent.name
    sets = patched(context_of(file))
    found = (f for one in sets for f in registry.run(one, lambda rule: rule.id == rule_id))
    assert rule_id in {f.rule.id for f in found}
