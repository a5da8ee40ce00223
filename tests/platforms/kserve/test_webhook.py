"""What KServe's admission webhooks refuse."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.webhook import confidential, parallelism


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"worker": {}}, "worker is set but parallelism is not"),
        ({"worker": {}, "parallelism": {"tensor": 2}},
         "with a worker, parallelism needs data and dataLocal, or pipeline"),
        ({"worker": {}, "parallelism": {"pipeline": 2}}, ""),
        ({"worker": {}, "parallelism": {"data": 2, "dataLocal": 1}}, ""),
        ({"parallelism": {"tensor": 2}}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_workers_need_a_way_to_share_the_model(part: dict[str, Any], message: str) -> None:
    assert [said for _, _, said in parallelism(part)] == ([message] if message else [])


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"enabled": True, "resourceId": "kbs:///default/key/1"}, False),
        ({"enabled": True, "resourceId": "default/key/1"}, True),
        ({"enabled": False, "resourceId": "default/key/1"}, False),
        ({"resourceId": "default/key/1"}, False),
    ],
)
def test_the_key_of_a_confidential_model(said: dict[str, Any], refused: bool) -> None:
    assert bool(confidential({"confidential": said})) is refused
