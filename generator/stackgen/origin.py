"""Where a rendered value came from: values that carry their origin through every step.

A `Traced` holds a value and the `Origin` that explains it. A value that follows from others is made
by `computed`, which calls the function itself, so the inputs that it names are those it used.
Layers build plain trees whose leaves are `Traced` or literal; a literal belongs to the layer rule
that wrote it. Nothing is guessed afterwards from text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Generic, Literal, TypeVar, cast

from stackgen.manifest.document import Path, show_path
from stackgen.manifest.secret_values import may_hold_secrets, without_secrets
from stackgen.record import record, slotted
from stackgen.redact import redact

T = TypeVar("T")
U = TypeVar("U")

Kind = Literal["spec", "default", "catalog", "quirk", "rule", "computed"]


@slotted
class Origin:
    """One step of the explanation of a value.

    kind: `spec` (a line the user wrote), `default` (of a spec field), `catalog` (a catalog row),
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
        """Where the value began: what has no inputs, and catalog rows; each once, in order."""
        return leaves_of((self,))

    def spec_paths(self) -> frozenset[Path]:
        """The spec fields, written or defaulted, on which the value depends."""
        return frozenset(o.path for o in self.leaves() if o.kind in ("spec", "default"))


def leaves_of(several: Iterable[Origin]) -> Iterator[Origin]:
    """As `Origin.leaves`, of several values, each once."""
    seen: set[int] = set()
    stack = list(several)
    stack.reverse()
    while stack:
        origin = stack.pop()
        key = id(origin)
        if key in seen:
            continue
        seen.add(key)
        if origin.kind != "computed":
            yield origin
        stack.extend(reversed(origin.inputs))


@slotted
class Traced(Generic[T]):
    """A value and why it is what it is."""

    value: T
    origin: Origin

    def map(self, name: str, why: str, function: Callable[[T], U]) -> Traced[U]:
        """`function(value)`: `computed` from one input."""
        return computed(name, why, function, self)


# What `computed` takes: a traced value, or several, of which the function gets a tuple.
Input = Traced[Any] | Sequence[Any]


def spec_origin(path: Path, file: str, line: int, column: int, value: Any = None) -> Origin:
    """A value the user wrote at `file:line:column`; HIDDEN where it is a secret."""
    return Origin(
        "spec", show_path(path), path=path, file=file, line=line, column=column, value=shown(value)
    )


def shown(value: Any) -> str:
    """A value as text for people, without a secret in it; containers and nothing have none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (dict, list, tuple)):
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else f"{value:.6g}"
    text = str(value)
    if len(text) > 80 or "\n" in text:
        return ""
    return redact(without_secrets(text) if may_hold_secrets(text) else text)


def computed(
    name: str, why: str, function: Callable[..., T], /, *inputs: Input, **named: Traced[Any]
) -> Traced[T]:
    """`function` of the values of `inputs`, by the formula called `name`."""
    value = function(*map(_value, inputs), **{key: i.value for key, i in named.items()})
    return _computed(value, name, why, (*inputs, *named.values()))


def reasoned(function: Callable[..., tuple[T, str, str]], *inputs: Input) -> Traced[T]:
    """As `computed`, of a function that says value, name and why: they depend on the inputs."""
    return _computed(*function(*map(_value, inputs)), inputs)


def _value(given: Input) -> Any:
    return given.value if isinstance(given, Traced) else tuple(_value(one) for one in given)


def _origins(given: Sequence[Input]) -> Iterator[Origin]:
    for one in given:
        if isinstance(one, Traced):
            yield one.origin
        else:
            yield from _origins(one)


def _computed(value: T, name: str, why: str, inputs: Sequence[Input]) -> Traced[T]:
    origins = tuple(_origins(inputs))
    return Traced(value, Origin("computed", name, why, origins, value=shown(value)))


def picked(name: str, why: str, value: Traced[T], *by: Input) -> Traced[T]:
    """The same value; it also depends on `by`, which picked it from others."""
    return _computed(value.value, name, why, (value, *by))


def given_or(given: Traced[T | None], other: Traced[T]) -> Traced[T]:
    """The value that the spec gives; without one `other`, which then depends on that as well."""
    found = known(given)
    if found is not None:
        return found
    origin = other.origin
    inputs = origin.inputs if origin.kind == "computed" else (origin,)
    after = Origin("computed", origin.name, origin.why, (*inputs, given.origin), value=origin.value)
    return Traced(other.value, after)


def tree_or(given: Traced[Any], usual: Any) -> Traced[Any]:
    """The tree that the spec gives; without one `usual`, another tree."""
    return given.map(
        "choice", "yours, or else the stack's", lambda own: usual if own is None else own
    )


def known(given: Traced[T | None]) -> Traced[T] | None:
    """The same traced value; None where it holds none."""
    return None if given.value is None else cast("Traced[T]", given)


def rounded(value: Traced[float], digits: int) -> Traced[float]:
    """The same value, of which a trace shows so many decimals."""
    return replace(value, origin=replace(value.origin, value=shown(round(value.value, digits))))


def text(template: str, *inputs: Traced[Any], why: str = "") -> Traced[str]:
    """`template.format(...)` of traced values."""
    return computed("text", why, template.format, *inputs)


def literal(value: T, rule: str, why: str) -> Traced[T]:
    """A value that a rule of a layer decides by itself."""
    return Traced(value, Origin("rule", rule, why))


# -- conditions ------------------------------------------------------------------------------

ALL, ANY = "all of these hold", "one of these holds"


def _field(traced: Traced[Any]) -> str:
    """The field of the spec that the name of a condition begins with, and a space."""
    keys = [key for key in traced.origin.path if isinstance(key, str)]
    return f"{keys[-1]} " if keys else ""


def is_value(traced: Traced[Any], wanted: str) -> Traced[bool]:
    """Whether a choice of the spec is `wanted`."""
    return traced.map(f"{_field(traced)}is {wanted}", "a choice of the spec", lambda v: v == wanted)


def is_set(traced: Traced[Any]) -> Traced[bool]:
    """Whether the spec gives the value."""
    return traced.map(f"{_field(traced)}is given", "optional in the spec", lambda v: v is not None)


def all_of(*conditions: Traced[Any]) -> Traced[bool]:
    """Whether every condition holds."""
    return computed(ALL, "", lambda *values: all(values), *conditions)


def any_of(*conditions: Traced[Any]) -> Traced[bool]:
    """Whether any holds. When several do, it depends on what all of those depend on."""
    true = [c.origin for c in conditions if c.value]
    depends = common(true) if true else tuple(c.origin for c in conditions)
    return Traced(bool(true), Origin("computed", ANY, "", depends))


def common(origins: Sequence[Origin]) -> tuple[Origin, ...]:
    """The spec fields on which every one of `origins`, of which there is one at least, depends."""
    leaves = [{leaf.path: leaf for leaf in origin.leaves() if leaf.path} for origin in origins]
    return tuple(leaf for path, leaf in leaves[0].items() if all(path in o for o in leaves[1:]))


# -- trees -----------------------------------------------------------------------------------


@record
class Because:
    """A subtree written by one rule: literals below it come from `rule`, for the reason `why`."""

    tree: Any
    rule: str
    why: str


@record
class When:
    """A subtree that is there only while `condition` holds; left out otherwise."""

    condition: Traced[Any]
    tree: Any


@slotted
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
        if isinstance(tree.value, (dict, list, Traced, Because, When)):
            # A tree that was computed: what decided its shape decided every leaf.
            return _flatten(tree.value, path, tree.origin, (*given, *tree.origin.inputs), out)
        out.origins[path] = _with(tree.origin, given)
        return tree.value
    if isinstance(tree, Because):
        inner = Origin("rule", tree.rule, tree.why)
        return _flatten(tree.tree, path, inner, given, out)
    if isinstance(tree, When):
        if not tree.condition.value:
            # Several items of a list may be left out at one place.
            before = out.absent.get(path)
            others = (before,) if before is not None else ()
            out.absent[path] = _with(tree.condition.origin, (*given, *others))
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
    more = given
    if origin.inputs:
        inputs = {*map(id, origin.inputs)}
        more = tuple(one for one in given if id(one) not in inputs)
    if not more:
        return origin
    return Origin("computed", origin.name, origin.why, (origin, *more), value=origin.value)
