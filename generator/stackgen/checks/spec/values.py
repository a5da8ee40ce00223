"""A value that works: what a remedy tells a person to write for a field of the spec."""

from __future__ import annotations

import json
import re
from typing import Any

from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import nearest

_MODEL_ID = r"[\w.-]+/[\w.-]+(:[\w.-]+)?"
_MODEL_PAGE = regex(r"\Ahttps?://(?:www\.)?(?:huggingface\.co|hf\.co)/")
_PLAIN = regex(r"[A-Za-z][A-Za-z0-9._/-]*(?:://?[A-Za-z0-9._/-]+)?")
_UNIT = regex(r"(?i)\A([0-9]+) ?([GM])B?\Z")
# 200Gi of a field in GB, and 128k of one in tokens, which is a power of two as models have it.
_COUNTED = regex(r"\A([1-9][0-9]{0,6}) ?(k|K|Gi|GiB|GB|G|s|%)\Z")
_TEBI = regex(r"\A([1-9][0-9]{0,3})Ti\Z")
_SSH = regex(r"\A(?:ssh://)?(git@[^:/]+):(?![0-9]+(?:/|\Z))(.+)\Z")
_MOST_KEYS = 3  # of an object that is shown as a value


def write(path: Path, value: Any) -> str:
    """The sentence that says what to write at `path`; empty for no value."""
    if value is None or not path:
        return ""
    key = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    shown = [value] if isinstance(path[-1], int) else value
    return f"Write `{key}: {flow(shown)}`."


def flow(value: Any) -> str:
    """The value on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


_WORDS = ("true", "false", "yes", "no", "on", "off", "null")


def near(path: Path, value: Any, schema: dict[str, Any], meant: str = "") -> Any:
    """An allowed value that is like `value`, or else an example; None for none.

    meant: a word that the value stands for. A value that is or may be secret is not given here.
    """
    options = schema.get("enum", ())
    if options:
        words = [option for option in options if isinstance(option, str)]
        return nearest(meant or str(value), words) or (options[0] if len(options) == 1 else None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "examples" in schema:
            return schema["examples"][0]
        low, high = schema.get("minimum"), schema.get("maximum")
        return low if low is not None and value < low else high
    if isinstance(value, str) and path[-1:] == ("model",):
        name = _MODEL_PAGE.sub("", value)
        if re.fullmatch(_MODEL_ID, name):
            return f"hf://{name}"
    return _cleaned(value, schema) or example(schema)


def _cleaned(value: Any, schema: dict[str, Any]) -> str | None:
    """The text in lower case, with dashes for what a name may not contain."""
    pattern, longest = schema.get("pattern"), schema.get("maxLength", 200)
    if not isinstance(value, str) or not pattern or len(value) > 200 or "${" in value:
        return None  # a variable is no part of a name
    plain = value.strip()
    _, _, address = plain.partition("://")
    tried = (
        plain,
        _UNIT.sub(lambda m: f"{m[1]}{m[2].upper()}i", plain),  # 32GB
        _SSH.sub(r"ssh://\1/\2", plain),  # git@HOST:PATH
        plain.replace(" ", "=", 1) if plain.startswith("-") else "",  # --flag value
        f"--{plain}",
        f"{plain}/32",  # an address for a range
        _TEBI.sub(lambda m: f"{int(m[1]) * 1024}Gi", plain),
        address or plain,  # gs://BUCKET without the scheme
        address.partition("/")[0] if " " not in plain else "",  # gs://BUCKET/FOLDER
        # A path is no name: its parts would become one word.
        "" if "/" in plain else _dashed(plain)[:longest].strip("-."),
    )
    return next((t for t in tried if 0 < len(t) <= longest and re.search(pattern, t)), None)


def _dashed(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower())


def example(schema: dict[str, Any]) -> Any:
    """A value of a field by its schema: an example, the default, or the only one; None for none."""
    for key in ("examples", "enum"):
        if given := schema.get(key):
            return given[0]
    if "default" in schema:
        return schema["default"]
    kind = schema.get("type")
    if kind == "integer":
        return schema.get("minimum", 1)
    if kind == "array" and "items" in schema:
        inner = example(schema["items"])
        return None if inner is None else [inner]
    required = schema.get("required", ()) or _shown(schema)
    if kind != "object" or not 0 < len(required) <= _MOST_KEYS:
        return None
    made = {key: example(schema["properties"][key]) for key in required}
    return None if any(item is None for item in made.values()) else made


def _shown(schema: dict[str, Any]) -> list[str]:
    """Of an object without required keys, the first that has an example."""
    found = (key for key, inner in schema.get("properties", {}).items() if "examples" in inner)
    return [key for key, _ in zip(found, range(1), strict=False)]


def retyped(value: Any, types: list[str], schema: dict[str, Any]) -> Any:
    """The value in the type that is wanted, where that is certain; None elsewhere."""
    pattern = schema.get("pattern", "")
    if "string" in types and not re.search(pattern, str(value)):
        units = _units(value) if isinstance(value, (int, float)) else ()
        return next((text for text in units if re.search(pattern, text)), None) or example(schema)
    if isinstance(value, str):
        digits = len(value) <= 18 and value.isascii() and value.isdigit()
        if "integer" in types and digits and str(int(value)) == value:
            return int(value)
        if "integer" in types and (counted := _COUNTED.search(value)):
            return int(counted[1]) * (1024 if counted[2] in "kK" else 1)
        word = value.lower()
        if "boolean" in types and word in _TRUE | _FALSE:
            return word in _TRUE
    if "string" in types and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return [value] if types == ["array"] and isinstance(value, (str, int)) else None


def _units(number: float) -> tuple[str, ...]:
    """A number with the unit that it most likely has."""
    return (f"{number}s" if number <= _MOST_SECONDS else f"{number}ms", f"{number}Gi")


_MOST_SECONDS = 30  # of a latency
_TRUE = frozenset(("true", "yes", "on"))
_FALSE = frozenset(("false", "no", "off"))
