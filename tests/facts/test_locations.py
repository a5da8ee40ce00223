"""Regions and zones: their form, and what exists."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.facts.locations import is_zone, region_of, unknown_location, zones_with

CATALOG = Catalog()


@pytest.mark.parametrize("region", CATALOG.names("region"))
def test_each_zone_of_the_catalog_has_the_form_of_a_zone_of_its_region(region: str) -> None:
    row = CATALOG.region(region)
    assert row is not None
    assert not is_zone(region) and region_of(region) == region
    for zone in row.data["zones"]:
        assert is_zone(zone) and region_of(zone) == region
        assert not unknown_location(zone, CATALOG)


@pytest.mark.parametrize(
    ("location", "region"),
    [("us-south1-ai1b", "us-south1"), ("europe-west12-a", "europe-west12"), ("x", "x"), ("", "")],
)
def test_the_region_of_a_location(location: str, region: str) -> None:
    assert region_of(location) == region


@pytest.mark.parametrize(
    ("location", "meant"),
    [
        ("us-central1-g", "us-central1-f"),
        ("us-south1-ai1c", "us-south1-ai1b"),
        ("us-cental1-a", "us-central1-a"),
        ("europe-wst4", "europe-west4"),
        ("us-east5a", "us-east5-a"),
    ],
)
def test_a_location_that_does_not_exist_has_a_nearest_that_does(location: str, meant: str) -> None:
    assert unknown_location(location, CATALOG).endswith(f'; did you mean "{meant}"?')


def test_every_zone_of_an_accelerator_exists() -> None:
    for row in CATALOG.rows("accelerator"):
        for zone in zones_with(row):
            assert not unknown_location(zone, CATALOG), (row.key, zone)


def test_the_zones_of_an_accelerator_in_one_region() -> None:
    row = CATALOG.accelerator("tpu7x")
    assert row is not None
    assert zones_with(row, "us-central1") == ["us-central1-ai1a", "us-central1-c"]
    assert zones_with(row, "europe-west2") == []
