"""Public manifests: no rule of the family breaks, or calls a sample of a project an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.findings.model import Severity
from stackgen.manifest.collect import collect
from stackgen.platforms.kserve.release import controllers
from tests.checks.families import found_by
from tests.sandbox import ROOT

SHARED = Path(os.environ.get("STACKGEN_SHARED") or ROOT.parent / "shared")
MANIFESTS = SHARED / "manifests"
RELEASES = ["", *(c.name for c in controllers(Catalog()))]


@pytest.mark.skipif(not MANIFESTS.is_dir(), reason="the public manifests are not here")
@pytest.mark.parametrize("release", RELEASES)
def test_samples_hold_no_errors(release: str) -> None:
    errors = []
    for file in sorted(MANIFESTS.rglob("*.yaml")):
        context = Context(collect([str(file)]).bundle, release=release)
        found = [f for f in found_by("serving", context) if f.level is Severity.ERROR]
        errors += [f"{file.name}: {f.rule.id}: {f.message}" for f in found]
    assert errors == []
