"""Frozen records: what `@dataclass(frozen=True)` makes, at a fraction of the start-up cost.

`dataclasses` writes and compiles the source of six methods for every class; with over a hundred
classes that was a seventh of the instructions of a build. Here the methods are shared and look the
fields up. Making an instance costs more, so what is made by the ten thousands stays a dataclass.
`dataclasses.fields` and `dataclasses.replace` work on records.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_MISSING = dataclasses.MISSING
_set = object.__setattr__
# What `dataclasses` keeps for its own: read by `dataclasses.fields` and `dataclasses.replace`.
_FIELD_KIND: Any = dataclasses._FIELD  # type: ignore[attr-defined]


def _init(self: Any, *args: Any, **given: Any) -> None:
    names: tuple[str, ...] = self.__match_args__
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(args)}")
    for name, value in zip(names, args, strict=False):
        if name in given:
            raise TypeError(f"{type(self).__name__} got {name} twice")
        _set(self, name, value)
    for name in names[len(args) :]:
        if name in given:
            _set(self, name, given.pop(name))
            continue
        field = self.__dataclass_fields__[name]
        if field.default is not _MISSING:
            _set(self, name, field.default)
        elif field.default_factory is not _MISSING:
            _set(self, name, field.default_factory())
        else:
            raise TypeError(f"{type(self).__name__} needs {name}")
    if given:
        raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(given))}")


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__match_args__)


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    inner = ", ".join(f"{n}={v!r}" for n, v in zip(self.__match_args__, _values(self), strict=True))
    return f"{type(self).__name__}({inner})"


def _frozen(self: Any, name: str, *value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change {name} of {type(self).__name__}")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(cls: type[T]) -> type[T]:
    """Make `cls`, a class of annotated fields, a frozen record."""
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
    for name, method in methods.items():
        if name not in cls.__dict__ or name == "__hash__":
            setattr(cls, name, method)
    setattr(cls, "__dataclass_fields__", fields)  # noqa: B010
    setattr(cls, "__match_args__", tuple(fields))  # noqa: B010
    return cls
