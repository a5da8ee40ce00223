"""A flag that an endpoint picker does not have, or lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.catalog.charts import meaning
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.pickers.pickers import POOL_NAME, Picker, pickers
from stackgen.checks.serving.view import Service, services
from stackgen.facts import command_line
from stackgen.facts.chart_sources import ChartValues
from stackgen.facts.chart_values import known_values
from stackgen.facts.command_line import CommandLine
from stackgen.facts.pickers import PickerVersion, picker_version
from stackgen.facts.shape import as_dict, at, named, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import MAIN
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_SELECTOR = "endpoint-selector"
_CAPITAL = regex(r"(?<=[a-z0-9])([A-Z])")


def check(context: Context) -> Violations:
    """One finding for each flag of a version that is known."""
    for picker in pickers(chain(context)):
        found = picker_version(text(picker.container.get("image")), moving=True)
        if found is None:
            continue
        names = found.program.versions.at(found.version, found.program.options)
        unknown = list(_unknown(picker.pods.owner.resource, picker.line, found))
        yield from unknown
        yield from _missing(picker, found, names, bool(unknown))
    for service in services(context):
        yield from _of_service(service)
    for given, chart in known_values(context.bundle):
        paths = meaning()["rules"].get(chart.chart, {}).get("picker")
        if paths is not None:
            yield from _of_values(given, paths)


def _of_values(given: ChartValues, paths: Mapping[str, Any]) -> Violations:
    """The flags of a picker that a chart starts, in the version of the chart or that of the tag."""
    image = as_dict(at(given.values, *paths["image"]))
    parts = [text(image.get(key)) for key in ("hub", "registry", "repository", "name")]
    name = "/".join(filter(None, parts)) or paths["default"]
    found = picker_version(f"{name}:{text(image.get('tag')) or given.version}")
    if found is None:
        return
    names = found.program.versions.at(found.version, found.program.options)
    for name in as_dict(at(given.values, *paths["flags"])):
        if name not in names:
            path = (*paths["flags"], name)
            yield violation(_message(found, name, names), given.place(path, key=True))


def _of_service(service: Service) -> Violations:
    """The arguments that a service gives its scheduler."""
    where = ("spec", "router", "scheduler", "template", "containers")
    own = named(service.resource.get(*where), MAIN)
    merged = named(at(service.merged, *where[1:]), MAIN)
    found = picker_version(text(merged[1].get("image"))) if merged else None
    if own is not None and found is not None:
        i, container = own
        line = command_line.read(None, container.get("args"), {}, (*where, i))
        yield from _unknown(service.resource, line, found)


def _unknown(resource: Resource, line: CommandLine, found: PickerVersion) -> Violations:
    names = found.program.versions.at(found.version, found.program.options)
    for name, flag in line.flags.items():
        if name not in names:
            yield violation(_message(found, name, names), Place(resource, flag.path))


def _message(found: PickerVersion, name: str, names: dict[str, str]) -> str:
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
    return f"{found.shown} has no flag --{name}{hint}"


def _missing(
    picker: Picker, found: PickerVersion, names: dict[str, str], unknown: bool
) -> Violations:
    """Neither the pool nor its own selection of Pods is given, or two configurations are."""
    flags = picker.line.flags
    if "config-file" in flags and "config-text" in flags:
        yield violation(
            "--config-file and --config-text exclude each other",
            picker.flag("config-text"),
            picker.flag("config-file"),
        )
    # A configuration may say how endpoints are found.
    open_ended = unknown or not picker.line.complete or "config-text" in flags
    if (
        POOL_NAME in names
        and not open_ended
        and not any(name in flags and flags[name].value != "" for name in (POOL_NAME, _SELECTOR))
    ):
        where = "args" if "args" in picker.container else "name"
        yield violation(f"{found.shown} needs --{POOL_NAME}", picker.place(where))
