"""Frozen records: what `@dataclass(frozen=True)` makes, at a fraction of the start-up cost.

`dataclasses` writes and compiles the source of six methods for every class; with over a hundred
classes that was a seventh of the instructions of a build. Here the methods are shared and look the
fields up. What is made by the ten thousands is `slotted`: it takes less memory.
`dataclasses.fields` and `dataclasses.replace` work on both.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from itertools import count
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")

_MISSING = dataclasses.MISSING
# What `dataclasses` keeps for its own: read by `dataclasses.fields` and `dataclasses.replace`.
_FIELD_KIND: Any = dataclasses._FIELD  # type: ignore[attr-defined]


# So many records of a class are made before it gets an `__init__` of its own: a class whose records
# are made by the ten thousands then takes half the time for each.
MANY = 100


def _init(self: Any, *args: Any, **given: Any) -> None:
    names: tuple[str, ...] = self.__match_args__
    values: dict[str, Any] = self.__dict__
    if next(self.__count__) == MANY:
        _specialize(type(self))
    if not given and len(args) == len(names):  # as most are made
        values.update(zip(names, args, strict=True))
        return
    if len(args) + len(given) < len(names):
        values.update(self.__defaults__)
    values.update(zip(names, args, strict=False))
    values.update(given)
    if len(values) != len(names) or len(args) > len(names) or (given and _unfit(self, args, given)):
        _complete(self, names, values, args, given)


def _specialize(cls: Any) -> None:
    """Give a class of records an `__init__` that does what the shared one does."""
    known: dict[str, Any] = {"_missing": _MISSING}
    # Names of its own, which neither a field nor its default has.
    taken, kept = ["_0"], ["_1 = _0.__dict__"]
    for name, field in cls.__dataclass_fields__.items():
        default = ""
        if field.default is not _MISSING:
            known[f"_{name}"], default = field.default, f"=_{name}"
        elif field.default_factory is not _MISSING:
            known[f"_{name}"], default = field.default_factory, "=_missing"
            kept.append(f"if {name} is _missing: {name} = _{name}()")
        taken.append(name + default)
        kept.append(f"_1[{name!r}] = {name}")
    source = f"def __init__({', '.join(taken)}):\n  " + "\n  ".join(kept)
    exec(source, known)
    # A class below it, or one with an `__init__` of its own, keeps what it has.
    if cls.__dict__.get("__init__") is _init:
        cls.__init__ = known["__init__"]


def _unfit(self: Any, args: tuple[Any, ...], given: dict[str, Any]) -> bool:
    """Whether a name is unknown, or given twice."""
    fields = self.__dataclass_fields__.keys()
    if args and not given.keys().isdisjoint(self.__match_args__[: len(args)]):
        return True
    return not given.keys() <= fields


def _complete(
    self: Any, names: tuple[str, ...], values: dict[str, Any], args: tuple[Any, ...], given: Any
) -> None:
    """Make the values that are not given. Raises TypeError for a call that does not fit."""
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(args)}")
    twice = [name for name in names[: len(args)] if name in given]
    if twice:
        raise TypeError(f"{type(self).__name__} got {twice[0]} twice")
    unknown = sorted(given.keys() - {*names})
    if unknown:
        raise TypeError(f"{type(self).__name__} has no {', '.join(unknown)}")
    for name in names:
        if name not in values:
            make = self.__dataclass_fields__[name].default_factory
            if make is _MISSING:
                raise TypeError(f"{type(self).__name__} needs {name}")
            values[name] = make()


def _values(self: Any) -> Any:
    """The values of the fields: a tuple, or that of the only field."""
    return type(self).__values__(self)


def _nothing(_: object) -> tuple[()]:
    return ()


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__name__}({inner})"


def _frozen(self: Any, name: str, *value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change {name} of {type(self).__name__}")


@overload
def record(cls: type[T]) -> type[T]: ...
@overload
def record(*, eq: bool) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(cls: type[T] | None = None, *, eq: bool = True) -> Any:
    """Make `cls`, a class of annotated fields, a frozen record.

    eq: records with equal values are equal; else each is equal to itself alone.
    """
    return _made(cls, eq) if cls is not None else lambda later: _made(later, eq)


def _made(cls: type[T], eq: bool) -> type[T]:
    fields: dict[str, Any] = {}
    for name, annotation in inspect.get_annotations(cls).items():
        default = cls.__dict__.get(name, _MISSING)
        given = isinstance(default, dataclasses.Field)
        field: Any = default if given else dataclasses.field(default=default)
        field.name, field.type, field._field_type = name, annotation, _FIELD_KIND
        fields[name] = field
        if name in cls.__dict__:
            if field.default is _MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, field.default)
    methods: dict[str, Callable[..., Any]] = {
        "__init__": _init, "__eq__": _eq, "__hash__": _hash, "__repr__": _repr,
        "__setattr__": _frozen, "__delattr__": _frozen,
    }  # fmt: skip
    if not eq:
        del methods["__eq__"], methods["__hash__"]
    for name, method in methods.items():
        if name not in cls.__dict__ or name == "__hash__":
            setattr(cls, name, method)
    setattr(cls, "__dataclass_fields__", fields)  # noqa: B010
    setattr(cls, "__match_args__", tuple(fields))  # noqa: B010
    setattr(cls, "__count__", count(1))  # noqa: B010
    plain = {name: x.default for name, x in fields.items() if x.default is not _MISSING}
    setattr(cls, "__defaults__", plain)  # noqa: B010
    setattr(cls, "__values__", attrgetter(*fields) if fields else _nothing)  # noqa: B010
    return cls


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def slotted(cls: type[T]) -> type[T]:
    """Make `cls` a record with slots, which is frozen for the type checker alone.

    To refuse assignments as the program runs would take five times as long for each.
    """
    return dataclasses.dataclass(slots=True, unsafe_hash=True)(cls)


def as_json(one: object, *names: str) -> dict[str, Any]:
    """Fields of a record by their names in JSON: `as_of` is `asOf`."""
    found = {}
    for name in names:
        first, *more = name.split("_")
        found[first + "".join(map(str.title, more))] = getattr(one, name)
    return found
