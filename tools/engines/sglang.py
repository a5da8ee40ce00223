"""The options of SGLang's server and its environment variables, from the source of a package.

Until 0.5.13 each option is a call of `add_argument`; since then most are fields, `A[type, "help"]`
or `A[type, Arg(...)]`. Nothing is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from annotations import ANY, types_of
from arguments import Scope, argument, values_of
from packages import Package

# The variables are read in all of the package.
FILES = ("sglang/",)
_OF_OPTIONS = ("sglang/srt/server_args.py", "sglang/srt/arg_groups/")
_VARIABLE = re.compile(r"""["'](SGLANG_[A-Z0-9_]+)["']|^\s+(SGLANG_[A-Z0-9_]+)\s*=\s*Env""", re.M)
_PARSER = "sglang/srt/server_args.py"
# `sglang serve` takes this one out before it parses the others.
_OF_COMMAND = "--model-type"
_COMMANDS = (*_OF_OPTIONS, "sglang/cli/")
# Names come from registries of plugins and of the hardware.
_OPEN = {"attention-backend", "quantization", "device", "tool-call-parser", "reasoning-parser"}


def options(package: Package) -> dict[str, str]:
    """The kind of each option, by its name without dashes."""
    scope = Scope(types_of(package.below(*_OF_OPTIONS)))
    found: dict[str, str] = {}
    parser = package.tree(_PARSER)
    for tree in package.below(*_OF_OPTIONS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found.update(_fields(node, scope))
    for node in ast.walk(parser) if parser is not None else ():
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            found.update(argument(node, scope, lambda _: None))
    if any(_OF_COMMAND in s for p, s in package.files.items() if p.startswith(_COMMANDS)):
        found[_OF_COMMAND.lstrip("-")] = ANY
    return {name: "text" if name in _OPEN else kind for name, kind in found.items()}


def environment(package: Package) -> dict[str, str]:
    """The variables that the package mentions. A value that does not fit is skipped."""
    return {
        name: ANY
        for source in package.files.values()
        for pair in _VARIABLE.findall(source)
        for name in pair
        if name and not name.endswith("_")
    }


def _fields(node: ast.ClassDef, scope: Scope) -> Iterator[tuple[str, str]]:
    for item in node.body:
        annotation = item.annotation if isinstance(item, ast.AnnAssign) else None
        if not isinstance(annotation, ast.Subscript) or getattr(annotation.value, "id", "") != "A":
            continue
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
        target = item.target if isinstance(item, ast.AnnAssign) else None
        if len(parts) < 2 or not isinstance(target, ast.Name):
            continue
        calls = [p for p in parts[1:] if isinstance(p, ast.Call)]
        given = {k.arg: k.value for k in calls[0].keywords if k.arg} if calls else {}
        if getattr(given.get("no_cli"), "value", False):
            continue
        named = given.get("cli_name")
        names = [str(getattr(named, "value", "")) or f"--{target.id.replace('_', '-')}"]
        names += [str(getattr(e, "value", "")) for e in getattr(given.get("aliases"), "elts", ())]
        for name in names:
            yield name.lstrip("-"), _kind(parts[0], given, scope)


def _kind(annotation: ast.expr, given: dict[str, ast.expr], scope: Scope) -> str:
    atoms = scope.types.atoms(annotation) - {"None"}
    if "action" in given:
        return ANY
    kind = ANY
    if len(atoms) == 1:
        (atom,) = atoms
        if atom == "bool":
            return "flag"
        kind = {"str": "text"}.get(atom, atom if atom in ("int", "float") else ANY)
        kind = atom if atom.startswith("=") else kind
        if atom.startswith("list["):
            element = atom[5:-1]
            kind = (element if element in ("int", "float") else "text") + "+"
    if "type_parser" in given:
        kind = scope.type_kind(given["type_parser"])
    if "choices" in given and not kind.endswith("+"):
        values = values_of(given["choices"], scope)
        kind = "=" + "|".join(values) if values is not None else ANY
    return ANY if "nargs" in given else kind
