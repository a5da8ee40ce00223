"""What the API server fills into a service before the controller sees it."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.presets import defaulted


def router(**more: Any) -> dict[str, Any]:
    return {"router": more}


ALL = {"type": "PathPrefix", "value": "/"}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (
            {"kvCacheOffloading": {"cpu": 1}},
            {"kvCacheOffloading": {"cpu": 1, "evictionPolicy": "lru"}},
        ),
        (
            {"prefill": {"kvCacheOffloading": {"evictionPolicy": "arc"}}},
            {"prefill": {"kvCacheOffloading": {"evictionPolicy": "arc"}}},
        ),
        (
            router(scheduler={"pool": {"spec": {"endpointPickerRef": {"name": "a"}}}}),
            router(
                scheduler={
                    "pool": {
                        "spec": {"endpointPickerRef": {"name": "a", "failureMode": "FailClose"}}
                    }
                }
            ),
        ),
        (
            router(route={"http": {"spec": {"rules": [{"matches": [{"method": "GET"}]}, {}]}}}),
            router(
                route={
                    "http": {
                        "spec": {
                            "rules": [
                                {"matches": [{"method": "GET", "path": ALL}]},
                                {"matches": [{"path": ALL}]},
                            ]
                        }
                    }
                }
            ),
        ),
        (
            router(route={"http": {"spec": {}}}),
            router(route={"http": {"spec": {"rules": [{"matches": [{"path": ALL}]}]}}}),
        ),
        (router(route={}, scheduler={}), router(route={}, scheduler={})),
        ({"router": "text", "prefill": 3}, {"router": "text", "prefill": 3}),
    ],
)
def test_defaults_of_the_definition(given: dict[str, Any], made: dict[str, Any]) -> None:
    defaulted(given)
    assert given == made
