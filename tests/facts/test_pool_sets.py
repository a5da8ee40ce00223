"""Which manifests the node pool of a script is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.facts.pools import Pool, PoolIndex
from stackgen.facts.workloads import INSTANCE_TYPE, SPOT, Label
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
    assert bool(PoolIndex([pool]).near(Resource({}, manifest), {})) is near


LABELS = st.dictionaries(
    st.sampled_from([SPOT, INSTANCE_TYPE, "team"]),
    st.lists(st.sampled_from(["true", "none", "n2-standard-4", "a", "b"]), max_size=2),
)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["", "a", "b"]))),
    st.lists(LABELS, min_size=1, max_size=3),
)
def test_the_index_finds_every_pool_that_takes_the_labels(
    made: list[tuple[bool, str]], asked: list[dict[str, list[str]]]
) -> None:
    pools = [
        Pool(
            Resource({"spec": {"nodeConfig": {"spot": spot, "labels": {"team": team}}}}, "x.yaml"),
            None, None, "", None, "",
        )
        for spot, team in made
    ]  # fmt: skip
    index = PoolIndex(pools)
    for wanted in asked:
        labels = {key: Label(tuple(values), ()) for key, values in wanted.items()}
        found = index.near(Resource({}, "app.yaml"), labels)
        assert list(found) == [pool for pool in pools if pool.takes(labels)]
        assert index.near(Resource({}, "other.yaml"), labels) is found
