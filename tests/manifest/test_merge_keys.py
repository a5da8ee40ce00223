"""How items of two lists belong together."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.merge_keys import merge_key


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ([{"name": "a"}], [{"name": "b"}], "name"),
        # Kubernetes merges volumeMounts by their path, also when the volume has another name.
        (
            [{"name": "shm", "mountPath": "/dev/shm"}],
            [{"name": "m", "mountPath": "/m"}],
            "mountPath",
        ),
        ([{"containerPort": 1}], [{"containerPort": 2}], "containerPort"),
        # Tolerations and expressions are replaced as a whole: an operator decides about the value.
        ([{"key": "a", "operator": "Exists"}], [{"key": "a", "value": "b"}], None),
        ([{"key": "a", "effect": "NoSchedule"}], [{"key": "b"}], None),
        ([{"key": "a", "path": "x"}], [{"key": "b", "path": "y"}], "key"),
        ([{"name": "a"}, {"name": "a"}], [{"name": "b"}], None),
        ([], [{"name": "b"}], None),
        (["a"], ["b"], None),
    ],
)
def test_the_key_of_a_list(one: list[Any], other: list[Any], key: str | None) -> None:
    assert merge_key(one, other) == key
