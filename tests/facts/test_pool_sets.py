"""Which manifests the node pool of a script is for."""

from __future__ import annotations

import pytest

from stackgen.facts.pools import Pool
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Resource


@pytest.mark.parametrize(
    ("script", "manifest", "near"),
    [
        ("a/scripts/pools.sh", "a/manifests/app.yaml", True),
        ("a/scripts/pools.sh", "b/manifests/app.yaml", False),
        ("a/pools.sh", "a/app.yaml", True),
        ("a/pools.sh", "app.yaml", False),
        ("infra/modules/gke/main.sh", "k8s/app.yaml", True),
        ("pools.sh", "anything/app.yaml", True),
    ],
)
def test_a_script_makes_the_pools_of_its_set(script: str, manifest: str, near: bool) -> None:
    text = "gcloud container node-pools create one --machine-type n2-standard-4\n"
    (resource,) = made_by([Source(script, text)])
    pool = Pool(resource, None, None, "", None, "")
    assert pool.near(Resource({}, manifest)) is near
