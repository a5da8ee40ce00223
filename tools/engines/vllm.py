"""The options and environment variables of vLLM, read from the source of a package.

vLLM makes most options of the fields of its configuration classes: `N = get_kwargs(Class)` and then
`add_argument("--name", **N["field"])`. Nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from annotations import ANY, Types, kind_of, types_of
from arguments import Scope, argument, values_of
from packages import Package

FILES = ("vllm/", "tpu_inference/envs.py")
_PARSERS = (
    "vllm/engine/arg_utils.py",
    "vllm/entrypoints/openai/cli_args.py",
    "vllm/entrypoints/common/cli_args.py",
    "vllm/entrypoints/launchers/cli_args.py",
    "vllm/entrypoints/cli/serve.py",
    "vllm/entrypoints/utils.py",
)
_FRONTEND = "FrontendArgs"
_CONVERTS = {
    "int": "int", "float": "float", "maybe_convert_int": "int", "maybe_convert_bool": "int",
}  # fmt: skip
_CONFIG = ("vllm/config", "vllm/engine/", *_PARSERS, "vllm/model_executor/", "vllm/lora")
# Options whose names come from registries, and the folders of these.
_REGISTRIES = {
    "tool-call-parser": ("vllm/tool_parsers/", "vllm/entrypoints/openai/tool_parsers/"),
    "reasoning-parser": ("vllm/reasoning/",),
}
# Plugins and platforms add values to these, so the list in the source says nothing.
_OPEN = {"quantization", "device", "attention-backend", "mm-encoder-attn-backend"}

# With this class --disable-x is a name of --enable-x.
_INVERTS = "class EnableDisableAction"


def options(package: Package) -> dict[str, str]:
    """The kind of each option, by its name without dashes; short names as they are."""
    types = types_of(package.below(*_CONFIG))
    scope = Scope(types)
    found: dict[str, str] = {}
    for path in _PARSERS:
        tree = package.tree(path)
        if tree is not None:
            found.update(_File(scope, tree, _Made.of(package)).options())
    for name, folders in _REGISTRIES.items():
        values = sorted(set(_registered(package, folders)))
        if name in found and values:
            found[name] = "=" + "|".join(values)
    for name in _OPEN & set(found):
        found[name] = "text"
    if any(_INVERTS in source for source in package.files.values()):
        found |= dict(_inverses(found))
    return {name: kind for name, kind in found.items() if name not in ("help", "h", "version", "v")}


def _inverses(found: dict[str, str]) -> Iterator[tuple[str, str]]:
    pairs = (("enable-", "disable-"), ("disable-", "enable-"))
    for name, kind in found.items():
        for prefix, inverse in pairs:
            other = inverse + name.removeprefix(prefix)
            if kind == "switch" and name.startswith(prefix) and other not in found:
                yield other, kind


@dataclass(frozen=True)
class _Made:
    """What get_kwargs does in this version."""

    boolean: str
    sizes: frozenset[str]
    auto: bool

    @classmethod
    def of(cls, package: Package) -> _Made:
        tree = package.tree("vllm/engine/arg_utils.py")
        bodies = [
            n for n in (ast.walk(tree) if tree is not None else ())
            if isinstance(n, ast.FunctionDef) and n.name in ("get_kwargs", "_compute_kwargs")
        ]  # fmt: skip
        text = "".join(map(ast.dump, bodies))
        sizes = {
            e.value
            for body in bodies
            for n in ast.walk(body) if isinstance(n, ast.Set)
            for e in n.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)
        }  # fmt: skip
        sizes |= {"max_model_len"} if "'max_model_len'" in text else set()
        boolean = "switch" if "BooleanOptionalAction" in text else "flag"
        return cls(boolean, frozenset(sizes), "human_readable_int_or_auto" in text)

    def kind(self, name: str, kind: str) -> str:
        if kind == "switch":
            return self.boolean
        if kind == "int" and name in self.sizes:
            return "size-or-auto" if self.auto and name == "max_model_len" else "size"
        return kind


class _File:
    """One file with parsers."""

    def __init__(self, scope: Scope, tree: ast.Module, made: _Made) -> None:
        self._scope = scope
        self._tree = tree
        self._made = made
        self._kwargs: dict[str, dict[str, str]] = {}

    def options(self) -> dict[str, str]:
        """All options, in the order of the source."""
        frontend = [
            n for n in self._tree.body if isinstance(n, ast.ClassDef) and n.name.endswith(_FRONTEND)
        ]
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assign) and _calls(node.value, "get_kwargs"):
                self._assigned(node)
        for function in ast.walk(self._tree):
            if isinstance(function, ast.FunctionDef) and not function.name.startswith("get_kwargs"):
                for statement in ast.walk(function):
                    self._changed(statement)
        found: dict[str, str] = {}
        if frontend and "frontend_kwargs" in self._kwargs:
            fields = self._kwargs["frontend_kwargs"]
            found.update({name.replace("_", "-"): kind for name, kind in fields.items()})
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
                found.update(argument(node, self._scope, self._known))
        return found

    def _assigned(self, node: ast.Assign) -> None:
        target, call = node.targets[0], node.value
        assert isinstance(call, ast.Call)
        given = getattr(call.args[0], "id", "")
        # `cls` is a class of the frontend.
        name = given if given != "cls" else _FRONTEND
        if isinstance(target, ast.Name):
            self._kwargs[target.id] = {
                field: self._made.kind(field, kind_of(self._types.atoms(annotation)))
                for field, annotation in self._types.fields(name)
            }

    @property
    def _types(self) -> Types:
        return self._scope.types

    def _known(self, node: ast.expr) -> str | None:
        """The kind behind `N["field"]`, wherever it stands in a `**` argument."""
        for item in ast.walk(node):
            if isinstance(item, ast.Subscript) and isinstance(item.value, ast.Name):
                fields, key = self._kwargs.get(item.value.id), _constant(item.slice)
                if fields is not None and key:
                    return fields.get(key, ANY)
        return None

    def _changed(self, node: ast.AST) -> None:
        """A statement that changes what get_kwargs made, such as `N["field"]["type"] = str`."""
        if isinstance(node, ast.Delete):
            for target in node.targets:
                found = self._part(target)
                if found and found[2] == "nargs":
                    found[0][found[1]] = found[0][found[1]].rstrip("+?")
        targets = (
            node.targets if isinstance(node, ast.Assign)
            else [node.target] if isinstance(node, ast.AugAssign) else []
        )  # fmt: skip
        for target in targets:
            found = self._part(target)
            if found is None or not isinstance(node, ast.Assign | ast.AugAssign):
                continue
            fields, name, part = found
            if part == "type":
                many = "+" if fields[name].endswith("+") else ""
                fields[name] = self._scope.type_kind(node.value) + many
            elif part == "choices":
                values = values_of(node.value, self._scope)
                plain = isinstance(node, ast.Assign) and values is not None
                fields[name] = "=" + "|".join(values or ()) if plain else ANY
            elif part == "action" and _constant(node.value) == "append":
                fields[name] = fields[name].rstrip("+")
            elif part in ("action", "nargs"):
                fields[name] = ANY

    def _part(self, node: ast.expr) -> tuple[dict[str, str], str, str] | None:
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Subscript):
            return None
        inner = node.value
        fields = self._kwargs.get(getattr(inner.value, "id", ""))
        name, part = _constant(inner.slice), _constant(node.slice)
        return (fields, name, part) if fields and name in fields and part else None


def _registered(package: Package, folders: tuple[str, ...]) -> Iterator[str]:
    """Names that a registry of parsers has: of decorators and calls, and of a table of modules."""
    for tree in package.below(*folders):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "").startswith("register"):
                named = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "name")]
                for value in named:
                    items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                    yield from filter(None, map(_constant, items))
            elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                if "TO_REGISTER" in getattr(target, "id", ""):
                    yield from filter(None, (_constant(k) for k in node.value.keys if k))


def environment(package: Package) -> dict[str, str]:
    """The kind of each environment variable that the package's table of them has."""
    found: dict[str, str] = {}
    for path in ("vllm/envs.py", "tpu_inference/envs.py"):
        tree = package.tree(path)
        for node in ast.walk(tree) if tree is not None else ():
            target = (
                node.target if isinstance(node, ast.AnnAssign)
                else node.targets[0] if isinstance(node, ast.Assign) else None
            )  # fmt: skip
            value = getattr(node, "value", None)
            if getattr(target, "id", "") == "environment_variables" and isinstance(value, ast.Dict):
                for key, maker in zip(value.keys, value.values, strict=True):
                    name = _constant(key) if key is not None else None
                    if name:
                        found[name] = _variable(maker)
    return found


def _variable(node: ast.expr) -> str:
    """`int` when the value is surely converted, choices when they are checked, else `any`."""
    if isinstance(node, ast.Call):
        function = getattr(node.func, "id", "")
        if function == "env_with_choices" and len(node.args) > 2:
            values = [_constant(e) for e in getattr(node.args[2], "elts", ())]
            folds = any(
                k.arg == "case_sensitive" and getattr(k.value, "value", True) is False
                for k in node.keywords
            )
            several = any(k.arg == "allow_csv" for k in node.keywords)
            if values and None not in values and not several:
                return ("~" if folds else "=") + "|".join(str(v) for v in values)
        return "bool" if function == "env_bool" else ANY
    body = node.body if isinstance(node, ast.Lambda) else node
    for call in ast.walk(body):
        name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
        if name in _CONVERTS and any(_reads(inner) for inner in ast.walk(call)):
            return _CONVERTS[name]
    return ANY


def _reads(node: ast.AST) -> bool:
    """`os.getenv(...)`, `os.environ.get(...)` or `os.environ[...]`, on its own."""
    text = ast.unparse(node) if isinstance(node, ast.Call | ast.Subscript) else ""
    return (
        text.startswith(("os.getenv(", "os.environ.get(", "os.environ["))
        and "." not in (text.rpartition(")")[2])
    )


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and bool(node.args)


def _constant(node: ast.AST) -> str | None:
    value = getattr(node, "value", None)
    return value if isinstance(node, ast.Constant) and isinstance(value, str) else None
