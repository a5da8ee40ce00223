"""Cost at both ends of every pool; prices that are not known are said, never guessed."""

from __future__ import annotations

import pytest

from stackgen.plan.cost import per_day, per_month
from tests.plan.planning import estimated

POOLS = "spec: {cluster: {location: %s, nodePools: [{name: tpu, topology: 2x2, purchase: %s}]}}\n"


@pytest.mark.parametrize(
    ("zone", "purchase", "day"),
    [
        # One ct6e-standard-4t: the figures of the record.
        ("us-central1-b", "on-demand", 259.20),
        ("us-central1-b", "1-year", 181.44),
        ("us-central1-b", "3-year", 117.12),
        ("us-central1-b", "flex-start", 129.60),
        ("us-central1-b", "spot", 56.90),
        ("us-east5-a", "spot", 122.47),
        ("europe-west4-a", "on-demand", 285.12),
        ("europe-west4-a", "1-year", 199.58),
        ("europe-west4-a", "3-year", 128.30),
        ("asia-northeast1-b", "on-demand", 311.04),
    ],
)
def test_a_day_of_one_node(zone: str, purchase: str, day: float) -> None:
    cost = estimated(POOLS % (zone, purchase)).costs.pools[1]
    assert cost.node is not None
    assert round(per_day(cost.node.value), 2) == day
    assert cost.row is not None and cost.row.as_of == "2026-09-18"


def test_both_ends_and_the_cluster_fee_are_summed() -> None:
    costs = estimated(POOLS % ("us-central1-b", "on-demand")).costs
    assert costs.complete
    assert costs.low.value == pytest.approx(3 * 0.19 + 0.1)
    assert costs.high.value == pytest.approx(4 * 0.19 + 2 * 10.8 + 0.1)
    assert round(per_month(costs.high.value), 2) == round(730 * costs.high.value, 2)


def test_a_price_that_is_not_known_is_left_out_of_the_sum_and_said() -> None:
    costs = estimated(POOLS % ("us-south1-a", "on-demand")).costs
    assert not costs.complete
    assert costs.pools[0].node is None
    unknown = costs.pools[0].unknown
    assert unknown is not None
    assert unknown.words() == (
        "no on-demand price of n1-standard-4 in us-south1; the nearest known is 0.19 USD/h in "
        "us-central1"
    )
    assert costs.high.value == pytest.approx(2 * 10.8 + 0.1)


def test_a_purchase_without_a_price_in_the_region_names_one_that_has_it() -> None:
    unknown = estimated(POOLS % ("europe-west4-a", "flex-start")).costs.pools[1].unknown
    assert unknown is not None
    assert unknown.words() == (
        "no flex-start price of v6e in europe-west4; the nearest known is 5.4 USD/h in us-central1"
    )


def test_the_nearest_region_is_of_the_same_area_then_of_the_same_continent() -> None:
    unknown = estimated(POOLS % ("us-east4-a", "on-demand")).costs.pools[1].unknown
    assert unknown is not None and unknown.nearest == "us-east1"


def test_a_cost_knows_the_prices_and_counts_it_comes_from() -> None:
    high = estimated(POOLS % ("us-central1-b", "spot")).costs.high
    names = {origin.name for origin in high.origin.leaves()}
    assert "prices.yaml#v6e/us-central1.spot" in names
    assert "prices.yaml#gke-cluster/all.on_demand" in names
    assert "spec.cluster.nodePools[1].purchase" in names
    assert "spec.cluster.nodePools[1].nodes.max" in names
