"""The work of every family grows as the input does, and not with its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.findings.model import FAMILIES
from stackgen.manifest.resource import Bundle, Resource
from tests.growth.counting import calls, exponent
from tests.growth.manifests import joined, manifests
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


PAIRS = 3  # calls that a check may make for each pair of tenants; one that compares makes more
# Schemas and policies of single objects are compiled as they come, which is more than their work.
COMPILED = "pass-documents"


def counted(tenants: int) -> dict[str, int]:
    """The calls of each check alone. What checks share counts for the first that asks for it."""
    documents = [*manifests(tenants, "apart"), *joined(tenants)]
    context = Context(
        Bundle(tuple(Resource(x, file) for file, x in documents)), release="odh-master"
    )
    modules = [one for family in JUDGED for one in registry.of_family(family)]
    return {
        one.id: calls(lambda one=one: registry.guarded(one, context))
        for one in modules
        if one.id != COMPILED
    }


def test_no_single_check_looks_at_all_pairs() -> None:
    """A family has so many calls that one check does not show in their number.

    Of `a + b * n + c * n * n` calls, three sizes tell `c` alone.
    """
    size = 2
    # What is loaded once, and what is kept for each text, counts in none of the three.
    for times in (4, 2, 1):
        counted(size * times)
    one, two, four = (counted(size * times) for times in (1, 2, 4))
    squares = {name: (four[name] - 3 * two[name] + 2 * one[name]) / 6 / size**2 for name in one}
    assert {x: c for x, c in squares.items() if c > PAIRS} == {}


def test_quotas_of_one_namespace() -> None:
    """Quotas that count the same are asked about each Pod once."""
    kinds = ("ResourceQuota", "Deployment", "StatefulSet")
    (one,) = (one for one in registry.of_family("serving") if one.id == "quota-needs-requests")

    def asked(tenants: int) -> Callable[[], Any]:
        objects = [x for x in manifests(tenants, "together") if x[1]["kind"] in kinds]
        context = Context(Bundle(tuple(Resource(data, file) for file, data in objects)))
        return lambda: registry.guarded(one, context)

    assert exponent(asked, 8) < EXPONENT
