"""The engines that judge an export in tests: Rego as Gatekeeper calls it, CEL as a server does.

A template's libraries are modules beside its rule, and `input` is `{review, parameters}`; an
expression of a ValidatingAdmissionPolicy sees `object` and the variables before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from stackgen.checks.policy import pack
from stackgen.checks.policy.engine import Engine
from stackgen.checks.policy.headers import Policy
from stackgen.enforce import gatekeeper, model
from stackgen.manifest.resource import Resource

POLICIES = {policy.rule.id: policy for policy in pack.policies()}


def is_meant(policy: Policy, resource: Resource) -> bool:
    """The object is of a kind that the export of the policy matches."""
    return any(
        (resource.group in (target.group, "*") and resource.kind in target.kinds)
        or target.kinds == ("*",)
        for target in model.targets(policy)
    )


@cache
def template(rule_id: str) -> Engine:
    """The engine of a template's Rego."""
    source = gatekeeper.source(POLICIES[rule_id])
    modules = [source["rego"], *source["libs"]]
    engine = Engine((f"{i}.rego", f"{_with_language(m)}") for i, m in enumerate(modules))
    engine.give_data({})
    return engine


def _with_language(module: str) -> str:
    """regorus takes the version of the language from an import, Gatekeeper from `version`."""
    lines = module.split("\n")
    place = next(i for i, line in enumerate(lines) if line.startswith("package "))
    return "\n".join([*lines[: place + 1], "import rego.v1", *lines[place + 1 :]])


def violations(rule_id: str, review: dict[str, Any], parameters: dict[str, Any]) -> list[str]:
    """The messages of a template about a review."""
    engine = template(rule_id)
    engine.give_input({"review": review, "parameters": parameters})
    found = engine.value("data.stackgen.gatekeeper.violation") or []
    return sorted(violation["msg"] for violation in found)


@cache
def _environment() -> Any:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_optional, ext_strings

    from stackgen.schema.cel_functions import declarations

    return cel.NewEnv(
        variables={"object": cel.Type.DYN, "variables": cel.Type.DYN},
        functions=declarations(),
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
    )


@cache
def _compiled(text: str) -> Any:
    return _environment().compile(text)


def cel(text: str, found: dict[str, Any], variables: dict[str, Any]) -> Any:
    """The value of an expression about the object `found`."""
    result = _compiled(text).eval(data={"object": found, "variables": variables})
    value = result.plain_value()
    assert result.type().name() != "ERROR", f"{text}\n{value}"
    return value


def messages(policy: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What a ValidatingAdmissionPolicy says about an object that its conditions let through."""
    spec = policy["spec"]
    variables: dict[str, Any] = {}
    for variable in spec["variables"]:
        variables[variable["name"]] = cel(variable["expression"], found, variables)
    (validation,) = spec["validations"]
    if cel(validation["expression"], found, variables):
        return []
    return split([cel(validation["messageExpression"], found, variables)])


def split(told: Iterable[str]) -> list[str]:
    """The single messages in those of a policy, without its name in front."""
    return sorted(one for text in told for one in text.split(": ", 1)[1].split(" | "))


def passes(policy: dict[str, Any], found: dict[str, Any]) -> bool:
    """The match conditions let the object through to the validations."""
    return all(cel(c["expression"], found, {}) for c in policy["spec"]["matchConditions"])
