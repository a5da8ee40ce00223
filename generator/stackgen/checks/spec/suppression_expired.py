"""A suppression whose last day has passed."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="suppression-expired",
    family="spec",
    severity=Severity.WARNING,
    summary="A suppression's `until` has passed; it no longer holds.",
    impact="The findings it covered count again.",
    remedy="Mend what was found and drop the suppression, or agree on a new date.",
    source="stackgen suppressions",
    why="`until` is the last day on which the suppression holds. A date that cannot be read "
    "never holds.",
    bad="""suppress:
  - {rule: pods-run-as-non-root, reason: image is being rebuilt, until: "2026-01-31"}""",
    good="""suppress:
  - {rule: pods-run-as-non-root, reason: image is being rebuilt, until: "2099-01-31"}""",
)
