"""What one call of `add_argument` says of an option."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from annotations import ANY, Types

_TYPES = {
    "int": "int", "float": "float", "str": "text", "nullable_str": "text", "loads": "json",
    "human_readable_int": "size", "human_readable_int_or_auto": "size-or-auto",
}  # fmt: skip
_WRAPPERS = {"optional_type", "parse_type", "nullable_type"}
_ACTIONS = {
    "store_true": "flag", "store_false": "flag", "BooleanOptionalAction": "switch",
    "StoreBoolean": "bool",
}  # fmt: skip
_KEEPS = {"append", "store"}


@dataclass(frozen=True)
class Scope:
    """Where names of types and lists of values are looked up."""

    types: Types

    def type_kind(self, node: ast.expr | None) -> str:
        """The kind of a `type=`; text without one."""
        if node is None:
            return "text"
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", "")
            return self.type_kind(node.args[0]) if name in _WRAPPERS else ANY
        return _TYPES.get(getattr(node, "attr", "") or getattr(node, "id", ""), ANY)


def argument(
    call: ast.Call, scope: Scope, below: Callable[[ast.expr], str | None]
) -> dict[str, str]:
    """The kind under each of the option's names; empty for a positional argument.

    below: the kind that a `**` argument brings with it; None when it is not known.
    """
    flags = [a.value for a in call.args if isinstance(a, ast.Constant)]
    names = [str(f).lstrip("-").replace("_", "-") for f in flags if str(f).startswith("-")]
    given = {k.arg: k.value for k in call.keywords if k.arg is not None}
    spread = [below(k.value) for k in call.keywords if k.arg is None]
    kind = spread[0] if spread and spread[0] is not None else (ANY if spread else None)
    return dict.fromkeys(names, _kind(given, kind, scope))


def _kind(given: dict[str, ast.expr], below: str | None, scope: Scope) -> str:
    action = given.get("action")
    if action is not None:
        name = str(
            getattr(action, "value", "") if isinstance(action, ast.Constant)
            else getattr(action, "attr", "") or getattr(action, "id", "")
        )  # fmt: skip
        if name in _ACTIONS:
            return _ACTIONS[name]
        if name not in _KEEPS:
            return ANY
    kind = (
        below if below is not None and "type" not in given else scope.type_kind(given.get("type"))
    )
    if "choices" in given:
        values = values_of(given["choices"], scope)
        kind = "=" + "|".join(values) if values is not None else ANY
    if "nargs" in given:
        nargs = getattr(given["nargs"], "value", None)
        kind = kind + nargs if nargs in ("+", "?") and kind != ANY else ANY
    return kind


def values_of(node: ast.expr, scope: Scope) -> list[str] | None:
    """The values of a list; None when one is not known."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        found: list[str] = []
        for item in node.elts:
            if isinstance(item, ast.Constant):
                found.append(str(item.value))
                continue
            inner = values_of(item.value, scope) if isinstance(item, ast.Starred) else None
            if inner is None:
                return None
            found += inner
        return found
    if isinstance(node, ast.Call):
        name, first = getattr(node.func, "id", ""), node.args[0] if node.args else None
        if name == "get_args" and first is not None:
            atoms = scope.types.atoms(first)
            one = next(iter(atoms)) if len(atoms) == 1 else ""
            return one[1:].split("|") if one.startswith("=") else None
        if name in ("list", "sorted", "tuple") and first is not None:
            return values_of(first, scope)
    if isinstance(node, ast.ListComp) and ast.unparse(node.elt).endswith(".value"):
        return _members(getattr(node.generators[0].iter, "id", ""), scope)
    if isinstance(node, ast.Name):
        listed = scope.types.lists.get(node.id)
        return values_of(listed, scope) if listed is not None else None
    return None


def _members(name: str, scope: Scope) -> list[str] | None:
    """The values of an Enum."""
    node = scope.types.classes.get(name)
    values = [
        str(item.value.value)
        for item in (node.body if node else ())
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
    ]
    return values or None
