"""Costs side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.review.given import of_edits, reviewed

POOL = """\
apiVersion: container.cnrm.cloud.google.com/v1beta1
kind: ContainerNodePool
metadata: {name: tpu, namespace: infra}
spec:
  location: us-east5-a
  autoscaling: {minNodeCount: 1, maxNodeCount: 2}
  nodeConfig: {machineType: ct6e-standard-4t}
"""
CHIP = 2.7  # USD an hour in us-east5, prices.yaml


def test_a_pool_that_may_grow() -> None:
    review = reviewed(POOL, POOL.replace("maxNodeCount: 2", "maxNodeCount: 3"))
    assert review.money is not None
    assert review.money.old == (pytest.approx(4 * CHIP), pytest.approx(8 * CHIP))
    assert review.money.new == (pytest.approx(4 * CHIP), pytest.approx(12 * CHIP))
    (found,) = review.general
    assert (found.id, found.risk) == ("cost-rises", "medium")
    assert found.message == (
        "0.00 USD per day at the minimum number of nodes, "
        "+259.20 at the maximum (+7,884.00 per month)"
    )


def test_a_little_more_is_worth_reading_only() -> None:
    pool = POOL.replace("ct6e-standard-4t", "ct6e-standard-1t")
    review = reviewed(pool, pool.replace("maxNodeCount: 2", "maxNodeCount: 3"))
    assert [c.id for c in review.general] == ["cost"]


def test_a_pool_that_goes_costs_nothing() -> None:
    review = reviewed(POOL, "")
    assert review.money is not None
    assert review.money.new == (0, 0)
    (delta,) = review.money.pools
    assert delta.there == (True, False)


def test_a_price_that_is_not_known_is_said() -> None:
    review = reviewed(POOL, POOL.replace("us-east5-a", "mars-north1-a"))
    assert review.money is not None
    assert not review.money.complete
    (delta,) = review.money.pools
    assert (delta.new, delta.note) == (None, "no on-demand price of v6e in mars-north1")
    assert review.general == ()


def test_a_difference_is_of_what_is_priced_on_both_sides() -> None:
    both = POOL + "---\n" + POOL.replace("name: tpu", "name: more")
    after = both.replace("us-east5-a", "mars-north1-a", 1).replace("Count: 2", "Count: 3")
    review = reviewed(both, after)
    assert review.money is not None
    assert review.money.old == (pytest.approx(4 * CHIP), pytest.approx(8 * CHIP))
    assert review.money.new == (pytest.approx(4 * CHIP), pytest.approx(12 * CHIP))
    assert review.general[0].message.endswith("per month), as far as prices are known")


def test_gpus_that_are_attached_have_a_price_with_their_machine() -> None:
    gpu = "machineType: n1-standard-4, guestAccelerator: [{type: nvidia-tesla-t4, count: 1}]"
    pool = POOL.replace("machineType: ct6e-standard-4t", gpu).replace("us-east5-a", "us-central1-a")
    review = reviewed(pool, pool.replace("maxNodeCount: 2", "maxNodeCount: 3"))
    assert review.money is not None
    assert review.money.complete
    assert review.money.new[1] > review.money.old[1] > 0


def test_what_a_stack_buys_for_years_is_priced_so(tmp_path: Path) -> None:
    """No manifest says it: it is in the plan."""
    pool = ("topology: 2x2,", "topology: 2x2, purchase: 3-year,")
    review = of_edits(tmp_path, {"stack.yaml": [pool]})
    assert review.changes == ()
    assert not review.empty
    assert review.money is not None
    assert review.money.new[1] < review.money.old[1]
    assert [c.id for c in review.general] == ["cost"]


def test_nothing_that_is_priced() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: %s}\n"
    assert reviewed(text % "b", text % "c").money is None
