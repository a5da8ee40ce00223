"""The types that rules of a CustomResourceDefinition see, and whether a rule fits them.

The server compiles each rule against the structural schema: a field that is not declared, values
of types that do not go together, or a result that is not a boolean refuse the whole definition.
Here the schema becomes message types of Protocol Buffers, which the CEL compiler checks against.
"""

from __future__ import annotations

import re
from typing import Any

from stackgen.regex import regex
from stackgen.schema.cel import NotEvaluatedError, escaped, quiet, with_format_calls
from stackgen.schema.cel_functions import FORMAT_NAMES
from stackgen.schema.regex import ecma, readable

Schema = dict[str, Any]
_PACKAGE = "self"
_INT_OR_STRING, _EMBEDDED = "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource"
_TEXT: Schema = {"type": "string"}
_META: Schema = {"type": "object", "properties": {"name": _TEXT, "generateName": _TEXT}}
_EVERY_OBJECT: Schema = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _META}
# Scalar types and messages, as the field types of Protocol Buffers and as types of CEL.
_SCALARS = {"boolean": "BOOL", "integer": "INT64", "number": "DOUBLE", "string": "STRING"}
_CEL = {"BOOL": "bool", "INT64": "int", "DOUBLE": "double", "STRING": "string", "BYTES": "bytes"}
_FORMATS = {
    "byte": "BYTES", "date": ".google.protobuf.Timestamp",
    "date-time": ".google.protobuf.Timestamp", "duration": ".google.protobuf.Duration",
}  # fmt: skip
_ANY = ".google.protobuf.Value"
# Two-variable comprehensions and functions that the compiler here does not have.
_UNKNOWN_HERE = regex(
    r"\.(?:all|exists|exists_?[oO]ne|transformList|transformMap|transformMapEntry)"
    r"\(\s*\w+\s*,\s*\w+\s*,|\bformat\.named\(|\bjsonpatch\."
)
# What the server's compiler has and the one here lacks.
_ALLOWED = regex(
    r"'_(?:<|<=|>|>=)_' applied to '\((?:int|uint|double), (?:int|uint|double)\)'"
    r"|'string' applied to '\(net\.(?:IP|CIDR)\)'"
    r"|'(?:indexOf|lastIndexOf)' applied to '\(?list\((\w+)\)(?:, |\.\()\1\)'"
)
_PATTERN = regex(r"""\.(?:matches|find|findAll)\(\s*(r?)("[^"]*"|'[^']*')""")
_FIELD = regex(r"undefined field '([^']*)'")
_NAME = regex(r"undeclared reference to '([^']*)'")
_OVERLOAD = regex(r"found no matching overload for '([^']*)' applied to '(.*)'")


class SelfTypes:
    """The message types of one schema. `rule` and `message` judge expressions at one node of it."""

    def __init__(self, root: Schema) -> None:
        from google.protobuf import descriptor_pb2

        self._fields = descriptor_pb2.FieldDescriptorProto
        self._file = descriptor_pb2.FileDescriptorProto(
            name="self.proto", package=_PACKAGE, syntax="proto2",
            dependency=[f"google/protobuf/{n}.proto" for n in ("duration", "struct", "timestamp")],
        )  # fmt: skip
        self._names: dict[tuple[int, bool], str] = {}
        self._root = root
        self._field_type(root)
        self._pool: Any = None
        self._environments: dict[str, Any] = {}

    def wrong(self, text: str, node: Schema, result: str, optional_old: bool = False) -> str:
        """Why the server refuses `text` as a rule of `node`, or "".

        result: the type the expression must have, `bool` or `string`. Raises NotEvaluatedError.
        """
        if _UNKNOWN_HERE.search(text):
            raise NotEvaluatedError("the rule uses a form of CEL that is not known here")
        kind = self._cel_type(node)
        if not kind:
            return "the schema gives no type to the value, so no rule can read it"
        wrong = _wrong_literal(text)
        if wrong:
            return wrong
        if optional_old:
            text = re.sub(r"\boldSelf\b", "optional.of(oldSelf)", text)
        try:
            with quiet():
                compiled = self._environment(kind).compile(with_format_calls(text))
        except RuntimeError as error:
            return _explain(str(error))
        found = str(compiled.return_type()).lower()
        return "" if found == result else f"the expression gives {found}, a {result} is needed"

    def _environment(self, kind: str) -> Any:
        found = self._environments.get(kind)
        if found is None:
            from cel_expr_python import cel
            from cel_expr_python.ext import ext_optional, ext_strings

            from stackgen.schema.cel_functions import declarations

            value = cel.Type(kind)
            found = self._environments[kind] = cel.NewEnv(
                descriptor_pool=self._filled_pool(),
                variables={"self": value, "oldSelf": value},
                functions=declarations(checked=True),
                extensions=[ext_strings.ExtStrings(2), ext_optional.ExtOptional()],
            )
        return found

    def _filled_pool(self) -> Any:
        if self._pool is None:
            from google.protobuf import descriptor_pool, duration_pb2, struct_pb2, timestamp_pb2

            self._pool = descriptor_pool.DescriptorPool()
            for module in (duration_pb2, struct_pb2, timestamp_pb2):
                self._pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
            self._pool.AddSerializedFile(self._file.SerializeToString())
        return self._pool

    def _cel_type(self, node: Schema) -> str:
        """The type of a node as CEL writes it; "" for one that rules do not see."""
        if not node.get(_INT_OR_STRING):
            items, values = node.get("items"), node.get("additionalProperties")
            if node.get("type") == "array" and isinstance(items, dict):
                inner = self._cel_type(items)
                return inner and f"list<{inner}>"
            if node.get("type") == "object" and isinstance(values, dict):
                inner = self._cel_type(values)
                return inner and f"map<string, {inner}>"
        found = self._field_type(node)
        return _CEL.get(found, "dyn" if found == _ANY else found.removeprefix("."))

    def _field_type(self, node: Schema) -> str:
        """The type of one value: a scalar, a message, or _ANY for what fields cannot nest."""
        kind = node.get("type")
        if node.get(_INT_OR_STRING):
            return _ANY
        if kind in ("array", "object"):
            inner = node.get("items" if kind == "array" else "additionalProperties")
            if isinstance(inner, dict):
                return _ANY if self._field_type(inner) else ""
            return self._message(node) if kind == "object" else ""
        if kind == "string" and node.get("format") in _FORMATS:
            return _FORMATS[node["format"]]
        return _SCALARS.get(str(kind), "")

    def _message(self, node: Schema) -> str:
        whole = node is self._root or bool(node.get(_EMBEDDED))
        name = self._names.get((id(node), whole))
        if name is None:
            name = self._names[id(node), whole] = f".{_PACKAGE}.Object{len(self._names)}"
            message = self._file.message_type.add(name=name.rpartition(".")[2])
            message.options.deprecated_legacy_json_field_conflicts = True
            properties = node.get("properties") or {}
            for field, inner in {**properties, **(_EVERY_OBJECT if whole else {})}.items():
                written = escaped(field)
                if written is not None and isinstance(inner, dict):
                    self._add(message, written, inner)
        return name

    def _add(self, message: Any, name: str, node: Schema) -> None:
        items, values = node.get("items"), node.get("additionalProperties")
        many = False
        if not node.get(_INT_OR_STRING):
            if node.get("type") == "array" and isinstance(items, dict):
                many, node = True, items
            elif node.get("type") == "object" and isinstance(values, dict):
                self._add_map(message, name, values)
                return
        kind = self._field_type(node)
        if kind:
            self._append(message, name, kind, "REPEATED" if many else "OPTIONAL")

    def _add_map(self, message: Any, name: str, values: Schema) -> None:
        kind = self._field_type(values)
        if not kind:
            return
        # The compiler of Protocol Buffers recognizes a map by this name alone.
        entry = "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Entry"
        if any(nested.name == entry for nested in message.nested_type):
            self._append(message, name, _ANY, "OPTIONAL")
            return
        nested = message.nested_type.add(name=entry)
        nested.options.map_entry = True
        self._append(nested, "key", "STRING", "OPTIONAL")
        self._append(nested, "value", kind, "OPTIONAL")
        owner = f".{_PACKAGE}.{message.name}.{entry}"
        self._append(message, name, owner, "REPEATED")

    def _append(self, message: Any, name: str, kind: str, label: str) -> None:
        field = message.field.add(name=name, number=len(message.field) + 1)
        field.label = getattr(self._fields, f"LABEL_{label}")
        if kind.startswith("."):
            field.type, field.type_name = self._fields.TYPE_MESSAGE, kind
        else:
            field.type = getattr(self._fields, f"TYPE_{kind}")


def _wrong_literal(text: str) -> str:
    """What the server checks in texts within the rule: patterns, and names of formats."""
    for name in re.findall(r"\bformat\.(\w+)\(\)", text):
        if name not in FORMAT_NAMES:
            return f"the expression uses format.{name}, which is no format"
    for raw, literal in _PATTERN.findall(text):
        pattern = literal[1:-1] if raw else literal[1:-1].replace("\\\\", "\\")
        if not readable(ecma(pattern)):
            return f"the expression uses {literal}, which is not a regular expression"
    return ""


def _explain(error: str) -> str:
    """The first fault that the compiler found, in our words; "" when the server sees none."""
    faults = [line for line in error.splitlines() if "ERROR:" in line]
    if faults and all(_ALLOWED.search(line) for line in faults):
        return ""
    error = next((line for line in faults if not _ALLOWED.search(line)), error)
    if "Syntax error" in error:
        return "the expression cannot be read as CEL"
    field, name, overload = _FIELD.search(error), _NAME.search(error), _OVERLOAD.search(error)
    if field:
        return f"the expression reads {field[1]}, which the schema does not declare here"
    if name:
        return f"the expression uses {name[1]}, which is neither a variable nor a function here"
    if overload:
        kinds = re.sub(r"self\.Object\d+", "object", overload[2])
        return f"the expression combines values of types that do not go together: {kinds}"
    if "select operation" in error or "range of a comprehension" in error:
        return "the expression reads fields or items of a value that has none"
    return "the expression does not fit the types of the schema"
