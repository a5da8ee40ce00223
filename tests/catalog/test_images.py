from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog


def test_every_recorded_image_says_the_recorded_vllm(catalog: Catalog, recorded: Any) -> None:
    facts = recorded["images"]["redhat"]
    for tag, version in facts["vllmByTag"].items():
        row = catalog.image(facts["repo"], tag)
        assert row is not None
        assert (row.data["tag"], row.data["vllm"]) == (tag, version)
        assert row.data["support"] == "technology-preview"
    last = catalog.image(facts["repo"], "3.5.0")
    assert last is not None
    assert last.data["generations"] == facts["tpus350"]


def test_an_image_whose_tag_was_not_seen_is_marked_so(catalog: Catalog, recorded: Any) -> None:
    facts = recorded["images"]["upstream"]
    for tag in {*facts["tagsSeen"], *facts["tpuInferenceTags"]}:
        row = catalog.image(facts["repo"], tag)
        assert row is not None
        assert row.data["tag"] == tag
        assert (row.mark("tag") == "UNVERIFIED") == (tag not in facts["tagsSeen"])


def test_the_moving_tags_are_known_to_move(catalog: Catalog) -> None:
    moving = [r.data["tag"] for r in catalog.rows("image") if r.data.get("mutable")]
    assert moving == ["latest", "nightly"]
