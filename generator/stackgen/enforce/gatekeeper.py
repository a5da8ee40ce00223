"""ConstraintTemplates and Constraints for Gatekeeper, from the Rego of the policies as it stands.

The policy becomes a library of the template, its own libraries beside it; what it reads as `input`
is the object under review, and what is known about the cluster are the Constraint's parameters.
Form: templates.gatekeeper.sh/v1 with `code` of the engine Rego, version v1 (Gatekeeper 3.19 and
later), where libraries are packages below `lib` and `import rego.v1` is neither needed nor allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen import paths
from stackgen.checks.policy.headers import Policy
from stackgen.enforce import model
from stackgen.enforce.model import Part, Settings, action, labels
from stackgen.manifest.shipped import shipped_text
from stackgen.reading import read_text
from stackgen.regex import regex

TARGET = "admission.k8s.gatekeeper.sh"
_LIBRARY = regex(r"\bdata\.lib\.([a-z_]+)\b")
_GIVEN = regex(r"^default given := \{\}\n\ngiven := data\.stackgen .*\n", re.MULTILINE)
_COMMENT = regex(r"^#.*\n", re.MULTILINE)
_ENTRY = regex(r"^(deny|warn) contains ", re.MULTILINE)


def kind(policy: Policy) -> str:
    """The kind that the template of a policy defines."""
    return "Stackgen" + "".join(word.capitalize() for word in policy.rule.id.split("-"))


def parts(policy: Policy) -> tuple[Part, ...]:
    """The entry points that the policy has."""
    entries = dict.fromkeys(_ENTRY.findall(_text(f"{policy.rule.id}.rego")))
    both = len(entries) > 1
    return tuple(
        Part(policy, entry, "-warnings" if both and entry == "warn" else "")
        for entry in model.ENTRIES
        if entry in entries
    )


def template(policy: Policy) -> dict[str, Any]:
    """The ConstraintTemplate of a policy."""
    rule = policy.rule
    parameters = {
        "type": "object",
        "properties": {
            "results": {"type": "string", "enum": [part.entry for part in parts(policy)]},
            "includeOwned": {"type": "boolean"},
            "servesTLS": {"type": "boolean"},
            "profile": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {
            "name": kind(policy).lower(),
            "labels": labels(),
            "annotations": {
                "metadata.gatekeeper.sh/title": rule.summary,
                "description": f"{rule.impact} {rule.remedy}",
            },
        },
        "spec": {
            "crd": {
                "spec": {
                    "names": {"kind": kind(policy)},
                    "validation": {"legacySchema": False, "openAPIV3Schema": parameters},
                }
            },
            "targets": [
                {
                    "target": TARGET,
                    "code": [{"engine": "Rego", "source": source(policy)}],
                }
            ],
        },
    }


def source(policy: Policy) -> dict[str, Any]:
    """The Rego of a template: the rule that Gatekeeper asks for, and its libraries."""
    one = shipped_text(__file__, "violation.rego")
    violations = "\n".join(one.replace("{entry}", part.entry) for part in parts(policy))
    text = _text(f"{policy.rule.id}.rego")
    libraries = [_text(f"lib/{name}.rego") for name in _libraries(text)]
    own = _exported(text).replace("package main\n", "package lib.policy\n", 1)
    return {
        "version": "v1",
        "rego": shipped_text(__file__, "main.rego").replace("{violations}", violations),
        "libs": [own, *(_exported(library) for library in libraries)],
    }


def constraints(policy: Policy, settings: Settings) -> Iterator[dict[str, Any]]:
    """The Constraints of a policy: one for what it denies, one for what it warns of."""
    for part in parts(policy):
        parameters: dict[str, Any] = {"results": part.entry}
        if settings.include_owned:
            parameters["includeOwned"] = True
        if settings.serves_tls is not None:
            parameters["servesTLS"] = settings.serves_tls
        if settings.profile:
            parameters["profile"] = dict(settings.profile)
        yield {
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": kind(policy),
            "metadata": {
                "name": policy.rule.id + part.suffix,
                "labels": labels(),
                # The kind is there only after Gatekeeper has taken in the template.
                "annotations": {
                    "argocd.argoproj.io/sync-wave": "1",
                    "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true",
                },
            },
            "spec": {
                "enforcementAction": action(part.level, settings.enforcement),
                "match": _match(policy, settings),
                "parameters": parameters,
            },
        }


def _match(policy: Policy, settings: Settings) -> dict[str, Any]:
    kinds = [{"apiGroups": [t.group], "kinds": list(t.kinds)} for t in model.targets(policy)]
    match: dict[str, Any] = {"kinds": kinds}
    if settings.namespaces:
        match["namespaces"] = list(settings.namespaces)
    else:
        match["excludedNamespaces"] = list(model.platform_namespaces())
    if model.keeps_server_up(policy):
        expression = {"key": model.bootstrap_label(), "operator": "DoesNotExist"}
        match["labelSelector"] = {"matchExpressions": [expression]}
    return match


def _libraries(text: str) -> list[str]:
    """The libraries that a policy needs, those of its libraries among them, sorted.

    `facts` always, because the template's rule gives it the parameters.
    """
    found: set[str] = set()
    wanted = {"facts", *_LIBRARY.findall(text)}
    while wanted:
        found |= wanted
        wanted = {n for name in wanted for n in _LIBRARY.findall(_text(f"lib/{name}.rego"))} - found
    return sorted(found)


def _exported(text: str) -> str:
    """Rego as a template may hold it: no import of the language, no data from outside.

    Comments between the rules stay behind; the template's annotations say what the policy is for.
    """
    text = _COMMENT.sub("", text).replace("import rego.v1\n", "", 1)
    return _GIVEN.sub("given := {}\n", text).lstrip("\n")


@cache
def _text(name: str) -> str:
    return read_text(paths.policies(*name.split("/")))


def bundle(policies: list[Policy], settings: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object with its file, templates first."""
    for policy in policies:
        yield f"templates/{policy.rule.id}.yaml", template(policy)
    for policy in policies:
        for constraint in constraints(policy, settings):
            yield f"constraints/{constraint['metadata']['name']}.yaml", constraint
