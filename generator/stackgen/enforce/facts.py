"""The data files below `policies/admission/`: kinds, reasons, and expressions in CEL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from stackgen import paths
from stackgen.checks.policy.headers import Policy
from stackgen.enforce.model import Form
from stackgen.manifest.yaml_in import parse
from stackgen.reading import read_text
from stackgen.record import record

ENTRIES = ("deny", "warn")
_USED = re.compile(r"\bvariables\.([a-zA-Z]+)\b")


@record
class Target:
    """Kinds of one API group, by name and as resources of the API server."""

    group: str
    kinds: tuple[str, ...]
    resources: tuple[str, ...]


@cache
def _file(name: str) -> dict[str, Any]:
    (document,) = parse(read_text(paths.policies("admission", name)), name, learning=False)
    assert isinstance(document.data, dict) and not document.problems, name
    return document.data


def targets(policy: Policy) -> tuple[Target, ...]:
    """What the policy looks at. KeyError for a kind that kinds.yaml does not know."""
    facts = _file("kinds.yaml")
    found: dict[str, Target] = {}
    for kind in policy.kinds:
        rows = facts[kind] if kind in ("pods", "all") else facts["kinds"][kind]
        for row in rows:
            old = found.get(row["group"], Target(row["group"], (), ()))
            kinds = dict.fromkeys((*old.kinds, *row.get("kinds", [kind])))
            resources = dict.fromkeys((*old.resources, *row["resources"]))
            found[row["group"]] = Target(row["group"], tuple(kinds), tuple(resources))
    return tuple(found.values())


def platform_namespaces() -> tuple[str, ...]:
    """Namespaces of others; a star ends a prefix."""
    return tuple(_file("kinds.yaml")["platform_namespaces"])


def bootstrap_label() -> str:
    """The label of roles that the API server keeps up itself."""
    return str(_file("kinds.yaml")["bootstrap_label"])


def keeps_server_up(policy: Policy) -> bool:
    """The policy is about objects of which the API server makes some itself."""
    return any(target.group == "rbac.authorization.k8s.io" for target in targets(policy))


def left_out(policy: Policy, form: Form) -> str:
    """Why a policy on single objects is not exported in this form; empty when it is."""
    reasons = _file("left-out.yaml")
    found = reasons["both"].get(policy.rule.id)
    if found is None and form == "vap":
        found = reasons["vap"].get(policy.rule.id)
    return str(found or "")


def expressions(policy: Policy) -> dict[str, str]:
    """Entry point -> CEL that gives its messages, a list of texts."""
    return {entry: str(text) for entry, text in _file(f"{policy.rule.id}.yaml").items()}


def shared_variables() -> Mapping[str, str]:
    """Expressions that others refer to as `variables.<name>`, in an order that works."""
    return _file("variables.yaml")


def used(text: str, known: Iterable[str]) -> Iterator[str]:
    """The names among `known` that an expression refers to, directly or not, in their order."""
    shared = shared_variables()
    wanted: set[str] = set()
    open_texts = [text]
    while open_texts:
        names = set(_USED.findall(open_texts.pop())) - wanted
        wanted |= names
        open_texts.extend(shared[name] for name in names if name in shared)
    yield from (name for name in known if name in wanted)
