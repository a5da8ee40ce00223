"""A flag that an endpoint picker does not have, or lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.pickers import POOL_NAME, Picker, pickers
from stackgen.facts.picker_programs import PickerVersion, picker_version
from stackgen.facts.shape import text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.spelling import did_you_mean

RULE = rule_named(__name__)
_SELECTOR = "endpoint-selector"
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each flag of a version that is known."""
    for picker in pickers(chain(context)):
        found = picker_version(text(picker.container.get("image")))
        if found is None:
            continue
        names = found.program.versions.at(found.version, found.program.options)
        unknown = [name for name in picker.line.flags if name not in names]
        for name in unknown:
            yield _unknown(picker, found, name, names)
        yield from _missing(picker, found, names, bool(unknown))


def _unknown(picker: Picker, found: PickerVersion, name: str, names: dict[str, str]) -> Finding:
    program, version = found.program, found.version
    # Flags were renamed from camel case to words with dashes.
    dashed = _CAPITAL.sub(r"-\1", name).lower()
    told = program.versions.elsewhere(name, version, program.options)
    if dashed != name and dashed in names:
        hint = f"; it is named --{dashed}"
    elif told:
        hint = f"; {told}"
    else:
        hint = did_you_mean(name, sorted(names))
    return RULE.finding(f"{found.shown} has no flag --{name}{hint}", picker.flag(name))


def _missing(
    picker: Picker, found: PickerVersion, names: dict[str, str], unknown: bool
) -> Iterator[Finding]:
    """Neither the pool nor its own selection of Pods is given, or two configurations are."""
    flags = picker.line.flags
    if "config-file" in flags and "config-text" in flags:
        yield RULE.finding(
            "--config-file and --config-text exclude each other",
            picker.flag("config-text"),
            picker.flag("config-file"),
        )
    # A configuration may say how endpoints are found.
    open_ended = unknown or not picker.line.complete or "config-text" in flags
    if POOL_NAME in names and not open_ended and not flags.keys() & {POOL_NAME, _SELECTOR}:
        where = "args" if "args" in picker.container else "name"
        yield RULE.finding(f"{found.shown} needs --{POOL_NAME}", picker.place(where))
