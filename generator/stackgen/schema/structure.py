"""Structural validation of a custom resource: types, fields, bounds, formats, patterns."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.document import Path, located, show_path
from stackgen.redact import redact
from stackgen.schema.formats import checkers, described
from stackgen.schema.node import Tree
from stackgen.schema.part import part
from stackgen.schema.problem import Problem
from stackgen.schema.regex import readable
from stackgen.schema.store import load
from stackgen.spelling import did_you_mean, nearest
from stackgen.wording import and_list, or_list

_LONGEST = 80
_PARTS = 3
_TYPES = {
    "string": "a string", "integer": "an integer", "number": "a number",
    "boolean": "true or false", "object": "an object", "array": "a list", "null": "null",
}  # fmt: skip


def compiled(schema: dict[str, Any]) -> Any:
    """The validator of a schema. Raises ValueError for one that cannot be used."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(
        schema,
        offline=True,
        validate_formats=True,
        formats=checkers(),
        pattern_options=jsonschema_rs.RegexOptions(),
    )


@lru_cache(maxsize=512)
def validator(path: str) -> tuple[Any, tuple[str, ...]]:
    """The compiled schema of the file at `path`, and the patterns that had to be left out."""
    schema = load(path)
    try:
        return compiled(schema), ()
    except ValueError:
        left_out: list[str] = []
        try:
            return compiled(_readable(schema, left_out)), tuple(sorted(set(left_out)))
        except ValueError as error:
            raise UsageError(f"{path} is not a usable schema: {error}") from error


def _readable(value: Any, left_out: list[str]) -> Any:
    """A copy of a schema without the patterns that the engine cannot read."""
    if isinstance(value, list):
        return [_readable(item, left_out) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, item in value.items():
        if key == "pattern" and isinstance(item, str) and not readable(item):
            left_out.append(item)
        else:
            out[key] = _readable(item, left_out)
    return out


def fits(data: Any, tree: Tree) -> bool:
    """Whether prepared `data` is known to have no problem under a shipped schema.

    The first objects of a kind are compared with a part of the schema, as most kinds have few.
    """
    tree.parts += 1
    return tree.parts <= _PARTS and bool(compiled(part(tree.schema, data)).is_valid(data))


def check(data: Any, path: str, tree: Tree) -> list[Problem]:
    """The problems of prepared `data` under the schema file `path`."""
    found: list[Problem] = []
    schema, left_out = validator(path)
    for pattern in left_out:
        message = f"texts were not compared with {pattern}, which cannot be read here"
        found.append(Problem("schema-not-evaluated", (), message, certain=False))
    for error in schema.iter_errors(data):
        found.extend(explain(error, data, tree))
    return found


def show(value: Any) -> str:
    """A value as messages quote it."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST:
        text = redact(text)[:_LONGEST] + "..."
    return text


def kind_of(value: Any) -> str:
    """The type of a value as people call it."""
    if value is None:
        return "null"
    for types, name in (
        ((bool,), "true or false"), ((str,), "text"), ((int, float), "number"),
        ((dict,), "map"), ((list,), "list"),
    ):  # fmt: skip
        if isinstance(value, types):
            return name
    return "of another type"


def _name(path: Path) -> str:
    if not path:
        return "the document"
    last = path[-1]
    return show_path(path[-2:]) if isinstance(last, int) and len(path) > 1 else str(last)


def explain(error: Any, data: Any, tree: Tree) -> list[Problem]:
    """Problems in our words for one error of the validator."""
    path, value = located(data, error.instance_path)
    facts = error.kind.as_dict()
    word = error.kind.name
    if word == "additionalProperties":
        return [_unknown(path, name, tree) for name in facts["unexpected"]]
    if word == "falseSchema" and not path:  # no field is allowed at all
        return [_unknown((), str(name), tree) for name in value]
    if word == "falseSchema":
        return [_unknown(path[:-1], str(path[-1]), tree)]
    if word == "required":
        name = facts["property"]
        message = f"{name} is missing; {show_path(path)} must have it"
        return [Problem("schema-missing-field", (*path, name), message)]
    if word == "type":
        node = tree.at(path)
        if isinstance(value, list) and node and node.type == "string" and node.get("format"):
            return []  # the server does not compare lists with the type of a text with a format
        return [_wrong_type(path, value, facts)]
    if word in ("enum", "const"):
        return [_enum(path, value, facts)]
    simple = _simple(word, path, value, facts)
    if simple is not None:
        return [simple]
    return [_combination(word, path, value, facts, data, tree, error)]


def _unknown(path: Path, name: str, tree: Tree) -> Problem:
    node = tree.at(path)
    names = node.names() if node is not None else []
    message = f'unknown field "{name}"'
    better = nearest(name, names)
    if better is not None:
        message += f' (did you mean "{better}"?)'
    elif 0 < len(names) <= 12:
        message += f"; the fields here are {', '.join(sorted(names))}"
    elif not names:
        message += "; no field is known here"
    return Problem("schema-unknown-field", (*path, name), message, True)


def _wrong_type(path: Path, value: Any, facts: dict[str, Any]) -> Problem:
    types = facts.get("types") or facts.get("type") or []
    wanted = [types] if isinstance(types, str) else list(types)
    needed = " or ".join(_TYPES.get(t, t) for t in wanted if t != "null" or len(wanted) == 1)
    if value is None:
        return Problem("schema-null", path, f"{_name(path)} is null; {needed} is needed")
    message = f"{_name(path)} is {show(value)}"
    if not isinstance(value, (dict, list)):
        message += f" ({kind_of(value)})"
    return Problem("schema-wrong-type", path, f"{message}; {needed} is needed")


def _enum(path: Path, value: Any, facts: dict[str, Any]) -> Problem:
    options = facts.get("options", facts.get("expected_value"))
    allowed = options if isinstance(options, list) else [options]
    shown = ", ".join(json.dumps(a, ensure_ascii=False) for a in allowed)
    message = f"{_name(path)} is {show(value)}; allowed: {shown}"
    if isinstance(value, str):
        message += did_you_mean(value, [a for a in allowed if isinstance(a, str)])
    return Problem("schema-enum", path, message)


# Words for the patterns that most APIs use.
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_PATTERNS = {
    f"^{_LABEL}$": "lower-case letters, digits and - are allowed, a letter or digit at the ends",
    rf"^{_LABEL}(\.{_LABEL})*$": "a DNS name in lower case is needed",
    rf"^$|^{_LABEL}(\.{_LABEL})*$": "a DNS name in lower case is needed, or nothing",
    rf"^(\*\.)?{_LABEL}(\.{_LABEL})*$": ("a host name in lower case is needed, perhaps after *."),
    r"^([0-9]{1,5}(h|m|s|ms)){1,4}$": "a duration such as 10s or 1h30m is needed",
    r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$": "a duration such as 10s or 1h30m is needed",
}
_LIMITS = {
    "minimum": ("schema-range", "at least"), "maximum": ("schema-range", "at most"),
    "exclusiveMinimum": ("schema-range", "more than"),
    "exclusiveMaximum": ("schema-range", "less than"),
    "multipleOf": ("schema-range", "a multiple of"),
}  # fmt: skip
_SIZES = {
    "minLength": ("at least", "characters"), "maxLength": ("at most", "characters"),
    "minItems": ("at least", "items"), "maxItems": ("at most", "items"),
    "minProperties": ("at least", "fields"), "maxProperties": ("at most", "fields"),
}  # fmt: skip


def _simple(word: str, path: Path, value: Any, facts: dict[str, Any]) -> Problem | None:
    name = _name(path)
    limit = next((v for k, v in facts.items() if k not in ("name", "keyword")), None)
    if word in _LIMITS:
        rule, phrase = _LIMITS[word]
        return Problem(rule, path, f"{name} is {show(value)}; it must be {phrase} {limit}")
    if word in _SIZES:
        phrase, unit = _SIZES[word]
        if limit == 1:
            unit = unit[:-1]
        message = f"{name} has {len(value)} {unit if len(value) == limit else _SIZES[word][1]}"
        return Problem("schema-length", path, f"{message}; it must have {phrase} {limit} {unit}")
    if word == "pattern":
        if "KMGTPE" in str(facts["pattern"]):
            message = f"{name} is {show(value)}, no quantity such as 500m, 2 or 16Gi"
            return Problem("schema-quantity", path, message)
        pattern = str(facts["pattern"])
        wanted = _PATTERNS.get(pattern, f"it must match {pattern}")
        message = f"{name} is {show(value)}; {wanted}"
        return Problem("schema-pattern", path, message)
    if word == "format":
        message = f"{name} is {show(value)}; it must be {described(str(facts['format']))}"
        return Problem("schema-format", path, message)
    if word == "uniqueItems":
        return Problem("schema-duplicate-item", path, f"the items of {name} must differ")
    return None


# -- anyOf, oneOf, not ---------------------------------------------------------------------------


def _combination(
    word: str, path: Path, value: Any, facts: dict[str, Any], data: Any, tree: Tree, error: Any
) -> Problem:
    name = _name(path)
    node = tree.at(path)
    source = node.source if node is not None else {}
    fields = _fields_of(source.get(_keyword(error)))
    if fields and isinstance(value, dict):
        present = [f for f in fields if f in value]
        names = or_list(fields)
        if len(present) > 1:
            message = f"{and_list(present)} cannot be together; choose one of {names}"
            return Problem("schema-cross-field", (*path, present[-1]), message, True)
        if not present:
            return Problem("schema-cross-field", path, f"{name} needs one of {names}")
    context = facts.get("context") or []
    reasons: list[str] = []
    for branch in context:
        for inner in branch:
            for problem in explain(inner, data, tree):
                if problem.message not in reasons:
                    reasons.append(problem.message)
    if reasons:
        message = f"{name} fits none of the allowed forms: {'; or '.join(reasons[:6])}"
    elif context:
        message = f"{name} fits more than one of the allowed forms; exactly one must fit"
    else:
        message = f"{name} is {show(value)}, which is not allowed here"
    return Problem("schema-cross-field", path, message)


def _keyword(error: Any) -> str:
    words = [p for p in error.schema_path if isinstance(p, str)]
    return words[-1] if words else ""


def _fields_of(branches: Any) -> list[str]:
    """The fields a junctor chooses between, in order of the schema."""
    found: list[str] = []

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            for name in part.get("required", ()):
                if name not in found:
                    found.append(name)
            for word in ("anyOf", "oneOf", "allOf", "not"):
                collect(part.get(word))
        elif isinstance(part, list):
            for item in part:
                collect(item)

    collect(branches)
    return found
