"""The shipped policies: their texts, and engines that hold those with something to say."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from stackgen import paths
from stackgen.checks.policy import headers
from stackgen.checks.policy.engine import Engine
from stackgen.facts.pod_templates import workload_kinds
from stackgen.findings.model import Severity
from stackgen.platforms.registry import described_kinds
from stackgen.reading import read_text
from stackgen.record import record
from stackgen.regex import regex

# Both entry points in one evaluation, so that the libraries' rules are worked out once.
ENTRY = (
    "stackgen.rego",
    """package entry
import rego.v1
results := {"deny": data.main.deny, "warn": data.main.warn}
each := [{"deny": deny, "warn": warn} |
	some document in input
	deny := data.main.deny with input as document
	warn := data.main.warn with input as document
]
""",
)
# Makes both entry points exist where no loaded policy adds to one of them.
EMPTY = (
    "empty.rego",
    """package main
import rego.v1
deny contains nothing if some nothing in []
warn contains nothing if some nothing in []
""",
)
SEVERITIES = (("deny", Severity.ERROR), ("warn", Severity.WARNING))


@cache
def pod_kinds() -> frozenset[str]:
    """The kinds that `pods` stands for in a header: those that Pods are made from."""
    return frozenset(kind for _, kind in described_kinds() | workload_kinds().keys())


Results = list[tuple[Severity, Mapping[str, Any]]]


@record
class _Source:
    """A policy file and the two lines of its header that decide when it is loaded."""

    file: str
    text: str
    scope: str
    kinds: frozenset[str]


_SCOPE = regex(r"^#   scope: (file|set)$", re.MULTILINE)
_KINDS = regex(r"^#   kinds: (.+)$", re.MULTILINE)
_LIBRARY = regex(r"data\.lib\.(\w+)")


@lru_cache(maxsize=1)
def _sources() -> tuple[_Source, ...]:
    found = []
    for file in headers.files():
        text = _text(file)
        scope, kinds = _SCOPE.search(text), _KINDS.search(text)
        if scope is None or kinds is None:
            raise headers.HeaderError(f"{file}: scope or kinds missing")
        found.append(_Source(file, text, scope[1], frozenset(kinds[1].split(", "))))
    return tuple(found)


@lru_cache(maxsize=256)
def _text(name: str) -> str:
    return read_text(paths.policies(*name.split("/")))


def sources() -> list[tuple[str, str]]:
    """Name and text of every shipped policy and library, tests left out."""
    return [*((n, _text(n)) for n in headers.libraries()), *((s.file, s.text) for s in _sources())]


class Engines:
    """The engines of one check, each with the policies that have something to say.

    A policy has nothing to say unless an object of one of its kinds is there, so documents are
    shown to an engine with the policies for their kind, one engine for all kinds with the same
    policies. Loading and asking no more than that is most of the speed.
    """

    def __init__(self, data: dict[str, Any], kinds: frozenset[str]) -> None:
        """kinds: of the objects that will be judged."""
        self._data = data
        self._kinds = kinds | {"all"} | ({"pods"} if kinds & pod_kinds() else set())
        self._by_kind: dict[str, Engine] = {}
        self._loaded: dict[frozenset[str], Engine] = {}

    def for_document(self, kind: str) -> Engine:
        """The engine that judges a document of `kind` by itself."""
        if kind not in self._by_kind:
            names = {kind, "all", "pods"} if kind in pod_kinds() else {kind, "all"}
            self._by_kind[kind] = self._engine("file", frozenset(names))
        return self._by_kind[kind]

    def for_set(self) -> Engine:
        """The engine that judges the whole set."""
        return self._engine("set", self._kinds)

    def _engine(self, scope: str, kinds: frozenset[str]) -> Engine:
        chosen = frozenset(s.file for s in _sources() if s.scope == scope and s.kinds & kinds)
        if chosen not in self._loaded:
            self._loaded[chosen] = _loaded(threading.get_ident(), scope, chosen)
            self._loaded[chosen].give_data(self._data)
        return self._loaded[chosen]


@lru_cache(maxsize=4)
def _base(thread: int, scope: str) -> Engine:
    """What all engines of a scope begin with, parsed once a thread: regorus engines may not travel
    between threads."""
    every = [s for s in _sources() if s.scope == scope and "all" in s.kinds]
    return Engine([*_with_libraries(every), EMPTY, ENTRY])


@lru_cache(maxsize=32)
def _loaded(thread: int, scope: str, files: frozenset[str]) -> Engine:
    base = _base(thread, scope)
    wanted = _with_libraries([s for s in _sources() if s.file in files])
    return base.extended((name, text) for name, text in wanted if name not in base.files)


def _with_libraries(sources: Sequence[_Source]) -> list[tuple[str, str]]:
    """Name and text of policies, after the libraries that they use: the first evaluation of an
    engine looks at all that is loaded."""
    found: set[str] = set()
    waiting = [s.file for s in sources]
    while waiting:
        new = _libraries(waiting.pop()) - found
        found |= new
        waiting += new
    return [*((file, _text(file)) for file in sorted(found)), *((s.file, s.text) for s in sources)]


@lru_cache(maxsize=256)
def _libraries(file: str) -> frozenset[str]:
    """The libraries that a file uses."""
    return frozenset(f"lib/{name}.rego" for name in _LIBRARY.findall(_text(file)))


def sorted_out(results: Mapping[str, Any]) -> Results:
    """The results of both entry points, each with the severity that its name means."""
    return [(severity, result) for name, severity in SEVERITIES for result in results[name]]


def policies() -> tuple[headers.Policy, ...]:
    """Every shipped policy, sorted by id."""
    return tuple(headers.policy(name.removesuffix(".rego")) for name in headers.files())
