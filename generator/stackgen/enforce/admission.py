"""ValidatingAdmissionPolicies with their bindings: policies in CEL, judged by the API server.

Every policy has, for its `deny` and its `warn`, an expression that gives the messages; a request
passes when there are none. Form: admissionregistration.k8s.io/v1 (Kubernetes 1.30 and later); the
expressions use what CEL in Kubernetes 1.30 has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.policy.headers import Policy
from stackgen.enforce import model
from stackgen.enforce.model import Enforcement, Part, Settings, action, labels
from stackgen.findings.model import Severity

ACTIONS: dict[Enforcement, str] = {"deny": "Deny", "warn": "Warn", "dryrun": "Audit"}
NOT_OWNED = (
    "!object.metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false) == true)"
)


def parts(policy: Policy) -> tuple[Part, ...]:
    """The entry points that the policy has in CEL."""
    entries = [entry for entry in model.ENTRIES if entry in model.expressions(policy)]
    both = len(entries) > 1
    return tuple(
        Part(policy, entry, "-warnings" if both and entry == "warn" else "") for entry in entries
    )


def variables(text: str, settings: Settings) -> list[dict[str, str]]:
    """The variables that an expression needs, each after those it needs itself."""
    known = {
        "profile": literal(dict(settings.profile)),
        "servesTLS": literal(settings.serves_tls is True),
        **model.shared_variables(),
    }
    return [{"name": name, "expression": known[name]} for name in model.used(text, known)]


def literal(value: Any) -> str:
    """A value of JSON in CEL. Inside lists and mappings types may differ, so `dyn` hides them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(k)}: dyn({literal(v)})" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(f"dyn({literal(item)})" for item in value) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    return json.dumps(text)


def policy_of(part: Part, settings: Settings) -> dict[str, Any]:
    """The ValidatingAdmissionPolicy of one entry point."""
    rule = part.policy.rule
    messages = model.expressions(part.policy)[part.entry]
    constraints: dict[str, Any] = {
        "resourceRules": [
            {
                "apiGroups": [target.group],
                "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE"],
                "resources": list(target.resources),
            }
            for target in model.targets(part.policy)
        ]
    }
    if model.keeps_server_up(part.policy):
        expression = {"key": model.bootstrap_label(), "operator": "DoesNotExist"}
        constraints["objectSelector"] = {"matchExpressions": [expression]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {
            "name": name(part),
            "labels": labels(),
            "annotations": {"description": f"{rule.summary} {rule.impact} {rule.remedy}"},
        },
        "spec": {
            "failurePolicy": "Fail" if part.level is Severity.ERROR else "Ignore",
            "matchConstraints": constraints,
            "matchConditions": list(conditions(settings)),
            "variables": [
                *variables(messages, settings),
                {"name": part.entry, "expression": messages},
            ],
            "validations": [
                {
                    "expression": f"variables.{part.entry}.size() == 0",
                    "message": f"{rule.id}: {rule.summary}",
                    "messageExpression": f'"{rule.id}: " + variables.{part.entry}.join(" | ")',
                }
            ],
        },
    }


def conditions(settings: Settings) -> Iterator[dict[str, str]]:
    """What a request has to be for a policy to look at it."""
    here = 'object.metadata.?namespace.orValue("")'
    if settings.namespaces:
        named = ", ".join(_text(namespace) for namespace in settings.namespaces)
        yield {"name": "namespace", "expression": f"{here} in [{named}]"}
    else:
        pattern = "|".join(
            re.escape(n).replace(r"\-", "-").replace(r"\*", ".*")
            for n in model.platform_namespaces()
        )
        yield {"name": "namespace", "expression": f"!{here}.matches({_text(f'^({pattern})$')})"}
    if not settings.include_owned:
        yield {"name": "not-made-by-a-controller", "expression": NOT_OWNED}


def name(part: Part) -> str:
    """The name of the objects of a part."""
    return f"{part.policy.rule.id}{part.suffix}.stackgen.dev"


def binding(part: Part, settings: Settings) -> dict[str, Any]:
    """The ValidatingAdmissionPolicyBinding that puts the policy into force."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name(part), "labels": labels()},
        "spec": {
            "policyName": name(part),
            "validationActions": [ACTIONS[action(part.level, settings.enforcement)]],
        },
    }


def bundle(policies: list[Policy], settings: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object with its file, policies first."""
    made = [part for policy in policies for part in parts(policy)]
    for part in made:
        file = f"policies/{part.policy.rule.id}{part.suffix}.yaml"
        yield file, policy_of(part, settings)
    for part in made:
        file = f"bindings/{part.policy.rule.id}{part.suffix}.yaml"
        yield file, binding(part, settings)
