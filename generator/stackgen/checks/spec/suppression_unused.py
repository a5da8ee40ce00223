"""A suppression that suppresses nothing."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="suppression-unused",
    family="spec",
    severity=Severity.WARNING,
    summary="A suppression covers no finding.",
    impact="Nothing today; the day the finding comes back, it is hidden before anyone has seen it.",
    remedy="Remove the suppression.",
    source="stackgen suppressions",
    why="What was suppressed has been mended, or the rule's name is misspelt, or the comment is "
    "not on the line that the finding names after `-->`. A suppression is only called unused "
    "when its rule was part of the run.",
    bad="""# `image` is pinned by digest by now
image: nginx@sha256:4c0fd... # stackgen: ignore[supply-image-digest] mirrored every night""",
    good="""image: nginx:1.27 # stackgen: ignore[supply-image-digest] mirrored every night""",
)
