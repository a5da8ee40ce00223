"""The `test_` rules of the policies, and the agreement of two engines.

The second engine is the Open Policy Agent itself (wheel opa-golib-python-bindings), looked for on
the import path and in the folder named by STACKGEN_OPA. Its metadata asks for a newer Python than
it needs:

    pip install --ignore-requires-python --no-deps --target DIR opa-golib-python-bindings==0.4.4
    STACKGEN_OPA=DIR python -m pytest tests/checks/policy
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from stackgen import paths
from stackgen.checks.policy import pack
from stackgen.checks.policy.engine import Engine
from tests.checks.policy.test_policies import FILES, context_of, name

REGO = sorted(Path(paths.policies()).glob("**/*.rego"))
SOURCES = [(str(f.relative_to(paths.policies())), f.read_text(encoding="utf-8")) for f in REGO]


@lru_cache(maxsize=1)
def regorus() -> Engine:
    engine = Engine(SOURCES)
    engine.give_data({})
    engine.give_input({})
    return engine


TESTS = [
    f"data.{module.package}.{rule}"
    for module in regorus().modules()
    for rule in module.rules
    if rule.startswith("test_")
]


@lru_cache(maxsize=1)
def _opa_class() -> Any:
    folder = os.environ.get("STACKGEN_OPA", "")
    if folder and folder not in sys.path:
        sys.path.append(folder)
    try:
        import opa_bindings
    except ImportError:
        return None
    return opa_bindings.OpaEngine


@pytest.fixture(scope="module")
def opa() -> Iterator[Any]:
    if _opa_class() is None:
        pytest.skip("opa-golib-python-bindings is not there: verdicts are not compared with OPA")
    with _opa_class()() as engine:
        for file, text in SOURCES:
            engine.add_policy(file, text)
        yield engine


def in_opa(data: dict[str, Any]) -> Any:
    engine = _opa_class()()
    for file, text in pack.sources():
        engine.add_policy(file, text)
    engine.add_data(data)
    return engine


@pytest.mark.parametrize("test", TESTS)
def test_rego(test: str) -> None:
    assert regorus().value(test) is True


@pytest.mark.parametrize("test", TESTS)
def test_rego_in_opa(test: str, opa: Any) -> None:
    assert opa.eval_document(test.removeprefix("data."), {}) is True


def canonical(results: Any) -> list[str]:
    return sorted(json.dumps(r, sort_keys=True) for r in results or ())


@pytest.mark.parametrize("file", FILES, ids=name)
def test_opa_gives_the_same_results(file: Path, opa: Any) -> None:
    context = context_of(file)
    facts = pack.facts(context)
    engine, second = Engine(pack.sources()), in_opa(facts)
    engine.give_data(facts)
    documents: list[Any] = [r.data for r in context.bundle.objects]
    combined = [{"path": r.file, "contents": r.data} for r in context.bundle.objects]
    for document in [*documents, combined]:
        engine.give_input(document)
        for rule, _ in pack.ENTRY_POINTS:
            ours = canonical(engine.value(rule))
            assert ours == canonical(second.eval_document(rule.removeprefix("data."), document))
    second.close()
