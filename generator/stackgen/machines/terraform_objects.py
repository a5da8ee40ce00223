"""The Kubernetes objects that Terraform files contain, of the providers kubernetes and kubectl."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.machines.blocks import camel
from stackgen.manifest import terraform
from stackgen.manifest.document import Document, Mark, Marks, Source
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex

_WHOLE = {"kubectl_manifest": "yaml_body", "kubernetes_manifest": "manifest"}
_NAMED = regex(r"\$\{([a-z]\w*\.[\w.-]+(?:\[0\]\.name)?)\}")
_UNKNOWN = regex(r"\$\{|%\{")
_ESCAPED, _ESCAPES = regex(r"\\(.)"), {"n": "\n", "t": "\t"}
_BRACKET = regex(r"[{}]")


@record
class Found:
    """judged: objects that are known but for texts. counted: those with other expressions."""

    judged: tuple[Resource, ...]
    counted: tuple[Resource, ...]


def found_in(sources: Iterable[Source]) -> Found:
    """The objects of all Terraform files, each where its block begins."""
    folders: dict[str, list[Source]] = {}
    values: dict[str, str] = {}
    for source in sources:
        if source.name.endswith(terraform.VALUES):
            values[source.name] = source.text
        if source.name.endswith(terraform.SUFFIXES):
            folders.setdefault(os.path.dirname(source.name), []).append(source)
    judged: list[Resource] = []
    counted: list[Resource] = []
    for folder, files in folders.items():
        read = [(one, terraform.read(one.text)) for one in files]
        given = terraform.given_in(folder, values)
        known = _constants([block for _, blocks in read for block in blocks], given)
        for source, blocks in read:
            for block in blocks:
                for made in _of_block(block, known):
                    data = _as_variables(made)
                    document = Document(source, 0, block.mark.line, data, given=_at(block.mark))
                    one = Resource(data, source.name, document=document)
                    (judged if _is_known(data) else counted).append(one)
    return Found(tuple(judged), tuple(counted))


def _at(mark: Mark) -> Marks:
    return Marks({(): mark}, {(): mark})


def _constants(blocks: list[terraform.Block], given: Mapping[str, Any]) -> dict[str, Any]:
    """Constant variables and locals of a folder, and the names of its objects.

    given: the values of variables that a file gives in place of the defaults.
    """
    known: dict[str, Any] = {}
    for name, value in {**terraform.defaults(blocks), **given}.items():
        known[f"var.{name}"] = value
    for block in blocks:
        for name, one in block.attributes.items() if block.type == "locals" else ():
            known[f"local.{name}"] = one.value
    for block in blocks:
        named = block.find("metadata", "name")
        if block.type == "resource" and len(block.labels) == 2 and named is not None:
            for step in ("[0].name", ".0.name"):
                known[f"{'.'.join(block.labels)}.metadata{step}"] = named.value
    for _ in range(3):  # constants of constants
        known = {name: _filled_in(value, known) for name, value in known.items()}
    return {name: value for name, value in known.items() if not _UNKNOWN.search(str(value))}


def _filled_in(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled_in(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled_in(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    said = terraform.heredoc(value)
    if said is None:
        said = _ESCAPED.sub(lambda m: _ESCAPES.get(m[1], m[1]), value)
    return _with_names(said, known)


def _with_names(value: str, known: Mapping[str, Any]) -> Any:
    whole = _NAMED.fullmatch(value)
    if whole is not None:
        return known.get(whole[1], value)
    return _NAMED.sub(lambda m: str(known.get(m[1], m[0])), value)


def _as_variables(value: Any) -> Any:
    """What is left of expressions, as variables that others fill in."""
    if isinstance(value, dict):
        return {key: _as_variables(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_variables(inner) for inner in value]
    return _with_variables(value) if isinstance(value, str) else value


def _with_variables(value: str) -> str:
    """A long expression is cut where it is read, so that its last bracket may be missing."""
    parts: list[str] = []
    done = 0
    while (start := value.find("${", done)) >= 0:
        open_, end = 1, len(value)
        for bracket in _BRACKET.finditer(value, start + 2):
            open_ += 1 if bracket[0] == "{" else -1
            if not open_:
                end = bracket.end()
                break
        parts += (value[done:start], _variable(value[start + 2 : end - 1]))
        done = end
    return "".join(parts) + value[done:]


def _variable(expression: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", expression.upper())[:60].strip("_")
    return f"${{{name or 'VALUE'}}}"


def _of_block(block: terraform.Block, known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if block.type != "resource" or len(block.labels) != 2 or "for_each" in block.attributes:
        return
    # A type that ends in `_data` adds to an object that something else makes.
    kind = re.sub(r"_v\d+(?:(?:alpha|beta)\d+)?\Z", "", block.labels[0])
    given = block.find(_WHOLE.get(kind, ""))
    if given is not None:
        data = _filled_in(given.value, known)
        if isinstance(data, str) and not data.startswith("${"):
            documents = parse(data, "yaml_body") if not _UNKNOWN.search(data[:1]) else []
            fatal = any(problem.fatal for one in documents for problem in one.problems)
            data = documents[0].data if len(documents) == 1 and not fatal else None
        if isinstance(data, dict) and {"apiVersion", "kind", "metadata"} <= data.keys():
            yield _with_texts(data)
    elif kind.removeprefix("kubernetes_") in _table()["kinds"]:
        version, name = _table()["kinds"][kind.removeprefix("kubernetes_")]
        fields = _fields(block, known)
        metadata = fields.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
            metadata["annotations"] = _encoded(metadata["annotations"])
        for outside in _table()["left_out"]:
            fields.pop(outside, None)
        if kind == "kubernetes_secret" and "data" in fields:
            fields["stringData"] = fields.pop("data")
        yield _with_texts({"apiVersion": version, "kind": name, **fields})


def _text(value: Any) -> Any:
    """A boolean or number as the text that Terraform makes of it."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _with_texts(data: dict[str, Any]) -> dict[str, Any]:
    """What yamlencode and jsonencode make of the files of a ConfigMap or Secret: texts."""
    if data["kind"] not in ("ConfigMap", "Secret"):
        return data
    secret = data["kind"] == "Secret"
    return {
        part: _encoded(inner, secret)
        if part in ("data", "stringData") and isinstance(inner, dict)
        else inner
        for part, inner in data.items()
    }


def _encoded(texts: Mapping[str, Any], secret: bool = False) -> dict[str, Any]:
    """Texts, with what jsonencode makes texts of. secret: what is filled in is the credential."""
    found = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in texts.items()}
    for key, value in texts.items():
        if secret and isinstance(value, dict | list) and _UNKNOWN.search(found[key]):
            found[key] = "${jsonencode}"
    return found


def _fields(block: terraform.Block, known: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes and blocks, in the words of the API."""
    found: dict[str, Any] = {}
    for name, one in block.attributes.items():
        value = _filled_in(one.value, known)
        if value is not None:
            if name in _table()["of_texts"] and isinstance(value, dict):
                value = {key: _text(inner) for key, inner in value.items()}
            found[_camel(name)] = _number(value) if name in _table()["numbers"] else value
    for inner in block.blocks:
        several = _table()["lists"].get(inner.type)
        if several and block.type not in _table()["single"].get(inner.type, ()):
            found.setdefault(several, []).append(_fields(inner, known))
        else:
            found[_camel(inner.type)] = _fields(inner, known)
    return found


def _camel(name: str) -> str:
    return _table()["names"].get(name) or camel(name)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else value


def _is_known(data: dict[str, Any]) -> bool:
    """Whether every expression left stands where the API has a text."""
    if not _stand_for_texts(data, ()):
        return False
    name = str(data["metadata"].get("name") if isinstance(data.get("metadata"), dict) else "")
    return bool(name) and not _UNKNOWN.search(name)


def _stand_for_texts(value: Any, keys: tuple[str, ...]) -> bool:
    if isinstance(value, dict):
        return all(_stand_for_texts(inner, (*keys, str(key))) for key, inner in value.items())
    if isinstance(value, list):
        return all(_stand_for_texts(inner, keys) for inner in value)
    alone = isinstance(value, str) and re.fullmatch(r"\$\{[^{}]*\}", value)
    text = keys and (keys[-1] in _table()["texts"] or set(keys) & set(_table()["maps"]))
    return not alone or bool(text)


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "terraform_kinds.yaml")
    return found
