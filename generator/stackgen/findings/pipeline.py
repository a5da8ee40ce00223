"""From what the checks found to what a report shows: select, locate, suppress, count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Any

from stackgen.escape import shortened
from stackgen.findings import baseline, suppress
from stackgen.findings.config import SeverityProfile, weigh
from stackgen.findings.fingerprint import fingerprint
from stackgen.findings.locate import Texts, locate, show_file
from stackgen.findings.model import Finding, Located, Location, ObjectRef, Severity, advice_on
from stackgen.findings.select import Selection, exit_code
from stackgen.findings.suppress import Suppression
from stackgen.manifest import secret_values
from stackgen.manifest.document import Source
from stackgen.manifest.excluded import Excluded
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.redact import hide, look, redact

NOTHING = "nothing was checked: no documents"


@record
class Options:
    """What a run was asked for. baseline: how often each fingerprint is known.

    ignored_paths: the suppressions of the config file. profile: what it says about the cluster.
    severities: the severity profile.
    raised: ids of rules whose findings are errors in this run. excluded: files that are not read.
    """

    selection: Selection
    fail_on: Severity = Severity.ERROR
    baseline: Mapping[str, int] | None = None
    ignored_paths: tuple[Suppression, ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)
    severities: SeverityProfile = "production"
    raised: frozenset[str] = frozenset()
    excluded: Excluded = Excluded()


@record
class Summary:
    """Counts: of findings that are not suppressed by severity, of suppressed ones, of documents.

    fixable: those not suppressed that `--fix` can fix.
    """

    errors: int
    warnings: int
    infos: int
    suppressed: int
    documents: int
    fixable: int = 0


@record
class Outcome:
    """The result of a run. findings: in stable order, the suppressed ones among them.

    notes: for stderr, a sentence each. anchor: the first file of the run, for formats in which
    every finding must have a place.
    """

    findings: tuple[Located, ...]
    summary: Summary
    exit_code: int
    fail_on: Severity = Severity.ERROR
    notes: tuple[str, ...] = ()
    anchor: str = ""

    @property
    def shown(self) -> tuple[Located, ...]:
        """The findings that are not suppressed."""
        return tuple(x for x in self.findings if x.suppression is None)


def conclude(
    findings: Iterable[Finding],
    options: Options,
    *,
    documents: int,
    today: date,
    suppressions: Sequence[Suppression] = (),
    sources: Iterable[Source] = (),
    complete: bool = True,
    shared: bool = False,
    located: Iterable[Located] = (),
) -> Outcome:
    """The outcome of a run that looked at `documents` documents.

    located: further findings, from `located_findings`. suppressions: those of the spec. sources:
    texts of the run (spec, overlays, linted manifests), whose lines are shown and whose comments
    may suppress. today: the day against which `until` is read. complete: False when the run stopped
    before all rules were asked; then no suppression is called unused. shared: other shards look at
    other documents.
    """
    shown = options.selection.counts
    texts = tuple(sources)
    known = Texts.of(texts)
    # Those of several environments may say one thing.
    located = _together([*located, *located_findings(findings, options, texts)])
    stated = (*suppressions, *suppress.suppressions(texts), *options.ignored_paths)
    files = {source.name for source in texts} | {x.file for f in located for x in f.locations}
    marked, about = suppress.apply(located, stated, options.selection, today, sorted(files))
    if not complete:
        about = [f for f in about if f.rule.id != suppress.UNUSED]
    marked += _located((f for f in about if shown(f.rule)), known)
    marked = sorted(_named(marked), key=order)
    notes = []
    if options.baseline is not None:
        marked, gone = baseline.apply(marked, options.baseline)
        if gone:
            notes.append(f"{gone} of the baseline no longer found: --write-baseline drops them")
    if not documents and not shared:
        notes.append(NOTHING)
    counts = _count(marked, documents)
    levels = [x.finding.level for x in marked if x.suppression is None]
    code = exit_code(levels, options.fail_on, documents or shared)
    anchor = show_file(texts[0].name) if texts else ""
    return Outcome(tuple(marked), counts, code, options.fail_on, tuple(notes), anchor)


def located_findings(
    findings: Iterable[Finding], options: Options, sources: Iterable[Source]
) -> list[Located]:
    """The wanted findings with their severity and place. They hold no object any more."""
    weighed = (weigh(f, options.severities) for f in findings if options.selection.counts(f.rule))
    return _located((_raised(f, options.raised) for f in weighed), Texts.of(sources))


def _raised(finding: Finding, rules: frozenset[str]) -> Finding:
    return replace(finding, severity=Severity.ERROR) if finding.rule.id in rules else finding


def order(located: Located) -> tuple[object, ...]:
    """The order of reports: worst first, then by file, line, column, rule and path.

    The message comes last, since it shows stars where a secret is hidden.
    """
    primary = located.primary
    where = (primary.file, primary.line, primary.column) if primary else ("", 0, 0)
    finding = located.finding
    path = primary.path if primary else ""
    return (-finding.level, *where, finding.rule.id, path, finding.message, located.fingerprint)


def _located(findings: Iterable[Finding], texts: Texts) -> list[Located]:
    """Each finding with its locations, and without the objects that it is about."""
    secrets: dict[int, set[str]] = {}
    found = []
    several = list(findings)
    look(text for finding in several for text in _words(finding))
    for found_by_rule in several:
        finding = _without_secrets(found_by_rule, secrets)
        locations = locate(finding, texts)
        name = fingerprint(finding, locations[0] if locations else None)
        advice = advice_on(finding, locations[0] if locations else None)
        bare = Finding(
            finding.rule, finding.message, (), finding.impact, finding.remedy, finding.severity,
            finding.confidence, finding.fix, finding.docs,
        )  # fmt: skip
        found.append(Located(bare, locations, name, advice=advice))
    return _together(found)


def _words(finding: Finding) -> Iterator[str]:
    """What a finding says, beside what its rule says."""
    yield from (finding.message, finding.impact, finding.remedy)
    for place in finding.places:
        yield place.note


def _together(several: Iterable[Located]) -> list[Located]:
    """What is found twice at one place is one finding: two checks may see one mistake, and a line
    of stack.yaml is rendered for each environment."""
    found: list[Located] = []
    alike: dict[tuple[object, ...], list[int]] = {}
    for located in several:
        # Without the fingerprint: one line of stack.yaml may be rendered at several places.
        numbers = alike.setdefault(order(located)[:-1], [])
        same = (n for n in numbers if _written(found[n]) == _written(located))
        number = next(same, None)
        if number is None:
            numbers.append(len(found))
            found.append(located)
        else:
            first = found[number]
            more = tuple(x for x in located.locations if x not in first.locations)
            found[number] = replace(first, locations=(*first.locations, *more))
    return found


def _named(several: Sequence[Located]) -> Iterator[Located]:
    """What says the same about several objects at one place, each with the name of its object.

    One line of a template makes several objects.
    """

    def said(located: Located) -> tuple[object, ...]:
        spot = located.primary
        where = (spot.file, spot.line, spot.column) if spot else ()
        return (located.finding.rule.id, located.finding.message, *where)

    objects: dict[tuple[object, ...], set[ObjectRef]] = {}
    for located in several:
        if located.primary is not None and located.primary.object is not None:
            objects.setdefault(said(located), set()).add(located.primary.object)
    for located in several:
        spot = located.primary
        if spot is not None and spot.object is not None and len(objects[said(located)]) > 1:
            about = f"{spot.object.kind} {spot.object.name}: {located.finding.message}"
            yield replace(located, finding=replace(located.finding, message=about))
        else:
            yield located


def _written(located: Located) -> list[Location]:
    return [x for x in located.locations if x.role != "rendered"]


def _without_secrets(finding: Finding, known: dict[int, set[str]]) -> Finding:
    """The finding without the secrets of the objects it is about, and what looks like one.

    known: the secrets of each object that was asked for before.
    """
    values: set[str] = set()
    noted = False
    for place in finding.places:
        noted = noted or bool(place.note)
        if place.resource is not None:
            here = id(place.resource.data)
            if here not in known:
                known[here] = _secrets_of(place.resource)
            values |= known[here]
    # The path is shown: a value that is equal to a field of it hides nothing.
    values = values.difference(step for place in finding.places for step in place.path)
    changed: dict[str, Any] = {}
    for name in ("message", "impact", "remedy"):
        text = getattr(finding, name)
        clean = shortened(redact(hide(text, values))) if text else text
        if clean != text:
            changed[name] = clean
    if noted:
        changed["places"] = tuple(
            replace(p, note=redact(hide(p.note, values))) if p.note else p for p in finding.places
        )
    return replace(finding, **changed) if changed else finding


def _secrets_of(resource: Resource) -> set[str]:
    document = resource.document
    if document is None or (document.secrets and document.data is not resource.data):
        return secret_values.values_of(resource.data)
    return {part for part in document.secret_parts if part.strip()}


def _count(findings: Sequence[Located], documents: int) -> Summary:
    shown = [x.finding for x in findings if x.suppression is None]
    by_level = Counter(finding.level for finding in shown)
    return Summary(
        by_level[Severity.ERROR],
        by_level[Severity.WARNING],
        by_level[Severity.INFO],
        len(findings) - len(shown),
        documents,
        sum(f.fix is not None for f in shown),
    )
