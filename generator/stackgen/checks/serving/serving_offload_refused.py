"""KV cache offloading that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Judged where the release has the field, for `spec` and `spec.prefill`."""
    seen = view(context)
    if "kvCacheOffloading" not in seen.newest.fields:
        return
    for service in seen.services:
        for base, data in service.halves():
            for path, message in _problems(as_dict(data.get("kvCacheOffloading"))):
                where = (*base, "kvCacheOffloading", *path)
                yield RULE.finding(message, Place(service.resource, where, key=True))


def _problems(offload: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    if as_list(offload.get("secondary")) and offload.get("cpu") is None:
        yield ("secondary",), "there are secondary tiers but no cpu tier"
    for i, tier in maps(offload.get("secondary")):
        files = tier.get("fileSystem")
        where: Path = ("secondary", i)
        if not isinstance(files, dict):
            yield where, "the tier has no fileSystem"
            continue
        claim = files.get("pvc")
        if (files.get("emptyDir") is None) == (claim is None):
            yield (*where, "fileSystem"), "a tier needs exactly one of emptyDir and pvc"
        elif isinstance(claim, dict):
            if (claim.get("spec") is None) == (claim.get("ref") is None):
                yield (*where, "fileSystem", "pvc"), "a pvc needs exactly one of spec and ref"
            elif isinstance(claim.get("ref"), dict) and not claim["ref"].get("name"):
                yield (*where, "fileSystem", "pvc", "ref"), "the ref has no name"
