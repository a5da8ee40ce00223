"""One Rego engine: policies in, documents in, results out. Fails closed.

The engine is regorus, in process. Its built-ins reach neither network nor environment nor files:
`http.send` is undefined, `opa.runtime` knows no environment, there is no built-in that reads a
file. It has no timer, so policies that are not ours run in a process with a deadline (worker.py).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.record import record
from stackgen.regex import regex

_PLACE = regex(r"-->\s*(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)")
_ERROR = regex(r"^error: (?P<text>.*)", re.MULTILINE | re.DOTALL)


class PolicyError(Exception):
    """A policy that cannot be read or evaluated: what is wrong, and where in which file."""

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        return at + self.message


def _readable(error: BaseException) -> PolicyError:
    """regorus prints place, code frame and a stack trace in one text; keep place and reason."""
    text = str(error).split("Stack backtrace", 1)[0].strip()
    reason = _ERROR.search(text)
    message = " ".join((reason.group("text") if reason else text).split()) or "unknown error"
    place = _PLACE.search(text)
    if place is None:
        return PolicyError(message)
    return PolicyError(message, place["file"], int(place["line"]), int(place["column"]))


@record
class Module:
    """What a policy file defines: its package, as people write it, and the names of its rules.

    uses: what it refers to below `data`, such as `data.lib.pods`. tree: its syntax, as regorus has
    it.
    """

    file: str
    package: str
    rules: tuple[str, ...]
    uses: frozenset[str]
    tree: Mapping[str, Any]


class Engine:
    """A set of policies, loaded once. Not for use from several threads. files: their names."""

    def __init__(self, policies: Iterable[tuple[str, str]]) -> None:
        """policies: pairs of file name and text. Raises PolicyError."""
        # regorus makes and drops errors while it evaluates; RUST_BACKTRACE in the environment would
        # have it walk the stack for each of them, a tenth of a build.
        os.environ["RUST_LIB_BACKTRACE"] = "0"
        import regorus

        self._engine: Any = regorus.Engine()
        self._data = ""
        self.files: tuple[str, ...] = ()
        self._add(policies)

    def _add(self, policies: Iterable[tuple[str, str]]) -> None:
        for file, text in policies:
            try:
                self._engine.add_policy(file, text)
            except RuntimeError as error:
                raise _readable(error) from None
            self.files += (file,)

    def extended(self, policies: Iterable[tuple[str, str]]) -> Engine:
        """A new engine with this one's policies and `policies`. Raises PolicyError."""
        engine = Engine.__new__(Engine)
        engine._engine, engine.files = self._engine.clone(), self.files
        engine._data = self._data
        engine._add(policies)
        return engine

    def give_data(self, data: Mapping[str, Any]) -> None:
        """Replace `data.*`. Raises PolicyError when it is not JSON."""
        try:
            text = json.dumps(data, ensure_ascii=False)
            if text == self._data:  # with other data, an engine looks at all that is loaded again
                return
            self._data = ""
            self._engine.clear_data()
            self._engine.add_data_json(text)
        except (RuntimeError, TypeError, ValueError) as error:
            raise _readable(error) from None
        self._data = text

    def give_input(self, document: Any) -> None:
        """Set `input`. Raises PolicyError when it is not JSON or too deep."""
        try:
            text = json.dumps(document, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise _readable(error) from None
        self.give_text(text)

    def give_text(self, text: str) -> None:
        """Set `input` to the value that `text` is in JSON. Raises PolicyError."""
        try:
            self._engine.set_input_json(text)
        except (RuntimeError, ValueError) as error:
            raise _readable(error) from None

    def value(self, rule: str) -> Any:
        """The value of `data.<package>.<rule>` as JSON, None when undefined.

        Raises PolicyError when a built-in fails: a policy that stopped half-way has not passed.
        """
        try:
            found = json.loads(self._engine.eval_rule_as_json(rule))
        except RuntimeError as error:
            raise _readable(error) from None
        return None if found == "<undefined>" else found

    def modules(self) -> tuple[Module, ...]:
        """What the loaded files define, in order of loading."""
        return tuple(_module(tree) for tree in json.loads(self._engine.get_ast_as_json()))


def _module(tree: dict[str, Any]) -> Module:
    rules: dict[str, None] = {}
    for rule in tree["ast"]["rules"]:
        (form, body), *_ = rule.items()
        if form == "Default":
            rules[reference(body["refr"])[0]] = None
            continue
        (_, head), *_ = body["head"].items()
        rules[reference(head["refr"])[0]] = None
    package = ".".join(reference(tree["ast"]["package"]["refr"]))
    uses = frozenset(_data_references(tree["ast"]))
    return Module(tree["source"]["file"], package, tuple(rules), uses, tree["ast"])


def _data_references(tree: Any) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(here)
        elif isinstance(here, dict):
            if "RefDot" in here or "RefBrack" in here:
                parts = reference(here)
                if parts[:1] == ["data"]:
                    yield ".".join(parts)
            waiting.extend(here.values())


def reference(node: dict[str, Any]) -> list[str]:
    """The parts of a reference: `a.b["c"]` is [a, b, c]; unbound parts are left out."""
    (form, body), *_ = node.items()
    if form == "Var":
        return [str(body["value"])]
    if form == "RefDot":
        return [*reference(body["refr"]), str(body["field"][1])]
    if form == "RefBrack":
        index = body["index"]
        parts = reference(body["refr"])
        return [*parts, str(index["String"]["value"])] if "String" in index else parts
    return []
