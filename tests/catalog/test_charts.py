"""Which version of a chart stands for the one that is meant, and what its values say."""

from __future__ import annotations

import pytest

from stackgen.catalog.charts import chart_version, meaning
from stackgen.facts.shape import at


@pytest.mark.parametrize(
    ("chart", "version", "repository", "told"),
    [
        ("cert-manager", "v1.21.2", "https://charts.example.com", ("1.21.2", "")),
        ("cert-manager", "1.21.0", "", ("1.21.2", "near")),
        ("cert-manager", "1.21.x", "", ("1.21.2", "near")),
        ("cert-manager", "1.10.0", "", ("1.12.17", "far")),
        ("cert-manager", "", "", ("1.21.2", "far")),
        ("inferencepool", "v1.3.0", "", ("1.3.1", "near")),
        ("cert-manager", "1.21.2", "oci://registry-1.docker.io/bitnamicharts", None),
        ("gateway", "1.30.3", "https://charts.example.com", None),
        (
            "gateway",
            "1.30.3",
            "https://istio-release.storage.googleapis.com/charts",
            ("1.30.3", ""),
        ),
        ("../engines/vllm", "1.0.0", "", None),
    ],
)
def test_a_version_stands_for_those_that_are_not_known(
    chart: str, version: str, repository: str, told: tuple[str, str] | None
) -> None:
    found = chart_version(chart, version, repository)
    if told is None:
        assert found is None
        return
    assert found is not None
    assert (found.version, "near" if found.near else "far" if found.far else "") == told


def test_what_is_written_by_hand_is_about_values_that_a_chart_has() -> None:
    for chart, rules in meaning()["rules"].items():
        found = chart_version(chart, "", meaning()["published"].get(chart, ""))
        assert found is not None
        picker = rules.get("picker", {})
        choices = [choice["at"] for choice in rules.get("choices", ()) if "*" not in choice["at"]]
        paths = [*rules.get("servers", ()), *choices, *filter(None, [picker.get("flags")])]
        paths += [row["at"] for row in rules.get("spelled", ())]
        paths += [[rules["prefix"]]] if "prefix" in rules else []
        assert (paths or "gateway" in rules) and all(
            at(found.values, *path) is not None for path in paths
        )
