"""A probe with two handlers."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, view
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.release import Controller

RULE = rule_named(__name__)


_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def check(context: Context) -> Violations:
    """Judged on the merged view, for each release that may be meant."""
    seen = view(context)
    for service in seen.subjects:
        for part in service.parts():
            for probe in _PROBES:
                yield from seen.in_releases(RULE, _two, part, probe)


def _two(part: Part, probe: str, controller: Controller) -> Violation | None:
    main = part.main()
    own = as_dict(main[1].get(probe)) if main else {}
    if main is None or not own or not part.service.whole:
        return None
    merged = next((p for p in part.service.parts(controller) if p.path == part.path), part)
    after = as_dict(merged.merged_main().get(probe))
    both = [name for name in _HANDLERS if after.get(name) is not None]
    mine = [name for name in _HANDLERS if own.get(name) is not None]
    if len(both) < 2 or not mine:
        return None
    theirs = next((name for name in both if name not in mine), "")
    if not theirs:
        return None
    return violation(
        f"the {probe} has {mine[0]} in addition to the {theirs} of the preset",
        part.place(*main[0], probe, mine[0], key=True),
    )
