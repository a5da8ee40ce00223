"""Flags, plugins, configuration and metrics that a program of a release no longer has.

`versions` of a release row says which version of a component comes with the release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.catalog.engines import Engine, Ranges, Versions, engine
from stackgen.catalog.load import Catalog
from stackgen.catalog.picker_programs import PickerProgram, picker_program
from stackgen.catalog.rows import Row
from stackgen.facts.metric_rows import declared, row_has
from stackgen.facts.pickers import version_of
from stackgen.releases.model import Area, Change, Uses, listed

ROUTER = "llm-d-router"
ENGINES = ("vllm", "vllm-tpu")
_PICKER = "llm-d"
# Tables of a picker, as a message calls them, and how an input has a name of the table: as a word,
# or as a setting of an EndpointPickerConfig.
_TABLES = (
    ("options", "flags", "--{}", ""), ("plugins", "plugins", "{}", "plugins.type={}"),
    ("gates", "feature gates", "{}", "featureGates={}"),
    ("fields", "configuration fields", "{}", "{}"),
)  # fmt: skip


def version_in(row: Row, component: str) -> str:
    """The version of a component in a release; "" when the row does not say."""
    return str(row.data.get("versions", {}).get(component, ""))


def program_changes(old: Row, new: Row, catalog: Catalog) -> Iterator[Change]:
    """What is removed from the endpoint picker, the engines and their metrics."""
    was, now = version_in(old, ROUTER), version_in(new, ROUTER)
    program = picker_program(_PICKER)
    if was != now and {was, now} <= set(program.versions.known):
        yield from _picker(program, was, now)
    for name in ENGINES:
        was, now = version_in(old, name), version_in(new, name)
        found = engine(name)
        if was != now and {was, now} <= set(found.versions.known):
            yield from _engine(found, was, now)
    yield from _metrics(old, new, catalog)


def _picker(program: PickerProgram, was: str, now: str) -> Iterator[Change]:
    tables: Mapping[str, Ranges] = {
        "options": program.options, "plugins": program.plugins, "gates": program.gates,
        "fields": program.fields,
    }  # fmt: skip
    source, as_of = "plug-ins and flags in the source of llm-d/llm-d-router", "2026-11-29"
    for table, called, form, setting in _TABLES:
        gone = _gone(program.versions, tables[table], was, now)
        words = tuple(form.format(name) for name in gone)
        if gone:
            set_there = tuple(setting.format(name) for name in gone)
            yield Change(
                f"picker-{table}-removed", "picker", "breaks",
                f"the endpoint picker {now} has no {called} {listed(words)}, which {was} has",
                f"Remove these {called}, or use what replaces them. Unknown ones end the picker.",
                Uses(settings=set_there) if setting else Uses(words=words), source, as_of, words,
            )  # fmt: skip
    parameters = tuple(
        f"{plugin}.{name}"
        for plugin, kind in program.versions.at(now, program.plugins).items()
        for name in _parameters(program.versions.at(was, program.plugins).get(plugin, ""), kind)
    )
    if parameters:
        strict = program.strict(now)
        yield Change(
            "picker-parameters-removed", "picker", "breaks" if strict else "changes",
            f"plugins of the endpoint picker {now} have no parameters {listed(parameters)}",
            "Remove these parameters. " + (
                "The picker rejects a parameter that it does not know."
                if strict else "The picker ignores a parameter that it does not know."
            ),
            Uses(settings=parameters), source, as_of, parameters,
        )  # fmt: skip


def _parameters(was: str, now: str) -> list[str]:
    """Parameters of a plugin that are gone; none where they are not known."""
    if "*" in (was, now) or not was:
        return []
    return sorted(set(was.split("|")) - set(now.split("|")) - {""})


def _engine(found: Engine, was: str, now: str) -> Iterator[Change]:
    source, as_of = f"argument parsers in the packages of {found.name} on PyPI", "2026-11-29"
    for table, called, form in (
        (found.options, "options", "--{}"), (found.variables, "variables", "{}"),
    ):  # fmt: skip
        gone = tuple(
            f"-{name}" if len(name) == 1 else form.format(name)
            for name in _gone(found.versions, table, was, now)
        )
        if not gone:
            continue
        # vLLM ends at an unknown option, and does not read an unknown variable.
        breaks = called == "options"
        hints = [
            f"{name}: {found.replaced[name[2:]]}" for name in gone if name[2:] in found.replaced
        ]
        yield Change(
            f"engine-{called}-removed", "engine", "breaks" if breaks else "changes",
            f"{found.shown} {now} has no {called} {listed(gone)}, which {was} has",
            "Remove them. " + (f"Write instead: {'; '.join(hints)}." if hints else ""),
            Uses(words=gone), source, as_of, gone,
        )  # fmt: skip


def _gone(versions: Versions, names: Ranges, was: str, now: str) -> tuple[str, ...]:
    return tuple(sorted(versions.at(was, names).keys() - versions.at(now, names).keys()))


def _metrics(old: Row, new: Row, catalog: Catalog) -> Iterator[Change]:
    for component, name in ((ROUTER, "endpoint-picker"), ("vllm", "vllm"), ("vllm-tpu", "vllm")):
        was, now = version_in(old, component), version_in(new, component)
        row = catalog.row("metrics", name)
        if row is None or not was or not now or was == now:
            continue
        before, after = version_of(was), version_of(now)
        gone = tuple(
            one for one in declared(row)
            if row_has(row, one, before) and not row_has(row, one, after)
        )  # fmt: skip
        if gone:
            instead = row.data.get("instead", {})
            hints = [f"{one}: {instead[one]}" for one in gone if one in instead]
            area: Area = "metrics"
            yield Change(
                "metrics-removed", area, "breaks",
                f"{component} {now} does not export {listed(gone)}, which {was} exports",
                "Change dashboards, alerts and autoscalers. "
                + (f"Query instead: {'; '.join(hints)}." if hints else ""),
                Uses(words=_scraped(row, gone)), row.source, row.as_of, gone,
            )  # fmt: skip


def _scraped(row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of metrics as queries have them."""
    found = list(names)
    for name in names:
        if name in row.data.get("histograms", ()):
            found += [f"{name}{part}" for part in ("_bucket", "_sum", "_count")]
        elif name in row.data.get("counters", ()) and not name.endswith("_total"):
            found.append(f"{name}_total")
    return tuple(found)
