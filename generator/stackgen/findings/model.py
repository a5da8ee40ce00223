"""The one model of a finding, for every check and every report."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from stackgen.manifest.document import Mark, Path
    from stackgen.manifest.resource import Resource


class Severity(enum.IntEnum):
    """How bad it is. Ordered: an error outranks a warning."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


Confidence = Literal["high", "medium", "low"]
Family = Literal["spec", "schema", "serving", "tpu", "network", "policy", "gitops", "catalog"]
FAMILIES: tuple[Family, ...] = (
    "spec", "schema", "serving", "tpu", "network", "policy", "gitops", "catalog",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is. Its id is its file, its docs page and its fixture folder.

    summary: one sentence, the thing that is wrong. impact: what happens in the cluster.
    remedy: what to do. source: where the fact comes from. bad, good: short YAML examples.
    fixable: `--fix` can mend it. parameters of findings may override impact and remedy.
    """

    id: str
    family: Family
    severity: Severity
    summary: str
    impact: str
    remedy: str
    source: str
    confidence: Confidence = "high"
    bad: str = ""
    good: str = ""
    fixable: bool = False

    def finding(self, message: str, *places: Place, **more: Any) -> Finding:
        """A finding of this rule; the first place is the primary one."""
        return Finding(self, message, places, **more)


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a path into a resource, or a place in a source text.

    key: point at the key, not at its value. note: what to write under the caret.
    """

    resource: Resource | None = None
    path: Path = ()
    key: bool = False
    note: str = ""
    file: str = ""
    text: str = ""
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A certain remedy in the spec: set (or, with `remove`, drop) the value at `path`."""

    file: str
    path: Path
    value: Any = None
    remove: bool = False
    rename: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule says, with actual values in the message."""

    rule: Rule
    message: str
    places: tuple[Place, ...] = ()
    impact: str = ""
    remedy: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    fix: Fix | None = None
    suppressed: str = ""
    docs: tuple[str, ...] = field(default=())

    @property
    def level(self) -> Severity:
        """The severity that counts: the finding's own, or the rule's."""
        return self.severity or self.rule.severity


Check = Callable[..., Iterable[Finding]]
