"""The findings that an upgrade adds: the same input, checked by the old and by the new release."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.checks import registry
from stackgen.checks.context import Context, identity
from stackgen.facts.pickers import is_picker
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle
from stackgen.regex import regex
from stackgen.releases.compare import compare
from stackgen.releases.programs import ROUTER, version_in
from stackgen.releases.uses import Index, Use, index
from stackgen.upgrade.model import Judged

BREAKS = rule_named("upgrade-breaking-change")
# A word of the input is what differs; an object of a kind only may be concerned.
_VERSION = regex(r"\d+(\.\d+)+")
_SURE, _PERHAPS, _CHANGED = Severity.ERROR, Severity.WARNING, Severity.INFO
Wants = Callable[[Rule], bool]


def added(context: Context, old: Row, new: Row, wants: Wants) -> list[Finding]:
    """What the checks find with the new release, and not with the old one.

    Images of the old release count as those of the new one, so that flags and configurations are
    compared with the programs that will read them.
    """
    if old.key == new.key:
        return []
    catalog = context.catalog
    images = _images(old, new, catalog)
    before = dataclasses.replace(context, release=old.key, assumed=_assumed(old), kept={})
    after = dataclasses.replace(
        context, release=new.key, bundle=_moved(context.bundle, images), assumed=_assumed(new),
        kept={},
    )  # fmt: skip
    known = registry.run(before, wants)
    found = registry.run(after, wants)
    names = set(images.values())
    return [f for f in beyond(known, found) if not _about_image(f, names)]


def beyond(known: Iterable[Finding], found: Iterable[Finding]) -> list[Finding]:
    """The findings that are not known: of another rule, or at another place."""
    keys = {_key(finding) for finding in known}
    return [finding for finding in found if _key(finding) not in keys]


def concerns(old: Row, new: Row, catalog: Catalog, objects: Bundle) -> tuple[Judged, ...]:
    """The differences of the releases, each with the places of the input that use it."""
    words = index(objects.objects)
    return tuple(_judge(change, words) for change in compare(old, new, catalog))


def rendered(changes: Iterable[Judged], after: Bundle) -> tuple[Judged, ...]:
    """The differences, without those that the new rendering follows."""
    words = index(after.objects)
    return tuple(
        Judged(one.change, "rendered", one.uses)
        if one.concern == "yes" and one.uses and not words.uses(one.change)
        else one
        for one in changes
    )


def settled(changes: Iterable[Judged], findings: Iterable[Finding]) -> tuple[Judged, ...]:
    """The differences, in which limits of fields count where an object was rejected.

    The checks have compared every object with the new schema.
    """
    rejected = {
        (place.resource.group, place.resource.kind)
        for finding in findings
        if finding.rule.family == "schema"
        for place in finding.places[:1]
        if place.resource is not None
    }
    return tuple(_settle(one, rejected) for one in changes)


def findings_of(changes: Iterable[Judged], found: Iterable[Finding], wants: Wants) -> list[Finding]:
    """The differences that matter to the input, as findings at the places that use them.

    found: findings of the checks, each of which says more about its place.
    """
    if not wants(BREAKS):
        return []
    said = {_key(finding)[1:] for finding in found}
    all_of_them = [
        BREAKS.finding(
            change.change.what, Place(use.resource, use.path, key=use.key),
            remedy=change.change.remedy or BREAKS.remedy, severity=_severity(change),
            docs=(f"{change.change.source}, {change.change.as_of}",),
        )
        for change in changes
        if change.concern == "yes" and change.change.area != "version"
        for use in change.uses
    ]  # fmt: skip
    return [one for one in all_of_them if _key(one)[1:] not in said]


def _severity(one: Judged) -> Severity:
    if one.change.level != "breaks":
        return _CHANGED
    uses = one.change.uses
    return _SURE if uses.words or uses.paths or uses.settings else _PERHAPS


def _judge(change: Any, words: Index) -> Judged:
    uses: tuple[Use, ...] = words.uses(change)
    return Judged(words.narrowed(change), words.concern(change, uses), uses)


def _settle(one: Judged, rejected: set[tuple[str, str]]) -> Judged:
    limits = one.change.id.startswith("api-field-") and not one.change.id.endswith("-removed")
    if not limits or one.concern != "yes":
        return one
    if any((use.resource.group, use.resource.kind) in rejected for use in one.uses):
        return one
    return Judged(one.change, "no")


def _key(finding: Finding) -> tuple[object, ...]:
    """What makes two findings the same: rule and place, whatever the message says.

    A text of several lines is one place of many things, which only the message tells apart.
    """
    place = finding.places[0] if finding.places else Place()
    if place.resource is None:
        return (finding.rule.id, place.file, place.path, finding.message)
    value = place.resource.get(*place.path)
    said = _VERSION.sub("", finding.message) if isinstance(value, str) and "\n" in value else ""
    return (finding.rule.id, identity(place.resource), place.resource.file, place.path, said)


def _about_image(finding: Finding, images: set[str]) -> bool:
    """Whether the finding is about an image that the input does not name yet."""
    place = finding.places[0] if finding.places else Place()
    return bool(
        place.resource is not None and place.path[-1:] == ("image",)
        and place.resource.get(*place.path) in images
    )  # fmt: skip


def _assumed(row: Row) -> Mapping[str, str]:
    """The versions of programs that come with a release, by their rows in metrics.yaml."""
    found = {"vllm": version_in(row, "vllm"), "endpoint-picker": version_in(row, ROUTER)}
    return {name: version for name, version in found.items() if version}


def _images(old: Row, new: Row, catalog: Catalog) -> Mapping[str, str]:
    """The image of the new release for each of the old one; "" for any endpoint picker's."""
    before, after = dict(_named(old.data)), dict(_named(new.data))
    pairs = {image: after[path] for path, image in before.items() if path in after}
    picker = next((i for i in after.values() if is_picker(i, catalog.copy())), "")
    for image in before.values():
        if picker and is_picker(image, catalog.copy()):
            pairs[image] = picker
    return pairs | {"": picker}


def _named(value: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """The images below a value of a row, by their path."""
    if isinstance(value, Mapping):
        return [
            (*found,)
            for key, inner in value.items()
            for found in (
                [((*path, key), inner)]
                if isinstance(inner, str) and (key == "image" or path[:1] == ("images",))
                else _named(inner, (*path, key))
            )
        ]
    return []


def _moved(bundle: Bundle, images: Mapping[str, str]) -> Bundle:
    """The bundle with the images of the new release."""
    resources = tuple(
        dataclasses.replace(r, data=data) if (data := _with(r.data, images)) is not r.data else r
        for r in bundle.resources
    )
    return dataclasses.replace(bundle, resources=resources)


def _with(value: Any, images: Mapping[str, str]) -> Any:
    """The value with the images replaced; itself when nothing is."""
    if isinstance(value, dict):
        items = {key: _item(key, inner, images) for key, inner in value.items()}
        return items if any(items[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        entries = [_with(inner, images) for inner in value]
        return entries if any(a is not b for a, b in zip(entries, value, strict=True)) else value
    return value


def _item(key: Any, value: Any, images: Mapping[str, str]) -> Any:
    if key != "image" or not isinstance(value, str):
        return _with(value, images)
    picker = images.get("", "")
    if value not in images and picker and is_picker(value, Catalog()):
        return picker
    return images.get(value, value)
