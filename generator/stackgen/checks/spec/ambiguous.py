"""What an ambiguous scalar of the spec must mean, where the type of its field leaves no choice."""

from __future__ import annotations

from stackgen.checks.spec.pass_shape import schema_of
from stackgen.findings.model import Fix
from stackgen.manifest.document import Source, YamlProblem
from stackgen.manifest.scalars import as_kubectl
from stackgen.spec.load import Loaded

RULE_ID = "yaml-ambiguous-scalar"
_TYPES = {"boolean": bool, "integer": int}


def fix(loaded: Loaded, source: Source, problem: YamlProblem) -> Fix | None:
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
