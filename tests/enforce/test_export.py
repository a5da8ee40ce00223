"""Which policies are exported, and that none is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from stackgen import paths
from stackgen.checks.policy import pack
from stackgen.enforce import export, model
from stackgen.errors import UsageError

ADMISSION = Path(paths.policies("admission"))
POLICIES = {policy.rule.id: policy for policy in pack.policies()}
SINGLE = {rule_id for rule_id, policy in POLICIES.items() if policy.scope == "file"}
LEFT_OUT = yaml.safe_load((ADMISSION / "left-out.yaml").read_text(encoding="utf-8"))
SHARED = {"kinds", "left-out", "variables"}


def test_a_policy_on_single_objects_has_cel_or_a_reason() -> None:
    written = {file.stem for file in ADMISSION.glob("*.yaml")} - SHARED
    reasons = set(LEFT_OUT["both"]) | set(LEFT_OUT["vap"])
    assert written | reasons == SINGLE
    assert written & reasons == set()


@pytest.mark.parametrize("rule_id", sorted(SINGLE - set(LEFT_OUT["both"])))
def test_every_kind_of_a_policy_is_known_to_the_api(rule_id: str) -> None:
    policy = POLICIES[rule_id]
    kinds = {kind for target in model.targets(policy) for kind in target.kinds}
    assert kinds >= set(policy.kinds) - {"pods", "all"}
    assert kinds >= (pack.pod_kinds() if "pods" in policy.kinds else set())


def test_every_shared_variable_is_used() -> None:
    texts = [p.read_text(encoding="utf-8") for p in ADMISSION.glob("*.yaml")]
    used = {name for text in texts for name in re.findall(r"\bvariables\.([a-zA-Z]+)\b", text)}
    assert set(model.shared_variables()) <= used
    assert used - set(model.shared_variables()) == {"profile", "servesTLS"}


def test_the_namespaces_of_the_platform_are_those_of_the_policies() -> None:
    """`foreign_namespace` in lib/facts.rego knows the same ones, by name or by prefix."""
    text = Path(paths.policies("lib", "facts.rego")).read_text(encoding="utf-8")
    listed = text[text.index("foreign_namespace(name) if {") : text.index("\n}\n")]
    prefixes = re.findall(r'startswith\(name, "([a-z-]+)"\)', text)
    named = set(re.findall(r'"([a-z-]+)"', listed))
    ours = model.platform_namespaces()
    stars = {name.removesuffix("*") for name in ours if name.endswith("*")}
    assert set(prefixes) <= stars
    assert {n for n in named if not n.startswith(tuple(stars))} == {
        name for name in ours if not name.endswith("*")
    }


def test_what_a_policy_needs_and_nobody_says_is_a_reason() -> None:
    wanted = export.selected(["supply-registry-allow-list"])
    assert export.choose(wanted, "vap", {})[0] == []
    assert export.choose(wanted, "vap", {"allowedRegistries": ["a"]})[1] == []


def test_a_selector_that_names_no_policy_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="tpu-zone-unavailable"):
        export.selected(["tpu-zone-unavailable"])
