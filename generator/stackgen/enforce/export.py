"""An export as a whole: what is chosen, as objects of one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.policy import pack
from stackgen.checks.policy.headers import Policy
from stackgen.enforce import admission, gatekeeper, model
from stackgen.enforce.model import FORMS, HEADER, Form, Settings
from stackgen.escape import json_text
from stackgen.findings.select import selection
from stackgen.manifest.yaml_out import dump
from stackgen.record import record
from stackgen.table import table

SEVERAL = "it is about several objects together; a cluster judges each by itself"


@record
class LeftOut:
    """A policy that is not exported, and the reason."""

    policy: Policy
    reason: str


def reason(policy: Policy, form: Form) -> str:
    """Why this form cannot enforce the policy; empty when it can."""
    return SEVERAL if policy.scope == "set" else model.left_out(policy, form)


def choose(
    policies: Sequence[Policy], form: Form, profile: Mapping[str, Any]
) -> tuple[list[Policy], list[LeftOut]]:
    """The policies to export, and the others with the reason."""
    chosen, others = [], []
    for policy in policies:
        why = reason(policy, form)
        if not why and policy.needs and policy.needs not in profile:
            why = f"it finds nothing without profile.{policy.needs}"
        if why:
            others.append(LeftOut(policy, why))
        else:
            chosen.append(policy)
    return chosen, others


def selected(select: Iterable[str]) -> list[Policy]:
    """The shipped policies that selectors name, all when there are none, sorted by id.

    Raises UsageError for a selector that no policy answers to.
    """
    policies = pack.policies()
    chosen = selection({policy.rule.id: policy.rule for policy in policies}, select)
    return [policy for policy in policies if chosen.wants(policy.rule)]


KUSTOMIZATION = "kustomization.yaml"


def files(objects: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, bytes]:
    """Every file by its path below the folder of the export. Folders keep their order."""
    texts = {file: _text(data) for file, data in objects}
    folders: dict[str, list[str]] = {}
    for file in texts:
        folder, _, name = file.partition("/")
        folders.setdefault(folder, []).append(name)
    for folder, names in folders.items():
        texts[f"{folder}/{KUSTOMIZATION}"] = _text(_kustomization(names))
    texts[KUSTOMIZATION] = _text(_kustomization(folders))
    return {file: text.encode("utf-8") for file, text in texts.items()}


def stream(objects: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """The same objects as one stream of documents."""
    yield HEADER + "\n"
    for _, data in objects:
        yield "---\n" + dump(data)


def _kustomization(resources: Iterable[str]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
    }


def _text(data: dict[str, Any]) -> str:
    return f"{HEADER}\n{dump(data)}"


_COLUMNS = ("POLICY", "SEVERITY", "JUDGES", *map(str.upper, FORMS), "KINDS")


@record
class Row:
    """A policy, and for each form why it is not exported; empty when it is."""

    policy: Policy
    reasons: dict[str, str]


def rows(policies: Iterable[Policy]) -> list[Row]:
    """A row for each policy, in their order."""
    return [Row(p, {form: reason(p, form) for form in FORMS}) for p in policies]


def _cells(row: Row) -> tuple[str, ...]:
    policy = row.policy
    scope = "an object" if policy.scope == "file" else "the set"
    marks = ("no" if row.reasons[form] else "yes" for form in FORMS)
    return (policy.rule.id, str(policy.rule.severity), scope, *marks, ", ".join(policy.kinds))


def text(found: Sequence[Row]) -> str:
    """A table."""
    return "".join(f"{x}\n" for x in table(_COLUMNS, [_cells(row) for row in found]))


def as_json(found: Iterable[Row]) -> str:
    """The same for programs."""
    items = [
        {
            "id": row.policy.rule.id, "title": row.policy.rule.summary,
            "severity": str(row.policy.rule.severity), "scope": row.policy.scope,
            "kinds": list(row.policy.kinds), "needs": row.policy.needs,
            "export": {form: row.reasons[form] or True for form in FORMS},
        }
        for row in found
    ]  # fmt: skip
    return json_text({"version": 1, "policies": items}) + "\n"


_BUNDLES = {"gatekeeper": gatekeeper.bundle, "vap": admission.bundle}


@record
class Export:
    """objects: each with its file, in the order of application. left_out: with the reasons."""

    objects: tuple[tuple[str, dict[str, Any]], ...]
    left_out: tuple[LeftOut, ...]


def export(policies: Sequence[Policy], form: Form, settings: Settings) -> Export:
    """The objects that put `policies` into force."""
    chosen, left_out = choose(policies, form, settings.profile)
    return Export(tuple(_BUNDLES[form](chosen, settings)), tuple(left_out))
