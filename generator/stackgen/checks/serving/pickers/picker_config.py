"""A configuration that an endpoint picker rejects, or reads differently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.pickers.picker_configs import PickerConfig, picker_configs
from stackgen.facts.pickers import PickerVersion
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.spelling import did_you_mean

_GROUP = "inference.networking.x-k8s.io"
_HANDLER = "profile-handler"
_SINGLE = "single-profile-handler"
_NEW_GROUP = ("llm-d.ai", (0, 9))
_IGNORED = "The endpoint picker ignores it, and uses its default."


@record
class Wrong:
    """path: in the configuration. ignored: the picker starts, and does not use the value."""

    message: str
    path: Path
    ignored: bool = False
    key: bool = False


def check(context: Context) -> Violations:
    """What every version that reads a configuration says of it."""
    for config in picker_configs(context):
        wrongs = [*_shape(config.data), *_of_versions(config)]
        for wrong in wrongs:
            yield violation(
                config.said(wrong.message, wrong.path),
                config.place(wrong.path, key=wrong.key),
                severity=Severity.WARNING if wrong.ignored else None,
                impact=_IGNORED if wrong.ignored else "",
            )


def _of_versions(config: PickerConfig) -> Iterator[Wrong]:
    """What the first version rejects, while another that reads it does so too."""
    found = [list(_by_version(config.data, version)) for version in config.versions]
    for wrong in found[0] if found else ():
        if all(any(other.path == wrong.path for other in rest) for rest in found[1:]):
            yield wrong


def _shape(data: dict[str, Any]) -> Iterator[Wrong]:
    """What no version accepts."""
    names: set[str] = set()
    types: list[str] = []
    for i, plugin in maps(data.get("plugins")):
        kind, path = text(plugin.get("type")), ("plugins", i)
        name = text(plugin.get("name")) or kind
        types.append(kind)
        if not kind:
            yield Wrong(f"plugin {name or i} has no type", path)
        elif name in names:
            yield Wrong(f"there are two plugins with the name {name}", path)
        names.add(name)
    profiles = maps(data.get("schedulingProfiles"))
    seen: set[str] = set()
    count = 0
    for i, profile in profiles:
        count, name = count + 1, text(profile.get("name"))
        if not name:
            yield Wrong("this scheduling profile has no name", ("schedulingProfiles", i))
        elif name in seen:
            yield Wrong(f"there are two profiles with the name {name}", ("schedulingProfiles", i))
        seen.add(name)
    if any("{{" in kind for kind in types):
        return
    handlers = [i for i, kind in enumerate(types) if kind.endswith(_HANDLER)]
    if len(handlers) > 1:
        both = f"{types[handlers[0]]} and {types[handlers[1]]}"
        yield Wrong(f"{both} are profile handlers; one is allowed", ("plugins", handlers[1]))
    elif count > 1 and handlers and types[handlers[0]] == _SINGLE:
        yield Wrong(
            f"{_SINGLE} takes one scheduling profile; there are {count}", ("plugins", handlers[0])
        )


def _by_version(data: dict[str, Any], found: PickerVersion) -> Iterator[Wrong]:
    program, version = found.program, found.version
    plugins = program.versions.at(version, program.plugins)
    if not plugins:
        return
    yield from _group(data, found)
    fields = program.versions.at(version, program.fields)
    yield from _unknown_fields(data, (), "", fields, found)
    gates = program.versions.at(version, program.gates)
    for i, gate in enumerate(data.get("featureGates") or ()):
        if isinstance(gate, str) and gate.partition("=")[0] not in gates:
            hint = did_you_mean(gate, sorted(gates))
            yield Wrong(f"{found.shown} has no feature gate {gate}{hint}", ("featureGates", i))
    types = []
    for i, plugin in maps(data.get("plugins")):
        kind = text(plugin.get("type"))
        types.append(kind)
        if not kind or "{{" in kind:
            continue
        if kind not in plugins:
            told = program.versions.elsewhere(kind, version, program.plugins)
            hint = f"; {told}" if told else did_you_mean(kind, sorted(plugins))
            yield Wrong(f"{found.shown} has no plugin {kind}{hint}", ("plugins", i, "type"))
        else:
            yield from _parameters(plugin, i, plugins, found)
    several = len(list(maps(data.get("schedulingProfiles")))) > 1
    known = all(kind in plugins for kind in types)
    if several and known and not any(kind.endswith(_HANDLER) for kind in types):
        yield Wrong("there are several profiles, and no profile handler", ("schedulingProfiles",))


def _group(data: dict[str, Any], found: PickerVersion) -> Iterator[Wrong]:
    group = text(data.get("apiVersion")).partition("/")[0]
    name, since = _NEW_GROUP
    accepted = [_GROUP]
    if found.program.name == "llm-d" and found.number >= since:
        accepted.append(name)
    if group and group not in accepted:
        yield Wrong(f"{found.shown} reads {' and '.join(accepted)}, not {group}", ("apiVersion",))


def _unknown_fields(
    value: Any, path: Path, prefix: str, fields: dict[str, str], found: PickerVersion
) -> Iterator[Wrong]:
    """Fields are decoded strictly: one that is not known ends the picker."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _unknown_fields(item, (*path, i), prefix, fields, found)
        return
    if not isinstance(value, dict):
        return
    here = {f.removeprefix(prefix).partition(".")[0] for f in fields if f.startswith(prefix)}
    for key, inner in value.items() if here else ():
        name = f"{prefix}{key}"
        if name not in fields:
            program = found.program
            told = program.versions.elsewhere(name, found.version, program.fields)
            hint = f"; {told}" if told else did_you_mean(str(key), sorted(here))
            message = f"the configuration of {found.shown} has no field {name}{hint}"
            yield Wrong(message, (*path, str(key)), key=True)
        elif name != "plugins.parameters":
            yield from _unknown_fields(inner, (*path, str(key)), f"{name}.", fields, found)


def _parameters(
    plugin: dict[str, Any], i: int, plugins: dict[str, str], found: PickerVersion
) -> Iterator[Wrong]:
    kind = text(plugin.get("type"))
    known = plugins[kind].split("|")
    parameters = plugin.get("parameters")
    if known == ["*"] or not isinstance(parameters, dict):
        return
    for name in parameters:
        if name in known:
            continue
        elsewhere = [k for k, names in plugins.items() if name in names.split("|")]
        hint = did_you_mean(str(name), known)
        if len(elsewhere) == 1 and not hint:
            hint = f"; {elsewhere[0]} has it"
        yield Wrong(
            f"{kind} of {found.shown} has no parameter {name}{hint}",
            ("plugins", i, "parameters", str(name)),
            ignored=not found.program.strict(found.version),
            key=True,
        )
