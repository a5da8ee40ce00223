"""An expression of an admission policy with a variable that the policy does not declare."""

from __future__ import annotations

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import maps, plain, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_GROUP = "admissionregistration.k8s.io"
_KINDS = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
_EXPRESSIONS = ("expression", "messageExpression", "valueExpression")
_LONG = 20_000  # characters of an expression
_QUOTED = regex(r"'[^'\\\n]*(?:\\.[^'\\\n]*)*'|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|//[^\n]*")
_USED = regex(r"(?<![\w.])variables\.([A-Za-z_]\w*)")


def check(context: Context) -> Violations:
    """One finding for each expression. A variable may use those that are declared before it."""
    for kind in _KINDS:
        for policy in context.bundle.of_kind(kind, _GROUP):
            if is_completed(context, policy):
                continue
            declared = [text(one.get("name")) for _, one in maps(policy.get("spec", "variables"))]
            for path, written in texts(policy.get("spec")):
                if path[-1] not in _EXPRESSIONS or not plain(written) or len(written) > _LONG:
                    continue
                own = path[0] == "variables" and isinstance(path[1], int)
                there = declared[: int(path[1])] if own else declared
                used = _USED.findall(_QUOTED.sub("''", written))
                missing = next((name for name in used if name not in there), "")
                if missing:
                    hint = did_you_mean(missing, there)
                    why = (
                        "declares it later" if missing in declared else f"does not declare it{hint}"
                    )
                    yield violation(
                        f"the expression uses variables.{visible(missing)}, and the policy {why}",
                        Place(policy, ("spec", *path)),
                    )
