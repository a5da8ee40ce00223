"""What the YAML of the spec does wrong, as its loader saw it: the rules `yaml-*`.

The loader finds it, so that a short module is all there is to do.
"""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.pass_shape import schema_of
from stackgen.findings.model import Finding, Fix, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Source, YamlProblem
from stackgen.manifest.scalars import as_kubectl
from stackgen.manifest.yaml_errors import TEMPLATE
from stackgen.spec.load import Loaded

RULE_ID = "yaml-ambiguous-scalar"
_TEMPLATED = "Write the value. If another program fills in the template, run it first."
_TYPES = {"boolean": bool, "integer": int}


def quoted_fix(loaded: Loaded, source: Source, problem: YamlProblem) -> Fix | None:
    """Text for a field of text; true or false, or the number, for a field of that type."""
    if problem.rule != RULE_ID:
        return None
    for path, node in loaded.nodes.items():
        if node.source != source or node.mark != problem.mark or not isinstance(node.value, str):
            continue
        wanted = (schema_of(path) or {}).get("type")
        if wanted == "string":
            return Fix(file=source.name, path=node.path, value=node.value)
        kind = _TYPES.get(str(wanted))
        meant = as_kubectl(node.value) if kind is not None else None
        if kind is not None and type(meant) is kind:
            return Fix(file=source.name, path=node.path, value=meant)
    return None


def check(context: SpecContext) -> Iterable[Finding]:
    """One finding for each problem, with both places where there are two."""
    for source, problem in context.loaded.problems:
        places = [Place(file=source.name, text=source.text, mark=problem.mark)]
        if problem.other is not None:
            other = Place(file=source.name, text=source.text, mark=problem.other, note=problem.note)
            places.append(other)
        fix = quoted_fix(context.loaded, source, problem)
        yield rule_named(problem.rule).finding(
            problem.message,
            *places,
            remedy=_TEMPLATED if problem.message == TEMPLATE else problem.remedy,
            fix=fix,
        )
