"""The proof as findings: at the line of the spec that asked for it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.network.proof import Stack, stack_world
from stackgen.manifest.resource import Bundle
from stackgen.net.flows import flows_of
from stackgen.net.prove import Proof, asked, prove_flows
from tests.checks.planned import cases, check, findings_of
from tests.stacks import build_data

RULES = ("net-required-flows", "net-forbidden-flows")


@pytest.mark.parametrize(("rule", "file"), cases(RULES))
def test_case(rule: str, file: Path) -> None:
    check(rule, file)


def test_without_default_deny_needed_flows_are_still_asked() -> None:
    found = {f.rule.id for f, _ in findings_of("spec: {network: {defaultDeny: false}}\n")}
    assert not found & set(RULES)


def _stack(context: Context) -> Stack:
    stack = stack_world(context)
    assert stack is not None
    return stack


def _failing(proofs: list[Proof]) -> list[tuple[str, str, str, str]]:
    return [
        (x.flow.id, str(x.flow.source), str(x.flow.destination), str(x.wrong))
        for x in proofs
        if not x.holds and not (x.flow.unknown and x.flow.kind == "forbidden")
    ]


def test_flows_that_are_left_out_hold() -> None:
    """Whatever policy is missing, or opens everything."""
    compiled = build_data("prod", _models(3))
    assert compiled.bundle is not None and compiled.plan is not None
    objects = compiled.bundle.objects
    policies = [one for one in objects if one.kind == "NetworkPolicy"]
    failing = 0
    for policy in policies:
        for opened in (None, {"podSelector": {}, "ingress": [{}], "egress": [{}]}):
            data = None if opened is None else {**policy.data, "spec": opened}
            rest = [
                type(one)(data, one.file) if one is policy and data is not None else one
                for one in objects
                if one is not policy or data is not None
            ]
            stack = _stack(Context(Bundle(tuple(rest)), plan=compiled.plan))
            every = asked(flows_of(stack.world, stack.profile), stack.profile)
            found = _failing(prove_flows(stack.nets, asked(stack.flows, stack.profile)))
            assert found == _failing(prove_flows(stack.nets, every)), policy.name
            failing += len(found)
    assert failing > 100


def test_flows_to_prove_grow_as_the_models_do() -> None:
    counts = []
    for number in (4, 8, 16):
        compiled = build_data("prod", _models(number))
        assert compiled.bundle is not None
        counts.append(len(_stack(Context(compiled.bundle, plan=compiled.plan)).flows))
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


def _models(number: int) -> dict[str, Any]:
    """The repository's stack with so many models."""
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    serving = data["spec"]["serving"]
    model = serving["models"][0]
    serving["models"] = [
        {**model, "name": f"m{n}", "servedName": f"m{n}", "replicas": 1} for n in range(number)
    ]
    return data
