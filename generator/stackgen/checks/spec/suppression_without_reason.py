"""A suppression that does not say why."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="suppression-without-reason",
    family="spec",
    severity=Severity.ERROR,
    summary="A suppression gives no reason; it does not hold.",
    impact="The findings it names count as if it were not there.",
    remedy="Say why the finding is meant to be: # stackgen: ignore[rule] reason",
    source="stackgen suppressions",
    why="Whoever reads the manifest next year must be able to judge whether the exception still "
    "stands.",
    bad="""replicas: 1  # stackgen: ignore[avail-pdb]""",
    good="""replicas: 1  # stackgen: ignore[avail-pdb] a demo, downtime is fine""",
)
