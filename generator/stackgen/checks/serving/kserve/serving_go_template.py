"""Text that the controller cannot evaluate as a Go template."""

from __future__ import annotations

import re

from stackgen.checks.context import Context
from stackgen.facts.shape import texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import CONFIG_KIND, KIND
from stackgen.platforms.kserve.release import GROUP
from stackgen.regex import regex

_ACTION = regex(r"\{\{(-? )?(.*?)( ?-)?\}\}", re.DOTALL)
_WORD = regex(r"`[^`]*`|\$?\.?[A-Za-z_][\w.]*|\$")
_FUNCTIONS = {
    "and", "or", "not", "len", "index", "print", "printf", "println", "eq", "ne", "lt", "le", "gt",
    "ge", "html", "js", "urlquery", "call", "slice", "if", "else", "end", "range", "with", "define",
    "template", "block", "break", "continue", "true", "false", "nil",
    "ChildName", "kvTransferConfig", "shutdownTimeout",
}  # fmt: skip
_FIELDS = {
    "Spec", "Status", "ObjectMeta", "TypeMeta", "GlobalConfig", "Name", "Namespace", "Labels",
    "Annotations", "Kind", "APIVersion", "UID", "Generation", "GenerateName", "Finalizers",
    "OwnerReferences", "ResourceVersion", "CreationTimestamp",
}  # fmt: skip
# Placeholders of Helm: the manifest is not rendered yet.
_HELM = regex(r"\.(Values|Release|Chart|Capabilities|Files|Template)\b|\b(include|tpl|toYaml)\b")


def check(context: Context) -> Violations:
    """One finding for each text of a service or config that cannot be evaluated."""
    for kind in (KIND, CONFIG_KIND):
        for resource in context.bundle.of_kind(kind, GROUP):
            for path, value in texts(resource.get("spec")):
                why = _problem(value) if "{{" in value else ""
                if why:
                    yield violation(why, Place(resource, ("spec", *path)))


def _problem(value: str) -> str:
    if _HELM.search(value):
        return ""
    if value.count("{{") > len(_ACTION.findall(value)):
        return "double braces are not closed"
    for _, action, _ in _ACTION.findall(value):
        if action.startswith("/*"):
            continue
        short = " ".join(action.split())[:40]
        if any(c in action for c in '"\\\n\t'):
            return f"{{{{ {short} }}}} has a quote or line break, which JSON escapes: use backticks"
        why = _unknown(action)
        if why:
            return f"{{{{ {short} }}}}: {why}"
    return ""


def _unknown(action: str) -> str:
    loops = re.match(r"\s*(range|with|define|block)\b", action)
    for word in _WORD.findall(action):
        if word.startswith(("`", "$")):
            continue
        if word.startswith("."):
            field = word.split(".")[1]
            # Inside of range and with, the dot is something else.
            if field and field not in _FIELDS and not loops:
                return f"an LLMInferenceService has no field {field}"
        elif word.split(".")[0] not in _FUNCTIONS:
            return f"{word.split('.')[0]} is not a function"
    return ""
