"""What hints at a release: its gateway, and services that refer to it."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.signs import HINT, signs
from tests.platforms.kserve.services import CATALOG, FIRST, row, service

SPACE, NAME = row(FIRST).gateway


def _gateway(space: str, name: str) -> dict[str, Any]:
    meta = {"namespace": space, "name": name}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": meta}


def _refers(space: str, name: str) -> dict[str, Any]:
    refs = [{"namespace": space, "name": name}]
    return service(router={"gateway": {"refs": refs}})


@pytest.mark.parametrize(
    ("data", "hints"),
    [
        (_gateway(SPACE, NAME), True),
        (_gateway("other", NAME), False),
        (_refers(SPACE, NAME), True),
        (_refers(SPACE, "other"), False),
        ({**_gateway(SPACE, NAME), "kind": "Service", "apiVersion": "v1"}, False),
    ],
)
def test_the_gateway_of_a_release_hints_at_it(data: dict[str, Any], hints: bool) -> None:
    release = CATALOG.release(FIRST)
    assert release is not None
    found = [x for x in signs(release, [Resource(data, "a.yaml")]) if x.weight == HINT]
    assert bool(found) is hints
