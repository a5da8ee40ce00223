"""The work of every family grows as the input does, and not with its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.findings.model import FAMILIES
from stackgen.manifest.resource import Bundle, Resource
from tests.growth.counting import exponent
from tests.growth.manifests import manifests
from tests.growth.wide import wide

# The loops of the policies are counted in tests/checks/policy/test_growth.py.
JUDGED = [family for family in FAMILIES if family not in ("spec", "policy")]
EXPONENT = 1.1


def judged(family: str, documents: list[tuple[str, Any]]) -> Callable[[], Any]:
    resources = tuple(Resource(data, file) for file, data in documents)

    def run() -> None:
        context = Context(Bundle(resources), release="odh-master")
        registry.run(context, lambda rule: rule.family == family)

    return run


@pytest.mark.parametrize("layout", ["apart", "together"])
@pytest.mark.parametrize("family", JUDGED)
def test_many_objects(family: str, layout: str) -> None:
    assert exponent(lambda n: judged(family, list(manifests(n, layout))), 3) < EXPONENT


def test_environments_of_one_repository() -> None:
    """The same objects again and again: the others of these joins wait for one set for each."""
    assert exponent(lambda n: judged("network", list(manifests(n, "copies"))), 3) < EXPONENT


@pytest.mark.parametrize("family", JUDGED)
def test_wide_objects(family: str) -> None:
    assert exponent(lambda n: judged(family, wide(n)), 10) < EXPONENT
