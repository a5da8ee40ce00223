"""The result of an upgrade that was tried out."""

from __future__ import annotations

from stackgen.findings.model import Fix
from stackgen.findings.pipeline import Outcome
from stackgen.record import record
from stackgen.releases.model import Change
from stackgen.releases.uses import Concern, Use
from stackgen.review.model import Review


@record
class Judged:
    """A difference between the releases, and what the input has to do with it."""

    change: Change
    concern: Concern = "unknown"
    uses: tuple[Use, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether it stops something that the input uses."""
        return self.change.level == "breaks" and self.concern == "yes"


@record
class Upgrade:
    """One environment, or the manifests that were given, or nothing but the two releases.

    env: "" without a stack. old, new: release rows. changes: in the order of `compare`. outcome:
    what the new release finds and the old one does not; None without an input. edits: the fixes of
    the spec that are certain, the release first. review: what the stack renders for the new
    release against what it renders now; None where it renders nothing for it. notes: what could
    not be seen.
    """

    env: str
    old: str
    new: str
    changes: tuple[Judged, ...]
    outcome: Outcome | None = None
    edits: tuple[Fix, ...] = ()
    review: Review | None = None
    notes: tuple[str, ...] = ()

    @property
    def breaking(self) -> tuple[Judged, ...]:
        """What stops something that the input uses."""
        return tuple(one for one in self.changes if one.breaks)

    @property
    def blocked(self) -> bool:
        """Whether something must be done before the upgrade, as far as it was seen."""
        errors = self.outcome is not None and self.outcome.summary.errors > 0
        return bool(self.breaking) or errors
