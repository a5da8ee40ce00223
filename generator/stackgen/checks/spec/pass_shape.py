"""Whether the spec has the shape its schema asks for: one pass, four rules.

The schema answers unknown keys, wrong types, missing keys and values out of bounds together, so
the rules share this pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec import values
from stackgen.checks.spec.foreign_keys import foreign
from stackgen.checks.spec.references import meant_name, misspelt_name, rename_remedy
from stackgen.checks.spec.spec_derived_flag import derived
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Finding, Fix
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path, located, show_path
from stackgen.manifest.shipped import shipped
from stackgen.redact import redact
from stackgen.regex import regex
from stackgen.schema.part import part
from stackgen.schema.syntax import parse_cidr
from stackgen.spec.fields import shipped_schema
from stackgen.spelling import close as close_to
from stackgen.spelling import did_you_mean, nearest, only_nearest

_MISSPELLED = 0.8  # the ratio of difflib, from which on a key is a slip for another one
_FLAG = regex("--[a-z0-9][-a-z0-9]*")
_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "number": "a number",
    "null": "null",
}


_ASKED = count()


def _is_valid(data: Any) -> bool:
    """Most runs ask once or twice, for which the part of the schema that is needed is enough."""
    few = next(_ASKED) < 2
    validator = _compiled(part(shipped_schema(), data)) if few else _validator()
    return bool(validator.is_valid(data))


@cache
def _validator() -> Any:
    return _compiled(shipped_schema())


def _compiled(schema: dict[str, Any]) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema, offline=True)


def check(context: SpecContext) -> Iterator[Finding]:
    """Findings for everything that breaks `schemas/stack.schema.json`."""
    yield from _unknown_nulls(context)
    yield from _range(context)
    if _is_valid(context.loaded.data):
        return
    schema, broken = shipped_schema(), []
    for error in _validator().iter_errors(context.loaded.data):
        path, _ = located(context.loaded.data, error.instance_path)
        facts = error.kind.as_dict()
        kind = type(error.kind).__name__
        broken.append((kind, facts, path, _schema_at(schema, error.schema_path[:-1])))
    # A key that is misspelt is not missing as well, and a word that YAML readers take for
    # different things has a finding of its own.
    misspelt = {
        (path, nearest(name, here["properties"]))
        for kind, facts, path, here in broken
        if kind == "AdditionalProperties"
        for name in facts["unexpected"]
    }
    ambiguous = {
        (source.name, problem.mark)
        for source, problem in context.loaded.problems
        if problem.rule == "yaml-ambiguous-scalar"
    }
    # What is wrong with the value of a flag does not matter where the flag is to be removed.
    removed = {path for path, *_ in derived(context)}
    lacking: dict[Path, list[str]] = {}
    for kind, facts, path, _ in broken:
        if kind == "Required" and meant_name(context, path):
            lacking.setdefault(path, []).append(facts["property"])
    for kind, facts, path, here in broken:
        if kind == "Required" and (path, facts["property"]) in misspelt:
            continue
        if kind == "Required" and path in lacking:
            if facts["property"] == lacking[path][0]:
                yield _missing(context, path, lacking[path], here)
            continue
        if kind == "Pattern" and path in removed:
            continue
        node = context.loaded.node(path)
        if (node.source.name, node.mark) not in ambiguous:
            yield from _findings(context, kind, facts, path, here)


def _unknown_nulls(context: SpecContext) -> Iterator[Finding]:
    """Keys without a value are not in the data: unknown ones are found here."""
    for path in context.loaded.nulls:
        around = schema_of(path[:-1])
        if around is not None and path[-1] not in around.get("properties", {path[-1]: None}):
            yield _unknown(context, path, around)


def _range(context: SpecContext) -> Iterator[Finding]:
    """An address range with bits after the prefix: the API server rejects the policies with it."""
    cluster = as_dict(context.spec.get("cluster"))
    given = cluster.get("controlPlaneCidr")
    network = parse_cidr(given) if isinstance(given, str) else None
    if network is not None and str(network) != given:
        path: Path = ("spec", "cluster", "controlPlaneCidr")
        yield rule_named("spec-invalid-value").finding(
            f"{show_path(path)} is {_shown(given)}, which has bits after its prefix; the range is "
            f"{network}",
            context.place(*path),
            remedy=values.write(path, str(network)),
        )


def schema_of(path: Path) -> dict[str, Any] | None:
    """What the schema says about the field at `path`; None where it knows no such field."""
    here: Any = shipped_schema()
    for step in path:
        table = here.get("items") if isinstance(step, int) else here.get("properties", {}).get(step)
        if not isinstance(table, dict):
            return None
        here = table
    found: dict[str, Any] = here
    return found


def set_example(path: Path) -> str:
    """What to set at `path`, with a value that works; without one where the schema has none."""
    shown, name = values.example(schema_of(path) or {}), f"{path[-2]}.{path[-1]}"
    return f"Set `{name}`." if shown is None else f"Set `{name}: {values.flow(shown)}`."


def _schema_at(schema: Any, path: list[Any]) -> dict[str, Any]:
    for step in path:
        schema = schema[step]
    return schema if isinstance(schema, dict) else {}


def _findings(
    context: SpecContext, kind: str, facts: dict[str, Any], path: Path, schema: dict[str, Any]
) -> Iterator[Finding]:
    value = _at(context.loaded.data, path)
    name = show_path(path) if path else "the file"
    if kind == "AdditionalProperties":
        for key in facts["unexpected"]:
            yield _unknown(context, (*path, key), schema, value[key])
    elif kind == "Required":
        yield _missing(context, path, [facts["property"]], schema)
    elif kind == "Type":
        wanted = " or ".join(_WORDS[t] for t in facts["types"])
        shown = None if _hidden(context, path, value) else value
        yield rule_named("spec-wrong-type").finding(
            f"{name} must be {wanted}, not {_shown(value)}",
            context.place(*path, note=wanted),
            remedy=_one_flag(context, path, value)
            or _object_remedy(path, shown, facts["types"], schema_of(path) or {})
            or values.write(path, values.retyped(value, facts["types"], schema_of(path) or {}))
            or _described(path),
            fix=_retyped(context, path, value, facts["types"]),
        )
    else:
        is_word = "enum" in schema and isinstance(value, str)
        alias = _accelerator(context, path, value)
        meant = alias or _synonym(path, value)
        hint = did_you_mean(meant or value, schema["enum"]) if is_word else ""
        yield rule_named("spec-invalid-value").finding(
            f"{name} is {_shown(value)}; {_bounds(kind, facts, schema)}{hint}",
            context.place(*path),
            remedy=_one_flag(context, path, value)
            or values.write(path, _near(context, path, value, schema, meant))
            or f"{_empty(path, value)}{_described(path)}",
            fix=_respelled(context, path, alias or value, schema),
        )


def _missing(
    context: SpecContext, path: Path, keys: Sequence[str], schema: dict[str, Any]
) -> Finding:
    """A finding for a missing key, or for all keys that a misspelt item of an overlay lacks."""
    key = keys[0]
    described = schema["properties"][key].get("description", "")
    missing = " and ".join(f"`{one}`" for one in keys)
    shown = values.example(schema["properties"][key])
    add = f"Add `{key}`: {described}" if shown is None else f"Add `{key}: {values.flow(shown)}`."
    remedy = rename_remedy(context, path, missing) or add
    here = (*path, key)
    if here in context.loaded.nulls:
        return rule_named("spec-missing-key").finding(
            f"{show_path(here)} has no value", context.place(*here, key=True), remedy=remedy
        )
    where = show_path(path) if path else "the file"
    return rule_named("spec-missing-key").finding(
        f"{where} has no {' and no '.join(map(repr, keys))}{misspelt_name(context, path)}",
        context.place(*path, key=True, note=f"needs {' and '.join(keys)}"),
        remedy=remedy,
    )


def _unknown(
    context: SpecContext, path: Path, schema: dict[str, Any], value: Any = None
) -> Finding:
    name = str(path[-1])
    known = list(schema["properties"])
    message = f"{show_path(path[:-1]) if path[:-1] else 'the file'} has no key {name!r}"
    reason, instead = foreign(path, value)
    if reason:
        return rule_named("spec-unknown-key").finding(
            f"{message}: {reason}", context.place(*path, key=True), remedy=instead
        )
    others = _elsewhere(name)
    # A key that the schema has at another place is rather misplaced than misspelled.
    close = nearest(name, known) if not others else close_to(name, known, _MISSPELLED)
    remedy = f"Use one of these keys: {', '.join(known)}."
    fix = None
    if close:
        message += did_you_mean(name, known)
        node = context.loaded.node(path)
        remedy = f"Write `{close}`. The keys here are {', '.join(known)}."
        there = context.loaded.nodes.get((*path[:-1], close))
        free = there is None or there.source != node.source
        if free and only_nearest(name, known) == close:
            fix = Fix(file=node.source.name, path=node.path, rename=close)
    elif known == ["metadata", "spec"]:  # a Pod template
        part = "metadata" if name in ("labels", "annotations") else "spec"
        remedy = f"Write `{path[-2]}: {{{part}: {{{name}: ...}}}}`."
    elif others:
        message += f", but {others[0]} has"
        remedy = f"Move `{name}` below `{others[0]}`. The keys here are {', '.join(known)}."
    return rule_named("spec-unknown-key").finding(
        message, context.place(*path, key=True), remedy=remedy, fix=fix
    )


def _elsewhere(name: str) -> list[str]:
    """Where the schema knows a key `name`, if one or two places have it: the outermost."""
    found: list[str] = []

    def search(schema: dict[str, Any], path: str) -> None:
        properties = schema.get("properties", {})
        if name in properties:
            found.append(path)
        for key, inner in properties.items():
            search(inner, f"{path}.{key}" if path else key)
        if "items" in schema:
            search(schema["items"], f"{path}[]")

    search(shipped_schema(), "")
    depth = min((path.count(".") for path in found), default=0)
    outer = [path for path in found if path.count(".") == depth]
    return outer if len(outer) == 1 and len(found) <= 2 else []


def _retyped(context: SpecContext, path: Path, value: Any, types: list[str]) -> Fix | None:
    """Quoted numbers and booleans are certain: the text spells exactly one value."""
    if not isinstance(value, str):
        return None
    found = values.retyped(value, types, {})
    if found is None or not (isinstance(found, int) and value == str(found).lower()):
        return None
    node = context.loaded.node(path)
    return Fix(file=node.source.name, path=node.path, value=found)


def _object_remedy(path: Path, value: Any, types: list[str], schema: dict[str, Any]) -> str:
    """How to write the object that is wanted; a bare number of nodes is both limits."""
    keys = list(schema.get("properties", ()))
    if types == ["array"] and isinstance(value, dict):
        return f"Begin each item of `{path[-1]}` with `-`, as in `- name: NAME`."
    if types != ["object"] or not keys:
        return ""
    number = isinstance(value, int) and not isinstance(value, bool)
    if number and keys == ["min", "max"]:
        return f"Write `{path[-1]}: {{min: {value}, max: {value}}}`."
    for key, inner in schema["properties"].items():
        if isinstance(value, str) and re.search(inner.get("pattern", r"^\b$"), value):
            others = ", ".join(one for one in keys if one != key)
            more = f" The other keys are {others}." if others else ""
            shown = inner.get("examples", [value])[0]  # a value here may be a secret
            item = "- " if isinstance(path[-1], int) else f"{path[-1]}: "
            return f"Write `{item}{{{key}: {shown}}}`.{more}"
    if (shown := values.example(schema)) is not None:
        return values.write(path, shown)
    return f"Write an object with {', '.join(f'`{key}`' for key in keys)}."


def _one_flag(context: SpecContext, path: Path, value: Any) -> str:
    """What to write for the value of a flag that is an item of its own after the flag."""
    if len(path) < 2 or path[-2] != "args" or not isinstance(path[-1], int) or path[-1] == 0:
        return ""
    flag = _at(context.loaded.data, (*path[:-1], path[-1] - 1))
    plain = isinstance(value, (str, int, float)) and not str(value).startswith("-")
    if not plain or not isinstance(flag, str) or not _FLAG.fullmatch(flag):
        return ""
    shown = "VALUE" if _hidden(context, path, value) else json.dumps(value).strip('"')
    return f"Write `{flag}={shown}`, as one item."


def _near(context: SpecContext, path: Path, value: Any, schema: dict[str, Any], meant: str) -> Any:
    """A value that works; of one that may be secret nothing is repeated."""
    return values.near(path, None if _hidden(context, path, value) else value, schema, meant)


def _described(path: Path) -> str:
    """What the field is; a description of a word or two says no more than the key does."""
    text = (schema_of(path) or {}).get("description", "") if path else ""
    return f"Change `{path[-1]}`. {text}" if text.count(" ") > 2 else ""


def _empty(path: Path, value: Any) -> str:
    return f"Remove `{path[-1]}`, or write a value. " if value == "" else ""


def _hidden(context: SpecContext, path: Path, value: Any) -> bool:
    """Whether a value is, or may be, secret."""
    return path in context.loaded.secrets or redact(str(value)) != str(value)


def _synonym(path: Path, value: Any) -> str:
    """The allowed word for a word that people and other tools use."""
    words = shipped(__file__, "synonyms.yaml")["synonyms"].get(path[-1] if path else "", {})
    return str(words.get(value.lower(), "")) if isinstance(value, str) else ""


def _accelerator(context: SpecContext, path: Path, value: Any) -> str:
    """The accelerator that a node label or a machine type means."""
    if path[-1:] != ("accelerator",) or not isinstance(value, str):
        return ""
    row = context.catalog.accelerator_of_label(value)
    machine = context.catalog.machine(value)
    return row.key if row else machine.data.get("accelerator", "") if machine else ""


def _respelled(context: SpecContext, path: Path, value: Any, schema: dict[str, Any]) -> Fix | None:
    """A value that is an allowed one but for upper and lower case."""
    if not isinstance(value, str):
        return None
    same = [o for o in schema.get("enum", ()) if isinstance(o, str) and o.lower() == value.lower()]
    if len(same) != 1:
        return None
    node = context.loaded.node(path)
    return Fix(file=node.source.name, path=node.path, value=same[0])


def _bounds(kind: str, facts: dict[str, Any], schema: dict[str, Any]) -> str:
    if kind in ("Enum", "Constant"):
        options = facts.get("options") or [facts.get("expected_value")]
        return "allowed: " + ", ".join(str(o) for o in options)
    if kind == "Pattern":
        return f"allowed: {schema.get('x-allowed', 'text matching ' + facts['pattern'])}"
    if kind in ("Minimum", "Maximum"):
        low, high = schema.get("minimum"), schema.get("maximum")
        return f"at least {low} is needed" if high is None else f"allowed: {low} to {high}"
    if kind == "MaxLength":
        return f"at most {facts['limit']} characters are allowed"
    if kind == "MinLength":
        return "it must not be empty"
    if kind == "MinItems":
        return "at least one item is needed"
    return "it is not allowed"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else redact(text)[:57] + '..."'


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
