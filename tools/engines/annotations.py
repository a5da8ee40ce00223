"""What a parser makes of a field, from the field's type annotation.

A kind is text: `switch` (--x and --no-x, without a value), `flag` (--x alone), `bool` (a value that
is true or false, or none), `int`, `size` (1k is an integer too), `size-or-auto`, `float`, `json`,
`text`, `any` (only the name is known), or choices as `=a|b`. `+` after it means one value or more,
`?` one or none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

ANY = "any"
_PLAIN = {"int", "float", "bool", "str"}
_GROUPS = {"list", "tuple", "dict", "set", "List", "Tuple", "Dict", "Set", "Sequence", "frozenset"}
_SEE_THROUGH = {"Optional", "Union", "Annotated", "SkipValidation", "InitVar", "ClassVar", "Final"}
_DATACLASS = {"dataclass", "config"}


@dataclass(frozen=True)
class Types:
    """Classes, type aliases and lists by name, of all files that were given."""

    classes: Mapping[str, ast.ClassDef] = field(default_factory=dict)
    aliases: Mapping[str, ast.expr] = field(default_factory=dict)
    lists: Mapping[str, ast.expr] = field(default_factory=dict)

    def fields(self, name: str) -> Iterator[tuple[str, ast.expr]]:
        """The annotated fields of a class, those of its bases first."""
        node = self.classes.get(name)
        for base in node.bases if node else ():
            yield from self.fields(_last(base))
        for item in node.body if node else ():
            named = isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            if named and "ClassVar" not in ast.dump(item.annotation):
                yield item.target.id, item.annotation

    def is_dataclass(self, name: str) -> bool:
        """Whether the class is decorated as a dataclass."""
        node = self.classes.get(name)
        return node is not None and any(
            _last(d.func if isinstance(d, ast.Call) else d) in _DATACLASS
            for d in node.decorator_list
        )

    def atoms(self, node: ast.expr | None, depth: int = 0) -> set[str]:
        """The types of a union, by name; a Literal as `=a|b`, a group as `list[int]`."""
        if node is None or depth > 12:
            return {"?"}
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return self.atoms(ast.parse(node.value, mode="eval").body, depth + 1)
            return {"None"} if node.value is None else {"?"}
        if isinstance(node, ast.BinOp):
            return self.atoms(node.left, depth + 1) | self.atoms(node.right, depth + 1)
        if isinstance(node, ast.Subscript):
            return self._of_subscript(node, depth)
        name = _last(node)
        if name in self.aliases:
            return self.atoms(self.aliases[name], depth + 1)
        if name in _PLAIN | _GROUPS | {"None"}:
            return {name.lower() if name in _GROUPS else name}
        if self.is_dataclass(name):
            return {"dataclass"}
        # A class of another package, such as torch.dtype, is neither a list of values nor ours.
        return {"other"} if isinstance(node, ast.Attribute) else {"?"}

    def _of_subscript(self, node: ast.Subscript, depth: int) -> set[str]:
        name = _last(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Literal":
            values = [value for i in inner for value in self._literal(i, depth)]
            return {"?"} if "?" in values else {"=" + "|".join(sorted(values))}
        if name in _SEE_THROUGH:
            inner = inner[:1] if name == "Annotated" else inner
            return set[str]().union(*(self.atoms(i, depth + 1) for i in inner))
        if name in _GROUPS:
            parts = self.atoms(inner[0], depth + 1)
            return {f"{name.lower()}[{'str' if len(parts) > 1 else next(iter(parts))}]"}
        return {"?"}

    def _literal(self, node: ast.expr, depth: int) -> list[str]:
        """The values of one argument of a Literal, which may be another Literal."""
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        found = self.atoms(node, depth + 1)
        one = next(iter(found)) if len(found) == 1 else ""
        return one[1:].split("|") if one.startswith("=") else ["?"]


def types_of(trees: Iterable[ast.Module]) -> Types:
    """The classes and aliases at the top of files."""
    classes: dict[str, ast.ClassDef] = {}
    aliases: dict[str, ast.expr] = {}
    lists: dict[str, ast.expr] = {}
    for tree in trees:
        # Aliases for type checkers stand below `if TYPE_CHECKING`; those of the `else` are `str`.
        for node in tree.body:
            inner = node.body if isinstance(node, ast.If) else [node]
            for item in inner:
                _collect(item, classes, aliases, lists)
    return Types(classes, aliases, lists)


def _collect(
    node: ast.stmt,
    classes: dict[str, ast.ClassDef],
    aliases: dict[str, ast.expr],
    lists: dict[str, ast.expr],
) -> None:
    if isinstance(node, ast.ClassDef):
        classes.setdefault(node.name, node)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        if isinstance(node.value, ast.Subscript | ast.BinOp):
            aliases.setdefault(node.targets[0].id, node.value)
        elif isinstance(node.value, ast.List | ast.Tuple | ast.Set):
            lists.setdefault(node.targets[0].id, node.value)
    elif (
        isinstance(node, ast.AnnAssign)
        and node.value is not None
        and _last(node.annotation) == "TypeAlias"
    ):
        aliases.setdefault(_last(node.target), node.value)


def kind_of(atoms: set[str]) -> str:
    """The kind of an option that vLLM's get_kwargs makes of a field with these types."""
    known = atoms - {"None"}
    groups = sorted(a for a in known if a.partition("[")[0] in {"list", "tuple", "set", "sequence"})
    choices = [a for a in known if a.startswith("=")]
    if "dataclass" in known:
        return "json" if known <= {"dataclass", "dict"} else ANY
    if known == {"bool", "str"} and "None" in atoms:
        return "any"
    if "bool" in known:
        return "switch"
    if "?" in known:
        return ANY
    if choices:
        return choices[0] if known <= {choices[0], "other"} else "text"
    if groups:
        element = groups[0].partition("[")[2].rstrip("]")
        whole = element.startswith("=") or element in ("int", "float")
        return (element if whole else "text") + "+"
    for name in ("int", "float"):
        if name in known:
            return name
    dicts = {a for a in known if a.startswith("dict")}
    if dicts:
        return "json" if known == dicts else ANY
    return "text" if known == {"str"} else ANY


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
