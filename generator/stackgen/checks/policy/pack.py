"""The shipped policies, run on every document and on the whole set."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from stackgen import paths
from stackgen.checks.context import Context
from stackgen.checks.policy import headers
from stackgen.checks.policy.engine import Engine, PolicyError
from stackgen.checks.policy.profile import facts
from stackgen.facts.pod_templates import workload_kinds
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.manifest.resource import Resource
from stackgen.reading import read_text
from stackgen.record import record

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
# Documents in one evaluation.
TOGETHER = 50
SERVING_KINDS = frozenset({"LLMInferenceService", "LLMInferenceServiceConfig"})
SEVERITIES = (("deny", Severity.ERROR), ("warn", Severity.WARNING))
NOT_EVALUATED = Rule(
    id="policy-not-evaluated",
    family="policy",
    severity=Severity.ERROR,
    summary="A policy could not be evaluated.",
    impact="Nothing is known about what the policy guards against, so it counts as a failure.",
    remedy="Mend the policy, or the document whose shape it did not expect.",
    source="stackgen",
    bad="deny contains msg if { msg := undefined_function(input) }",
    good='deny contains msg if { msg := sprintf("%v", [input.kind]) }',
)


@cache
def pod_kinds() -> frozenset[str]:
    """The kinds that `pods` stands for in a header: those with pod templates, and KServe's."""
    return SERVING_KINDS | {kind for _, kind in workload_kinds()}


_Results = list[tuple[Severity, Mapping[str, Any]]]


@record
class _Source:
    """A policy file and the two lines of its header that decide when it is loaded."""

    file: str
    text: str
    scope: str
    kinds: frozenset[str]


_SCOPE = re.compile(r"^#   scope: (file|set)$", re.MULTILINE)
_KINDS = re.compile(r"^#   kinds: (.+)$", re.MULTILINE)


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


def _text(name: str) -> str:
    return read_text(paths.policies(*name.split("/")))


def sources() -> list[tuple[str, str]]:
    """Name and text of every shipped policy and library, tests left out."""
    return [*((n, _text(n)) for n in headers.libraries()), *((s.file, s.text) for s in _sources())]


class _Engines:
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
            self._loaded[chosen] = _loaded(threading.get_ident(), chosen)
            self._loaded[chosen].give_data(self._data)
        return self._loaded[chosen]


@lru_cache(maxsize=4)
def _base(thread: int) -> Engine:
    """The libraries, parsed once a thread: regorus engines may not travel between threads."""
    return Engine([*((n, _text(n)) for n in headers.libraries()), EMPTY, ENTRY])


@lru_cache(maxsize=32)
def _loaded(thread: int, files: frozenset[str]) -> Engine:
    return _base(thread).extended((s.file, s.text) for s in _sources() if s.file in files)


def check(context: Context) -> Iterator[Finding]:
    """Findings of the shipped policies: each document by itself, then all of them together."""
    objects = context.bundle.objects
    engines = _Engines(facts(context), frozenset(resource.kind for resource in objects))
    told = _each(engines, objects)
    judged: list[Resource] = []
    for index, resource in enumerate(objects):
        answer = told[index]
        if isinstance(answer, PolicyError):
            yield NOT_EVALUATED.finding(f"policies stopped: {answer}", Place(resource=resource))
            continue
        judged.append(resource)
        for severity, result in answer:
            yield finding(severity, result, resource)
    if judged:
        yield from _whole(engines, judged)


def _each(engines: _Engines, objects: Sequence[Resource]) -> dict[int, _Results | PolicyError]:
    """What the policies say about each document by itself, by its index.

    Documents that the same policies judge go to their engine by the dozen: half of an evaluation is
    its beginning. One that stops a policy would take the others with it, so they are then asked
    about one by one.
    """
    waiting: dict[Engine, list[int]] = {}
    for index, resource in enumerate(objects):
        waiting.setdefault(engines.for_document(resource.kind), []).append(index)
    told: dict[int, _Results | PolicyError] = {}
    for engine, indexes in waiting.items():
        for start in range(0, len(indexes), TOGETHER):
            some = indexes[start : start + TOGETHER]
            told.update(zip(some, _of_some(engine, [objects[i].data for i in some]), strict=True))
    return told


def _of_some(engine: Engine, documents: list[Any]) -> list[_Results | PolicyError]:
    try:
        engine.give_input(documents)
        return [_sorted_out(results) for results in engine.value("data.entry.each")]
    except PolicyError:
        return [_of_one(engine, document) for document in documents]


def _of_one(engine: Engine, document: Any) -> _Results | PolicyError:
    try:
        return evaluate(engine, document)
    except PolicyError as error:
        return error


def _whole(engines: _Engines, resources: list[Resource]) -> Iterator[Finding]:
    combined = [{"path": r.file, "contents": r.data} for r in resources]
    try:
        results = evaluate(engines.for_set(), combined)
    except PolicyError as error:
        yield NOT_EVALUATED.finding(f"policies on the whole set stopped: {error}", Place())
        return
    for severity, result in results:
        yield finding(severity, result, resources[result["object"]["index"]])


def evaluate(engine: Engine, document: Any) -> _Results:
    """What `deny` and `warn` say about `document`. Raises PolicyError."""
    engine.give_input(document)
    return _sorted_out(engine.value("data.entry.results"))


def _sorted_out(results: Mapping[str, Any]) -> _Results:
    return [(severity, result) for name, severity in SEVERITIES for result in results[name]]


def finding(severity: Severity, result: Mapping[str, Any], resource: Resource) -> Finding:
    """What a result says, as a finding. `warn` lowers an error; the header lowers it to info."""
    rule = headers.policy(result["id"]).rule
    own = None if min(severity, rule.severity) == rule.severity else severity
    place = Place(resource=resource, path=tuple(result.get("path", ())))
    return rule.finding(result["msg"], place, severity=own)


def rules() -> tuple[Rule, ...]:
    """Every shipped policy as a rule, sorted by id."""
    return (*(p.rule for p in policies()), NOT_EVALUATED)


def policies() -> tuple[headers.Policy, ...]:
    """Every shipped policy, sorted by id."""
    return tuple(headers.policy(name.removesuffix(".rego")) for name in headers.files())


def unanswered(profile: Mapping[str, Any]) -> Iterable[tuple[Rule, str]]:
    """The policies that found nothing because the profile lacks what they need, and that key."""
    return [(p.rule, p.needs) for p in policies() if p.needs and p.needs not in profile]
