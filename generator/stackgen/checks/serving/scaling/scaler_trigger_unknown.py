"""A trigger that KEDA does not have, or a setting that the trigger does not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.catalog.scaling import scaling, triggers
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.schema.native.jobs import schedule_problem, time_zone_problem
from stackgen.spelling import close, did_you_mean

_TRUTH = ("1", "t", "true", "0", "f", "false")


def check(context: Context) -> Violations:
    """One finding for each trigger, or for each of its settings."""
    for kind in ("ScaledObject", "ScaledJob"):
        for scaler in context.bundle.of_kind(kind, "keda.sh"):
            called: set[str] = set()
            for i, trigger in maps(scaler.get("spec", "triggers")):
                name, own = text(trigger.get("type")), text(trigger.get("name"))
                if own and own in called:
                    said = f"two triggers have the name {visible(own)}"
                    yield violation(said, Place(scaler, ("spec", "triggers", i, "name")))
                called.add(own)
                row = triggers().get(name)
                path = ("spec", "triggers", i)
                if row is None and name:
                    hint = did_you_mean(name, triggers())
                    yield violation(
                        f"KEDA has no trigger {visible(name)}{hint}", Place(scaler, (*path, "type"))
                    )
                given = as_dict(trigger.get("metadata"))
                found = [*_settings(given, row), *_parsed(name, given)] if row is not None else []
                for key, said, severity in found:
                    place = Place(scaler, (*path, "metadata", key), key=severity is not None)
                    yield violation(f"trigger {name} {said}", place, severity=severity)


def _settings(
    given: Mapping[str, Any], row: Mapping[str, Any]
) -> Iterator[tuple[str, str, Severity | None]]:
    """Settings with what is wrong with them, and how severe it is."""
    fields = row["fields"]
    for key, value in given.items():
        kind = fields.get(key)
        if key in row.get("removed", ()):
            yield key, f"rejects the setting {key} in KEDA 2.18 and later", Severity.WARNING
        elif kind is None and not row.get("open") and not key.endswith("FromEnv"):
            meant = close(key, fields)
            hint = f'; did you mean "{meant}"?' if meant else ""
            severity = Severity.WARNING if meant else Severity.INFO
            yield key, f"does not read the setting {visible(key)}{hint}", severity
        elif kind and isinstance(value, str) and not _fits(value, kind):
            wanted = kind.replace("|", ", ") if "|" in kind else f"a {kind}"
            yield key, f"takes {wanted} for {key}, not {visible(repr(value))}", None


def _parsed(name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str, None]]:
    """Texts that KEDA cannot parse."""
    kinds = scaling()["values"].get(name, {})
    for key, kind in kinds.items():
        value = text(given.get(key))
        if not value or _is_filled_later(value):
            continue
        if kind == "time zone":
            problem = time_zone_problem(value)
        elif value.startswith("@"):
            problem = "is not a schedule of five fields"
        else:
            problem = schedule_problem(value)
        if not problem and kind == "schedule":
            same = [k for k, v in given.items() if k < key and kinds.get(k) == kind and v == value]
            problem = f"is the same as {same[0]}" if same else ""
        if problem:
            yield key, f"has the {kind} {visible(repr(value))} for {key}, which {problem}", None


def _is_filled_later(value: str) -> bool:
    return any(mark in value for mark in ("{{", "${", "$(", "<"))


def _fits(value: str, kind: str) -> bool:
    if _is_filled_later(value):
        return True
    if kind == "number":
        try:
            float(value)
        except ValueError:
            return False
        return True
    if kind == "boolean":
        return value.lower() in _TRUTH
    # Some take several choices.
    return "|" not in kind or all(one.strip() in kind.split("|") for one in value.split(","))
