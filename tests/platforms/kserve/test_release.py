"""Which release of the controller manifests are read with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackgen.platforms.kserve.release import controller, meant, of_row
from tests.platforms.kserve.services import CATALOG, FIRST, ROWS

OLD = ("inference.networking.x-k8s.io", "v1alpha2", "InferenceModel")
NEW = ("serving.kserve.io", "v1alpha2", "LLMInferenceService")
OTHER = ("apps", "v1", "Deployment")


@pytest.mark.parametrize(
    ("name", "kinds", "found"),
    [
        ("odh-3.5", [], ["odh-3.5"]),
        # A name counts, even where the release does not serve what is there.
        ("odh-3.5", [OLD], ["odh-3.5"]),
        ("", [OLD], [FIRST]),
        ("no-such-release", [OLD], [FIRST]),
        ("", [OTHER], ROWS),
        # No release serves both, so all of them may be meant.
        ("", [OLD, NEW], ROWS),
    ],
)
def test_the_releases_that_are_meant(
    name: str, kinds: list[tuple[str, str, str]], found: list[str]
) -> None:
    assert [c.name for c in meant(CATALOG, name, kinds)] == found


def test_a_row_that_tells_of_no_controller_has_none() -> None:
    row = CATALOG.row("release", FIRST)
    assert row is not None and of_row(row) is not None
    silent = replace(row, data={k: v for k, v in row.data.items() if k != "controller"})
    assert of_row(silent) is None
    assert controller(CATALOG, "no-such-release") is None


def test_tls_is_the_default_unless_a_release_leaves_it_off() -> None:
    found = {name: controller(CATALOG, name) for name in (FIRST, "odh-3.5", "kserve-0.20")}
    told = {name: (c.tls, c.serves_tls, c.scheme) for name, c in found.items() if c is not None}
    assert told == {
        FIRST: ("always", True, "HTTPS"),
        "odh-3.5": ("on", True, "HTTPS"),
        "kserve-0.20": ("off", False, "HTTP"),
    }
