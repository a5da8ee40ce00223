"""The work of every family grows as the input does, and not with its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.checks.network.view import view
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import FAMILIES
from stackgen.manifest.resource import Bundle, Resource
from tests.growth.counting import exponent
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


# Each asks for something of all other objects. A family has so many calls that one of these alone
# does not show in their number.
JOINS = ("monitor-selects-nothing", "net-dns", "route-timeout-stream")


def alone(name: str, documents: list[tuple[str, Any]]) -> Callable[[], Any]:
    """The work of one check, without what it shares with others."""
    (one,) = (module for module in registry.check_modules() if module.id == name)
    resources = tuple(Resource(data, file) for file, data in documents)
    context = Context(Bundle(resources), release="odh-master")
    assert chain(context).pods and view(context).net.world.pods
    return lambda: registry.guarded(one, context)


@pytest.mark.parametrize("name", JOINS)
def test_joins_of_single_checks(name: str) -> None:
    assert exponent(lambda n: alone(name, list(joined(n))), 10) < EXPONENT
