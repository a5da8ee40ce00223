"""The options of a Rust program that clap derives from a struct, read as source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_STRUCT = re.compile(r"^(?:pub )?struct Args \{\n(.*?)^\}", re.M | re.S)
_FIELD = re.compile(
    r"((?:^\s*#\[(?:[^\[\]]|\[[^\]]*\])*\]\s*\n)*)^\s*(?:pub )?(\w+): ([^\n]+),\n", re.M
)
_CLAP = re.compile(r"#\[(?:clap|arg)\(((?:[^\[\]]|\[[^\]]*\])*)\)\]", re.S)
_ENUM = re.compile(r"enum (\w+) \{\n(.*?)^\}", re.M | re.S)
_VARIANT = re.compile(r"^\s{4}([A-Z]\w*)(?:\(.*?\)|\s*=\s*\d+)?,", re.M)
_RENAMED = re.compile(
    r'#\[(?:clap|value)\(name\s*=\s*"([^"]+)"\)\]\s*\n(?:\s*(?:///|#).*\n)*\s*([A-Z]\w*)'
)
_INTEGERS = {"usize", "u8", "u16", "u32", "u64", "i32", "i64"}


@dataclass(frozen=True)
class Argument:
    """name: without `--`. kind: as in the catalog. variable: "" when none is read."""

    name: str
    kind: str
    variable: str


def arguments(source: str, choices: Mapping[str, list[str]]) -> Iterator[Argument]:
    """Those of `struct Args`."""
    body = _STRUCT.search(re.sub(r"^\s*//.*\n", "", source, flags=re.M))
    for attributes, field, type_ in _FIELD.findall(body[1] if body else ""):
        said = " ".join(_CLAP.findall(attributes))
        if not re.search(r"\blong\b", said):
            continue
        given = re.search(r'\blong\s*=\s*"([^"]+)"', said)
        name = given[1] if given else field.replace("_", "-")
        named = re.search(r'\benv\s*=\s*"([^"]+)"', said)
        plain = field.upper() if re.search(r"\benv\b", said) else ""
        yield Argument(name, _kind(type_, said, choices), named[1] if named else plain)


def _kind(type_: str, said: str, choices: Mapping[str, list[str]]) -> str:
    inner = re.sub(r"(?:Option|Vec)<|>", "", type_).rpartition("::")[2].strip()
    if "Vec<" in type_:
        return "text+"
    if inner == "bool":
        if "num_args" in said:
            return "bool?"
        return "bool" if "Option" in type_ else "flag"
    if inner in _INTEGERS:
        return "int"
    if inner in ("f32", "f64"):
        return "float"
    return "=" + "|".join(sorted(choices[inner])) if choices.get(inner) else "text"


def enums(sources: str) -> dict[str, list[str]]:
    """The names of the values of each enumeration, as clap writes them: with hyphens."""
    found: dict[str, list[str]] = {}
    for name, body in _ENUM.findall(sources):
        renamed = {variant: value for value, variant in _RENAMED.findall(body)}
        names = [renamed.get(v) or _hyphens(v) for v in _VARIANT.findall(body)]
        found.setdefault(name, names)
    return found


def _hyphens(name: str) -> str:
    """BitsandbytesNF4 as bitsandbytes-nf4."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
