"""KServe's side of the seam: what others learn of its releases and services."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.prediction import PREDICTION
from stackgen.platforms.kserve.release import of_row


@pytest.mark.parametrize("release", ["llm-d-infra-xks-0.15", "odh-3.5", "kserve-0.20"])
def test_policies_know_the_preset_that_servers_get(release: str) -> None:
    row = Catalog().release(release)
    assert row is not None
    controller = of_row(row)
    assert controller is not None
    known = PREDICTION.policy_data(row)
    assert known["servesTLS"] is controller.serves_tls
    main = known["presets"]["main"]
    assert main["securityContext"]["allowPrivilegeEscalation"] is False
    assert ("startupProbe" in main) is (release != "llm-d-infra-xks-0.15")
    assert main["livenessProbe"]["httpGet"]["scheme"] == controller.scheme


def test_releases_are_told_apart_by_the_kinds_they_serve() -> None:
    every = [row.key for row in PREDICTION.releases(Catalog(), ())]
    model = ("inference.networking.x-k8s.io", "v1alpha2", "InferenceModel")
    fitting = [row.key for row in PREDICTION.releases(Catalog(), [model])]
    assert every[0] == "kserve-0.21"
    assert "llm-d-infra-xks-0.15" in fitting
    assert set(fitting) < set(every)
    assert (
        PREDICTION.releases(Catalog(), [("serving.kserve.io", "v9", "LLMInferenceService")]) == ()
    )


@pytest.mark.parametrize(
    ("parallelism", "size"),
    [({"data": 8, "dataLocal": 4}, 2), ({"pipeline": 3}, 3), ({"data": 8, "dataLocal": 3}, None)],
)
def test_the_size_of_a_group(parallelism: dict[str, int], size: int | None) -> None:
    spec = {"worker": {"containers": []}, "parallelism": parallelism}
    service = Resource({"kind": "LLMInferenceService", "spec": spec}, "a.yaml")
    found = PREDICTION.group_size(service)
    assert found is not None
    assert found.value == size
    assert PREDICTION.group_size(Resource({"spec": {"parallelism": parallelism}}, "a")) is None
