"""Where a rendered value came from: values that carry their origin through every step.

A `Traced` holds a value and the `Origin` that explains it. Layers build plain trees whose leaves
are `Traced` or literal; literals belong to the layer rule that wrote them. Nothing is guessed
afterwards from text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from stackgen.manifest.document import Path, show_path
from stackgen.redact import redact

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
W = TypeVar("W")
X = TypeVar("X")

Kind = Literal["spec", "default", "catalog", "quirk", "rule", "computed"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One step of the explanation of a value.

    kind: `spec` (a line the user wrote), `default` (of a spec field), `catalog` (a catalogue row),
    `quirk` (of a release row), `rule` (of a layer), `computed` (from `inputs`).
    name: what it is called: spec path, `file#row.field`, rule name or formula. value: what it came
    to, as text for people.
    """

    kind: Kind
    name: str
    why: str = ""
    inputs: tuple[Origin, ...] = ()
    path: Path = ()
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    as_of: str = ""
    value: str = ""

    def leaves(self) -> Iterator[Origin]:
        """Where the value began: what has no inputs, and catalogue rows; each once, in order."""
        seen: set[int] = set()
        stack = [self]
        while stack:
            origin = stack.pop()
            if id(origin) in seen:
                continue
            seen.add(id(origin))
            if origin.kind != "computed":
                yield origin
            stack.extend(reversed(origin.inputs))

    def spec_paths(self) -> frozenset[Path]:
        """The spec fields, written or defaulted, on which the value depends."""
        return frozenset(o.path for o in self.leaves() if o.kind in ("spec", "default"))


@dataclass(frozen=True, slots=True)
class Traced(Generic[T]):
    """A value and why it is what it is."""

    value: T
    origin: Origin

    def map(self, name: str, why: str, function: Callable[[T], U]) -> Traced[U]:
        """`function(value)`, remembered as computed from this value."""
        return computed(name, why, function(self.value), self)


def spec_origin(path: Path, file: str, line: int, column: int, value: Any = None) -> Origin:
    """A value the user wrote at `file:line:column`."""
    return Origin(
        "spec", show_path(path), path=path, file=file, line=line, column=column, value=shown(value)
    )


def shown(value: Any) -> str:
    """A value as text for people; containers and nothing have none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (dict, list, tuple)):
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else f"{value:.6g}"
    text = str(value)
    return redact(text) if len(text) <= 80 and "\n" not in text else ""


def computed(name: str, why: str, value: T, *inputs: Traced[Any]) -> Traced[T]:
    """A value worked out from `inputs` by the formula called `name`."""
    origins = tuple(i.origin for i in inputs)
    return Traced(value, Origin("computed", name, why, origins, value=shown(value)))


def text(template: str, *inputs: Traced[Any], why: str = "") -> Traced[str]:
    """`template.format(...)` of traced values."""
    return computed("text", why, template.format(*(i.value for i in inputs)), *inputs)


def literal(value: T, rule: str, why: str) -> Traced[T]:
    """A value that a rule of a layer decides by itself."""
    return Traced(value, Origin("rule", rule, why))


# -- trees -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Because:
    """A subtree written by one rule: literals below it come from `rule`, for the reason `why`.

    `given` are values that decided the subtree's shape: every leaf depends on them too.
    """

    tree: Any
    rule: str
    why: str
    given: tuple[Traced[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """A subtree that is there only while `condition` holds; left out otherwise."""

    condition: Traced[Any]
    tree: Any


@dataclass(frozen=True, slots=True)
class Flat:
    """A tree taken apart: plain data, the origin of each leaf, and what was left out and why."""

    data: Any
    origins: dict[Path, Origin]
    absent: dict[Path, Origin]


_MISSING = object()


def flatten(tree: Any, rule: Origin) -> Flat:
    """Take `tree` apart. `rule` explains the literals that no `Because` claims."""
    flat = Flat(None, {}, {})
    data = _flatten(tree, (), rule, (), flat)
    return Flat(None if data is _MISSING else data, flat.origins, flat.absent)


def _flatten(tree: Any, path: Path, rule: Origin, given: tuple[Origin, ...], out: Flat) -> Any:
    if isinstance(tree, Traced):
        if isinstance(tree.value, (dict, list)):
            return _flatten(tree.value, path, tree.origin, given, out)
        out.origins[path] = _with(tree.origin, given)
        return tree.value
    if isinstance(tree, Because):
        inner = Origin("rule", tree.rule, tree.why)
        more = given + tuple(g.origin for g in tree.given)
        return _flatten(tree.tree, path, inner, more, out)
    if isinstance(tree, When):
        if not tree.condition.value:
            out.absent[path] = _with(tree.condition.origin, given)
            return _MISSING
        return _flatten(tree.tree, path, rule, (*given, tree.condition.origin), out)
    if isinstance(tree, dict):
        return _flatten_map(tree, path, rule, given, out)
    if isinstance(tree, (list, tuple)):
        items: list[Any] = []
        for item in tree:
            value = _flatten(item, (*path, len(items)), rule, given, out)
            if value is not _MISSING:
                items.append(value)
        if not items:
            out.origins[path] = _with(rule, given)
        return items
    out.origins[path] = _with(rule, given)
    return tree


def _flatten_map(
    tree: dict[Any, Any], path: Path, rule: Origin, given: tuple[Origin, ...], out: Flat
) -> Any:
    result = {}
    for raw_key, item in tree.items():
        key, inner = raw_key, given
        if isinstance(raw_key, Traced):
            key, inner = raw_key.value, (*given, raw_key.origin)
        value = _flatten(item, (*path, key), rule, inner, out)
        if value is not _MISSING:
            result[key] = value
    if not result:
        out.origins[path] = _with(rule, given)
    return result


def _with(origin: Origin, given: tuple[Origin, ...]) -> Origin:
    if not given:
        return origin
    return Origin("computed", origin.name, origin.why, (origin, *given), value=origin.value)
