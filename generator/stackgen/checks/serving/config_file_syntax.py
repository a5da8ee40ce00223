"""A file of a ConfigMap that is not the YAML or JSON that its name says."""

from __future__ import annotations

import json

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.yaml_in import parse
from stackgen.regex import regex

_YAML, _JSON = (".yaml", ".yml"), (".json",)
# A program or a script fills these in before it reads the file.
_TEMPLATE = regex(r"\{\{|\{%|\$\{|\$\(|<%|@@|\$[A-Z_]{3,}|^\s*<[A-Z_-]+>|^\s*#if\b")
# JSON with comments and commas at the end, which these programs read.
_COMMENTED = regex(
    r"^(?:devcontainer|tsconfig[\w.-]*|jsconfig|settings|launch|\.?eslintrc|renovate)\.json$"
)
# In a string of JSON they change nothing: it is JSON before and after.
_HOLE = regex(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\$\{[^{}]*\}")
_STRING = regex(r'"(?:[^"\\]|\\.)*"')
_LARGE = 200_000  # characters


def check(context: Context) -> Violations:
    """One finding for each file."""
    for resource in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(resource.get("data")).items():
            if not isinstance(value, str) or len(value) > _LARGE or _COMMENTED.search(str(key)):
                continue
            why = _wrong(str(key), _filled(value) if str(key).endswith(_JSON) else value)
            if why:
                yield violation(
                    f"{key} is not {'JSON' if str(key).endswith(_JSON) else 'YAML'}: {why}",
                    Place(resource, ("data", key)),
                    severity=Severity.WARNING if resource.index else None,
                )


def _wrong(key: str, value: str) -> str:
    """Why a program cannot read the file; "" if it can, or if the name says no format."""
    if _TEMPLATE.search(_STRING.sub('""', value) if key.endswith(_JSON) else value):
        return ""
    if key.endswith(_JSON) and value.strip():
        try:
            json.loads(value)
        except ValueError as error:
            return str(error)
        except RecursionError:
            return ""
    elif key.endswith(_YAML):
        for document in parse(value, key, learning=False):
            for problem in document.problems:
                if problem.rule == "yaml-syntax":
                    return problem.message
    return ""


def _filled(value: str) -> str:
    """JSON without the placeholders in its strings; all of it if there are others."""
    filled = _HOLE.sub(lambda found: "\x01" * len(found[0]), value)
    return value if "\x01" in _STRING.sub("", filled) else filled.replace("\x01", "x")
