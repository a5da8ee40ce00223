"""Findings that only follow from a misspelled key or a name that is there twice.

Without them the cause stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.findings.model import Finding
from stackgen.spec.load import Loaded

_POOLS = ("spec", "cluster", "nodePools")
# They follow the names of node pools.
_OF_POOLS = frozenset({"spec-model-needs-accelerator", "spec-unknown-reference"})

# They follow the name of an item.
_OF_ITEMS = frozenset({"spec-missing-key"})


def causes(findings: Sequence[Finding], loaded: Loaded) -> list[Finding]:
    """The findings, without those below a key that the base misspells and `--fix` corrects, and
    those about what an item of an overlay lacks, where two items have one name.

    The value of such a key is hidden from what an overlay merges into it.
    """
    base = loaded.sources[0].name
    meant = {
        (*one.places[0].path[:-1], one.fix.rename)
        for one in findings
        if one.rule.id == "spec-unknown-key" and one.places
        if one.fix is not None and one.fix.file == base
    }
    # The item that an overlay means has the name of another one.
    twice = {one.places[0].path[:-2] for one in findings if one.rule.id == "spec-duplicate-name"}
    if not meant and not twice:
        return list(findings)
    return [
        one
        for one in findings
        if not (one.rule.id in _OF_ITEMS and one.places and one.places[0].path[:-1] in twice)
        and not (one.rule.id == "spec-node-pool-shape" and _POOLS in twice)
        and not any(place.path[: len(key)] == key for place in one.places[:1] for key in meant)
        and not (_POOLS in meant and one.rule.id in _OF_POOLS)
    ]
