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
each := [answer |
	some document in input
	answer := results with input as document
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
class Source:
    """A policy file and the lines of its header that decide when it is loaded."""

    file: str
    text: str
    scope: str
    kinds: frozenset[str]
    needs: str


_SCOPE = regex(r"^#   scope: (file|set)$", re.MULTILINE)
_KINDS = regex(r"^#   kinds: (.+)$", re.MULTILINE)
_NEEDS = regex(r"^#   needs: (.+)$", re.MULTILINE)
_LIBRARY = regex(r"data\.lib\.(\w+)")


@lru_cache(maxsize=1)
def _sources() -> tuple[Source, ...]:
    found = []
    for file in headers.files():
        text = text_of(file)
        needs = _NEEDS.search(text)
        scope, kinds = _SCOPE.search(text), _KINDS.search(text)
        if scope is None or kinds is None:
            raise headers.HeaderError(f"{file}: scope or kinds missing")
        of = frozenset(kinds[1].split(", "))
        found.append(Source(file, text, scope[1], of, needs[1] if needs else ""))
    return tuple(found)


def policies_on(scope: str) -> tuple[Source, ...]:
    """The shipped policies with the scope `file` or `set`."""
    return tuple(one for one in _sources() if one.scope == scope)


def names_of(kind: str) -> frozenset[str]:
    """What a header may call a kind."""
    return frozenset({kind, "all", "pods"} if kind in pod_kinds() else {kind, "all"})


@lru_cache(maxsize=256)
def text_of(name: str) -> str:
    """The text of a policy or a library."""
    return read_text(paths.policies(*name.split("/")))


def sources() -> list[tuple[str, str]]:
    """Name and text of every shipped policy and library, tests left out."""
    texts = ((name, text_of(name)) for name in headers.libraries())
    return [*texts, *((s.file, s.text) for s in _sources())]


class Engines:
    """The engines of one check, each with some policies. data: what they know beside the objects.

    Loading and asking no more than those that have something to say is most of the speed.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._loaded: dict[frozenset[str], Engine] = {}

    def of(self, files: frozenset[str]) -> Engine:
        """The engine with these policies."""
        if files not in self._loaded:
            self._loaded[files] = _loaded(threading.get_ident(), files)
            self._loaded[files].give_data(self._data)
        return self._loaded[files]


@lru_cache(maxsize=4)
def _base(thread: int) -> Engine:
    """What all engines begin with, parsed once a thread: regorus engines may not travel between
    threads."""
    return Engine([("lib/kubernetes.rego", text_of("lib/kubernetes.rego")), EMPTY, ENTRY])


@lru_cache(maxsize=32)
def _loaded(thread: int, files: frozenset[str]) -> Engine:
    base = _base(thread)
    wanted = _with_libraries([s for s in _sources() if s.file in files])
    return base.extended((name, text) for name, text in wanted if name not in base.files)


def _with_libraries(sources: Sequence[Source]) -> list[tuple[str, str]]:
    """Name and text of policies, after the libraries that they use: the first evaluation of an
    engine looks at all that is loaded."""
    found: set[str] = set()
    waiting = [s.file for s in sources]
    while waiting:
        new = _libraries(waiting.pop()) - found
        found |= new
        waiting += new
    libraries = ((file, text_of(file)) for file in sorted(found))
    return [*libraries, *((s.file, s.text) for s in sources)]


@lru_cache(maxsize=256)
def _libraries(file: str) -> frozenset[str]:
    """The libraries that a file uses."""
    return frozenset(f"lib/{name}.rego" for name in _LIBRARY.findall(text_of(file)))


def sorted_out(results: Mapping[str, Any]) -> Results:
    """The results of both entry points, each with the severity that its name means."""
    return [(severity, result) for name, severity in SEVERITIES for result in results[name]]


def policies() -> tuple[headers.Policy, ...]:
    """Every shipped policy, sorted by id."""
    return tuple(headers.policy(name.removesuffix(".rego")) for name in headers.files())
