"""Cost at both ends of every pool; prices that are not known are said, never guessed."""

from __future__ import annotations

import pytest

from stackgen.plan.cost import DISKS, per_day, per_month
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


def test_both_ends_and_what_is_paid_beside_the_machines_are_summed() -> None:
    costs = estimated(POOLS % ("us-central1-b", "on-demand")).costs
    assert costs.complete
    beside = 0.1 + 0.025
    balanced, hyperdisk = (100 * price / 730 for price in (0.1, 0.08))
    assert costs.low.value == pytest.approx(3 * 0.19 + 3 * balanced + beside, abs=1e-4)
    high = 4 * 0.19 + 2 * 10.8 + 4 * balanced + 2 * hyperdisk + beside
    assert costs.high.value == pytest.approx(high, abs=1e-4)
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
    disks = 100 * (4 * 0.12 + 2 * 0.096) / 730
    assert costs.high.value == pytest.approx(2 * 10.8 + 0.125 + disks, abs=1e-4)


def test_a_purchase_without_a_price_in_the_region_names_one_that_has_it() -> None:
    unknown = estimated(POOLS % ("europe-west4-a", "flex-start")).costs.pools[1].unknown
    assert unknown is not None
    assert unknown.words() == (
        "no flex-start price of v6e in europe-west4; the nearest known is 5.4 USD/h in us-central1"
    )


def test_the_nearest_region_is_of_the_same_area_then_of_the_same_continent() -> None:
    unknown = estimated(POOLS % ("us-west4-a", "on-demand")).costs.pools[1].unknown
    assert unknown is not None and unknown.nearest == "us-west1"


def test_a_cost_knows_the_prices_and_counts_it_comes_from() -> None:
    high = estimated(POOLS % ("us-central1-b", "spot")).costs.high
    names = {origin.name for origin in high.origin.leaves()}
    assert "prices.yaml#v6e/us-central1.spot" in names
    assert "prices.yaml#gke-cluster/all.on_demand" in names
    assert "spec.cluster.nodePools[1].purchase" in names
    assert "spec.cluster.nodePools[1].nodes.max" in names


def test_the_boot_disks_of_all_nodes_cost_their_size_and_type() -> None:
    usual, larger = (
        next(extra for extra in estimated(text).costs.extras if extra.name == DISKS)
        for text in (
            POOLS % ("europe-west4-a", "on-demand"),
            (
                "spec: {cluster: {location: europe-west4-a, "
                "nodePools: [{name: tpu, topology: 2x2, diskSizeGb: 500}]}}\n"
            ),
        )
    )
    assert usual.low is not None and usual.high is not None and larger.high is not None
    # Two nodes of the TPU pool at the most.
    added = 2 * 400 * 0.088 / 730
    assert larger.high.value - usual.high.value == pytest.approx(added, abs=1e-5)
    assert "500 GB of hyperdisk-balanced" in larger.note
    names = {origin.name for origin in larger.high.origin.leaves()}
    assert "prices.yaml#hyperdisk-balanced/europe-west4.on_demand" in names
    assert "spec.cluster.nodePools[1].diskSizeGb" in names


def test_a_disk_without_a_price_is_said_and_the_total_is_a_lower_bound() -> None:
    costs = estimated(POOLS % ("us-central2-b", "on-demand")).costs
    disks = next(extra for extra in costs.extras if extra.name == DISKS)
    assert disks.high is None
    assert "no price of pd-balanced in us-central2" in disks.note
    assert not costs.complete
