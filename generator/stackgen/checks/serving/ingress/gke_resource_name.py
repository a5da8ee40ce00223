"""A name of an object of Google Cloud that the input makes with a different name or scope."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.ingress.google_objects import WORDS, google_objects, named
from stackgen.escape import visible
from stackgen.facts.shape import plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean, misspelled


def check(context: Context) -> Violations:
    """One finding for each name. An unused object of the kind shows which one is meant."""
    made = google_objects(context)
    if not made:
        return
    asked = [one for one in named(context) if one.name and plain(one.name)]
    used = {(one.kind, one.name) for one in asked}
    for one in asked:
        same = [x for x in made if (x.kind, x.name) == (one.kind, one.name)]
        what = f"{WORDS[one.kind]} {visible(one.name)}"
        if same and all(x.scope != one.scope for x in same):
            yield violation(
                f"{what} is {same[0].scope}, and the load balancer of {one.user} is {one.scope}",
                one.place,
                Place(same[0].resource, (), note=f"the {WORDS[one.kind]}"),
            )
        alike = [x for x in made if (x.kind, x.scope) == (one.kind, one.scope)]
        free = [x for x in alike if (x.kind, x.name) not in used or misspelled(one.name, x.name)]
        names = sorted({x.name for x in free})
        hint = did_you_mean(one.name, names)
        if len(names) == 1:
            hint = hint or f"; nothing names {visible(names[0])}"
        if not same and hint:
            yield violation(
                f"nothing in the input makes a {one.scope} {what}, which {one.user} needs{hint}",
                one.place,
                Place(free[0].resource, (), note="the one that may be meant"),
            )
