"""Schemas that are too old to trust without another look."""

from __future__ import annotations

from datetime import date

from stackgen.checks.catalog.old import NAMED
from stackgen.checks.context import Context, spec_place
from stackgen.findings.model import Violations, violation
from stackgen.schema.store import Known, SchemaCatalog
from stackgen.wording import few


def check(context: Context) -> Violations:
    """One finding for all old schemas of the rendered objects.

    The user's own have no date. A variant is that of the version which the release installs.
    """
    if context.today is None or context.stack is None or context.loaded is None:
        return
    limit = context.stack.spec.catalogMaxAgeDays.others.value
    schemas = SchemaCatalog(context.schemas, context.catalog.variants(context.release))
    kinds = {(r.group, r.version, r.kind) for r in context.bundle.objects}
    found = [schemas.find(*kind) for kind in sorted(kinds)]
    dated = [one for one in found if one is not None and one.as_of and not one.label]
    ages = [(_age(one, context.today), one) for one in dated]
    old = sorted(((a, k) for a, k in ages if a > limit), key=lambda one: -one[0])
    if old:
        names = few((f"{k.kind} ({k.project} {k.release})" for _, k in old), NAMED)
        one = "schema is" if len(old) == 1 else "schemas are"
        message = f"{len(old)} {one} up to {old[0][0]} days old, more than {limit} days: {names}"
        yield violation(message, spec_place(context.loaded, ("spec", "release")))


def _age(known: Known, today: date) -> int:
    return (today - date.fromisoformat(known.as_of)).days
