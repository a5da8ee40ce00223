"""The options of engines by version."""

from __future__ import annotations

import re

import pytest

from stackgen.catalog.engines import NAMES, engine

EVERY = sorted(NAMES)
RELATIONS = ("needs", "excludes", "at-least", "at-most", "more-than", "unused-without")
# An option of each version, and how many each has at least.
USUAL = {
    "sglang": ("tp-size", 100),
    "tei": ("max-batch-tokens", 15),
    "tgi": ("num-shard", 15),
    "vllm": ("tensor-parallel-size", 100),
    "vllm-tpu": ("tensor-parallel-size", 100),
}


@pytest.mark.parametrize("name", EVERY)
def test_ranges_are_of_versions_that_are_there_and_do_not_overlap(name: str) -> None:
    found = engine(name)
    places = {version: i for i, version in enumerate(found.versions.known)}
    for table in (found.options, found.variables):
        for ranges in table.values():
            ends = [places[x] for _, first, last in ranges for x in (first, last)]
            assert ends == sorted(ends)
            assert len({places[first] for _, first, _ in ranges}) == len(ranges)


@pytest.mark.parametrize("name", EVERY)
def test_what_every_version_has_is_there(name: str) -> None:
    found = engine(name)
    if name not in USUAL:  # it has no options, and variables instead
        newest = found.versions.at(found.versions.known[-1], found.variables)
        assert "OLLAMA_HOST" in newest and len(newest) > 30
        return
    usual, least = USUAL[name]
    for version in found.versions.known:
        options = found.versions.at(version, found.options)
        assert options["port"] == options[usual] == "int"
        assert len(options) > least


@pytest.mark.parametrize("name", EVERY)
def test_a_successor_is_an_option_of_the_newest_version(name: str) -> None:
    found = engine(name)
    newest = found.versions.at(found.versions.known[-1], found.options)
    for old, new in found.replaced.items():
        # A name may come back as the negation of its successor.
        assert newest.get(old, "switch") == "switch"
        for word in re.findall(r"--([a-z0-9-]+)", new):
            assert word in newest or newest[word.removeprefix("no-")] == "switch"


@pytest.mark.parametrize("name", EVERY)
def test_a_rule_is_about_options_from_the_version_that_it_names(name: str) -> None:
    found = engine(name)
    for option, relation, other, first in found.rules:
        names = found.versions.at(first, found.options)
        assert option in names and (other in names or other.lstrip("-").isdecimal())
        assert relation in RELATIONS


def test_where_an_option_was_before_and_comes_later() -> None:
    vllm = engine("vllm")
    gone = vllm.versions.elsewhere("swap-space", "0.33.0", vllm.options)
    assert gone == "the last version with it is 0.17.1"
    later = vllm.versions.elsewhere("kv-offloading-size", "0.11.0", vllm.options)
    assert later.startswith("the first version with it is ")
    assert vllm.versions.came_later("kv-offloading-size", "0.11.0", vllm.options)
    assert not vllm.versions.came_later("swap-space", "0.33.0", vllm.options)
    assert vllm.versions.elsewhere("no-such-option", "0.11.0", vllm.options) == ""
