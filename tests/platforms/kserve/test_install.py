"""Whose the namespace of the gateway is."""

from __future__ import annotations

from types import SimpleNamespace as Of
from typing import Any

import pytest

from stackgen.origin import literal
from stackgen.platforms.kserve.install import foreign_gateway


def plan(controller: str, gateway: str, managed: bool) -> Any:
    def given(value: Any) -> Any:
        return literal(value, "test", "")

    return Of(
        release=Of(serving=lambda _: given(controller)),
        stack=Of(spec=Of(gateway=Of(namespace=given(gateway)))),
        managed=Of(serving=given(managed)),
    )


@pytest.mark.parametrize(
    ("controller", "gateway", "managed", "foreign"),
    [
        ("kserve", "kserve", False, True),
        ("kserve", "kserve", True, False),
        ("kserve", "gateways", False, False),
    ],
)
def test_the_namespace_of_a_controller_that_others_install_is_foreign(
    controller: str, gateway: str, managed: bool, foreign: bool
) -> None:
    assert foreign_gateway(plan(controller, gateway, managed)).value is foreign
