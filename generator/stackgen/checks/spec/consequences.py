"""Findings that only follow from a misspelled key: without them the cause stands alone."""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.findings.model import Finding
from stackgen.spec.load import Loaded

_POOLS = ("spec", "cluster", "nodePools")
# They follow the names of node pools.
_OF_POOLS = frozenset({"spec-model-needs-accelerator", "spec-unknown-reference"})


def causes(findings: Sequence[Finding], loaded: Loaded) -> list[Finding]:
    """The findings, without those below a key that the base misspells and `--fix` corrects.

    The value of such a key is hidden from what an overlay merges into it.
    """
    base = loaded.sources[0].name
    meant = {
        (*one.places[0].path[:-1], one.fix.rename)
        for one in findings
        if one.rule.id == "spec-unknown-key" and one.places
        if one.fix is not None and one.fix.file == base
    }
    if not meant:
        return list(findings)
    return [
        one
        for one in findings
        if not any(place.path[: len(key)] == key for place in one.places[:1] for key in meant)
        and not (_POOLS in meant and one.rule.id in _OF_POOLS)
    ]
