"""The one model of a finding, for every check and every report."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from stackgen.record import record

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

    @property
    def ink(self) -> Literal["error", "warning", "info"]:
        """The word for it, as a type checker knows it."""
        return _WORDS[self]


_WORDS: dict[Severity, Literal["error", "warning", "info"]] = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
}

Confidence = Literal["high", "medium", "low"]
Family = Literal[
    "spec",
    "schema",
    "serving",
    "tpu",
    "network",
    "rollout",
    "policy",
    "gitops",
    "catalog",
    "upgrade",
]
FAMILIES: tuple[Family, ...] = (
    "spec", "schema", "serving", "tpu", "network", "rollout", "policy", "gitops", "catalog",
    "upgrade",
)  # fmt: skip


@record
class RuleSource:
    """Where a fact comes from, and the day (YYYY-MM-DD) it was read there."""

    what: str
    as_of: str = ""
    url: str = ""


@record
class Rule:
    """What a rule is. Its page `docs/rules/<id>.md` says it; its check is `<id>.py`.

    summary: one sentence, the thing that is wrong. impact: what happens in the cluster.
    remedy: what to do in a manifest. remedy_in_stack: what to do in stack.yaml. field: what to
    change there, such as `spec.serving.models[].image`: a finding about a rendered object points to
    it. At least one remedy is
    set. bad, good: YAML examples. why: the mechanism, for `stackgen explain`. fixable: `--fix`
    can do it. Findings may override severity, confidence, impact and remedy. by_default: the most
    that its findings are in the severity profile `default`; lower than `severity` for a policy.
    """

    id: str
    family: Family
    severity: Severity
    summary: str
    impact: str
    remedy: str
    sources: tuple[RuleSource, ...]
    confidence: Confidence = "high"
    bad: str = ""
    good: str = ""
    why: str = ""
    fixable: bool = False
    remedy_in_stack: str = ""
    field: str = ""
    by_default: Severity = Severity.ERROR

    def finding(self, message: str, *places: Place, **more: Any) -> Finding:
        """A finding of this rule; the first place is the primary one."""
        return Finding(self, message, places, **more)


@record
class Place:
    """Where: a path into a resource, or a place in a source text.

    key: point at the key, not at its value. note: what to write under the caret. field: of a
    rendered object, the place in the spec that is to be changed.
    """

    resource: Resource | None = None
    path: Path = ()
    key: bool = False
    note: str = ""
    file: str = ""
    text: str = ""
    mark: Mark | None = None
    field: Place | None = None


@record
class Fix:
    """A certain remedy in the spec: set (or, with `remove`, drop) the value at `path`.

    rename: give the key at `path` this name and keep its value. `path` counts list items as
    `file` itself holds them, not as the spec merged with an overlay does.
    """

    file: str
    path: Path
    value: Any = None
    remove: bool = False
    rename: str = ""


@record
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
    docs: tuple[str, ...] = field(default=())

    @property
    def level(self) -> Severity:
        """The severity that counts: the finding's own, or the rule's."""
        return self.severity or self.rule.severity


@record
class Violation:
    """What the check of one rule yields: a finding without its rule, which the registry adds.

    more: further fields of the finding.
    """

    message: str
    places: tuple[Place, ...]
    severity: Severity | None
    more: Mapping[str, Any]

    def of(self, rule: Rule) -> Finding:
        """The finding."""
        return Finding(rule, self.message, self.places, severity=self.severity, **self.more)


Violations = Iterator[Violation]


def violation(
    message: str, *places: Place, severity: Severity | None = None, **more: Any
) -> Violation:
    """A violation of the rule of the module; the first place is the primary one."""
    return Violation(message, places, severity, more)


@record
class ObjectRef:
    """The Kubernetes object that a location is about."""

    kind: str
    namespace: str
    name: str
    group: str = ""


Role = Literal["primary", "secondary", "rendered"]


@record
class Location:
    """A place made concrete: 1-based line and columns, `end_column` exclusive.

    path: as `show_path` writes it. excerpt: the text of that line, empty when unknown.
    line 0: the file as a whole.
    """

    role: Role
    file: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    path: str = ""
    object: ObjectRef | None = None
    note: str = ""
    excerpt: str = ""


@record
class Suppressed:
    """Why a finding does not count: by a remark in the source, or from outside of it."""

    kind: Literal["inSource", "external"]
    reason: str
    until: str = ""


@record
class Located:
    """A finding as reports show it: with locations, fingerprint and, if so, its suppression.

    advice: what to do, in the file that the user edits.
    """

    finding: Finding
    locations: tuple[Location, ...]
    fingerprint: str
    suppression: Suppressed | None = None
    advice: str = ""

    @property
    def primary(self) -> Location | None:
        """Where it is, first of all; None for a finding about the run as a whole."""
        return self.locations[0] if self.locations else None


def advice_on(finding: Finding, primary: Location | None) -> str:
    """What to do about a finding, in the file that the user edits. primary: where it is.

    The finding's own remedy comes first. A manifest is fixed in the manifest. An object that was
    rendered from stack.yaml is fixed there: in the field, or in a patch of the object.
    """
    rule = finding.rule
    resource = finding.places[0].resource if finding.places else None
    if finding.remedy:
        return finding.remedy
    if resource is None or resource.document is not None or primary is None:
        return rule.remedy or rule.remedy_in_stack
    if primary.path.startswith("spec.patches["):
        return f"Change or remove this patch. {rule.remedy or rule.remedy_in_stack}"
    if primary.path.startswith("spec.") and (
        rule.family == "schema" or "extraObjects[" in primary.path or ".template." in primary.path
    ):
        return f"Change this field. {rule.remedy or rule.remedy_in_stack}"
    if rule.remedy_in_stack or not resource.kind:
        return rule.remedy_in_stack or rule.remedy
    return f"Patch {resource.kind}/{resource.name} in spec.patches. {rule.remedy}"
