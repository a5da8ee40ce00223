"""The `test_` rules of the policies, and the agreement of two engines.

The second engine is the Open Policy Agent itself (wheel opa-golib-python-bindings), looked for on
the import path and in the folder named by STACKGEN_OPA. Its metadata asks for a newer Python than
it needs:

    pip install --ignore-requires-python --no-deps --target DIR opa-golib-python-bindings==0.4.4
    STACKGEN_OPA=DIR python -m pytest tests/checks/policy
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

from stackgen import paths
from stackgen.checks.context import Context
from stackgen.checks.policy import pack, pass_shipped
from stackgen.checks.policy.engine import Engine
from stackgen.checks.policy.profile import facts
from stackgen.manifest.resource import Bundle
from tests.checks.policy.test_pack import spoilt_documents
from tests.checks.policy.test_policies import FILES, context_of, name

REGO = sorted(Path(paths.policies()).glob("**/*.rego"))
SOURCES = [(str(f.relative_to(paths.policies())), f.read_text(encoding="utf-8")) for f in REGO]


@lru_cache(maxsize=1)
def regorus() -> Engine:
    engine = Engine(SOURCES)
    engine.give_data({})
    engine.give_input({})
    return engine


# By their texts: the engine takes a second to say it.
PACKAGE = re.compile(r"^package (\S+)", re.MULTILINE)
TEST = re.compile(r"^test_\w+", re.MULTILINE)
TESTS = [
    f"data.{package}.{rule}"
    for _, text in SOURCES
    for package in PACKAGE.findall(text)
    for rule in dict.fromkeys(TEST.findall(text))
]


@lru_cache(maxsize=1)
def _opa_class() -> Any:
    folder = os.environ.get("STACKGEN_OPA", "")
    if folder and folder not in sys.path:
        sys.path.append(folder)
    try:
        return importlib.import_module("opa_bindings").OpaEngine
    except ImportError:
        return None


@pytest.fixture
def opa_class() -> Any:
    found = _opa_class()
    if found is None:
        pytest.skip("opa-golib-python-bindings is not there: verdicts are not compared with OPA")
    return found


@pytest.fixture
def opa(opa_class: Any) -> Any:
    return _opa_with_tests()


@cache
def _opa_with_tests() -> Any:
    engine = _opa_class()()
    for file, text in SOURCES:
        engine.add_policy(file, text)
    return engine


@cache
def whole_pack(facts: str) -> Engine:
    """All policies at once, as conftest loads them."""
    engine = Engine([*pack.sources(), pack.ENTRY])
    engine.give_data(json.loads(facts))
    return engine


@cache
def whole_pack_in_opa(facts: str) -> Any:
    engine = _opa_class()()
    for file, text in pack.sources():
        engine.add_policy(file, text)
    engine.add_data(json.loads(facts))
    return engine


def test_every_test_is_run() -> None:
    rules = {(m.package, rule) for m in regorus().modules() for rule in m.rules}
    assert TESTS and set(TESTS) == {
        f"data.{package}.{rule}" for package, rule in rules if rule.startswith("test_")
    }


@pytest.mark.parametrize("test", TESTS)
def test_rego(test: str) -> None:
    assert regorus().value(test) is True


@pytest.mark.parametrize("test", TESTS)
def test_rego_in_opa(test: str, opa: Any) -> None:
    assert opa.eval_document(test.removeprefix("data."), {}) is True


def canonical(results: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(r, sort_keys=True) for r in results)


def inputs(context: Context) -> list[Any]:
    """Each document by itself, then all of them as `conftest --combine` gives them."""
    objects = context.bundle.objects
    return [
        *(r.data for r in objects),
        [{"path": r.file, "contents": r.data} for r in objects],
    ]


def answers(engine: Engine, document: Any) -> pack.Results:
    engine.give_input(document)
    return pack.sorted_out(engine.value("data.entry.results"))


@pytest.mark.parametrize("file", FILES, ids=name)
def test_opa_gives_the_same_results(file: Path, opa_class: Any) -> None:
    context = context_of(file)
    known = json.dumps(facts(context), sort_keys=True)
    for document in inputs(context):
        ours = answers(whole_pack(known), document)
        for rule, severity in pack.SEVERITIES:
            theirs = whole_pack_in_opa(known).eval_document(f"main.{rule}", document)
            assert canonical(r for s, r in ours if s == severity) == canonical(theirs)


def test_opa_gives_the_same_results_for_malformed_documents(opa_class: Any) -> None:
    known = json.dumps(facts(Context(Bundle(()), release="llm-d-infra-xks-0.15")))
    for documents in spoilt_documents(seed=2):
        combined = [{"path": "f", "contents": d} for d in documents]
        for document in [*documents, combined]:
            ours = answers(whole_pack(known), document)
            for rule, severity in pack.SEVERITIES:
                theirs = whole_pack_in_opa(known).eval_document(f"main.{rule}", document)
                assert canonical(r for s, r in ours if s == severity) == canonical(theirs)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_choosing_policies_by_kind_loses_nothing(file: Path) -> None:
    context = context_of(file)
    engine = whole_pack(json.dumps(facts(context), sort_keys=True))
    everything = [r for i in inputs(context) for _, r in answers(engine, i)]
    found = [(f.rule.id, f.message, list(f.places[0].path)) for f in pass_shipped.check(context)]
    assert sorted(map(repr, found)) == sorted(
        repr((r["id"], r["msg"], r["path"])) for r in everything
    )


ALIAS = re.compile(r"^import (data\.[\w.]+?\.?(\w+))(?: as (\w+))?$", re.MULTILINE)
FUNCTION = re.compile(r"\w+\(")
HEAD = re.compile(r"[a-z]\w*")


@pytest.mark.parametrize("file", [str(f.relative_to(paths.policies())) for f in REGO])
def test_functions_name_the_rules_of_other_packages_in_full(file: str) -> None:
    """In a function regorus finds `set.services` undefined once a rule of the function's package
    was evaluated, where `set` is an import; `data.lib.set.services` it always finds."""
    text = Path(paths.policies(), file).read_text(encoding="utf-8")
    aliases = {m[3] or m[2] for m in ALIAS.finditer(text)}
    in_function = False
    for line in text.splitlines():
        if HEAD.match(line) and not line.startswith(("import ", "package ", "default ")):
            in_function = FUNCTION.match(line) is not None
        if in_function and aliases and not line.startswith("#"):
            names = "|".join(sorted(aliases))
            assert not re.search(rf"(?<![\w.])({names})\.\w+\b(?!\()", line), line


OF_OBJECTS = re.compile(r"\bobject\.\w+\(")


@pytest.mark.parametrize("file", [str(f.relative_to(paths.policies())) for f in REGO])
def test_functions_with_an_argument_object_call_no_builtin_of_that_name(file: str) -> None:
    """OPA, and with it conftest and Gatekeeper, refuses to compile that; regorus does not."""
    text = Path(paths.policies(), file).read_text(encoding="utf-8")
    hidden = False
    for line in text.splitlines():
        if HEAD.match(line):
            hidden = re.match(r"\w+\([^)]*\bobject\b[^)]*\)", line) is not None
        assert not (hidden and OF_OBJECTS.search(line)), line
