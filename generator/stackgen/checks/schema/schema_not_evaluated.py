"""A rule of the schema could not be evaluated here."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-not-evaluated",
    family="schema",
    severity=Severity.WARNING,
    summary="A rule of the schema could not be evaluated here.",
    impact=(
        "Nothing is known about what this rule would say; the API server may refuse the object."
    ),
    remedy="Check the object against a cluster: kubectl apply --dry-run=server.",
    source="CEL of a user's own definitions that the engine cannot compile",
    bad="""\
# with a schema of one's own whose rule calls a function that is not known here
apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 3}
""",
    good="""\
apiVersion: example.com/v1
kind: Gadget
metadata: {name: one}
spec: {size: 3}
""",
)
