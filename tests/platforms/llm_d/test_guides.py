"""The stacks of docs/ against public guides, field by field."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen.compiler import Compiled, compile_environment
from tests.stacks import ROOT

# The page of each guide, and which of its stacks it is.
GUIDES = {
    "single-host": ("llm-d", 0),
    "multi-host": ("llm-d", 1),
    "autoscaling": ("autoscaling", 0),
    "role-autoscaling": ("autoscaling", 1),
    "capacity": ("capacity", 0),
    "disaggregation": ("disaggregation", 0),
    "usage-limits": ("access", 0),
    "token-limits": ("access", 1),
    "kv-offload": ("engine-features", 0),
}
PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in {page for page, _ in GUIDES.values()}
}
MOST_LINES = 35
FACTS = [
    (guide, label, field)
    for guide in GUIDES
    for label, fields in yaml.safe_load(
        (ROOT / "tests" / "cases" / "guides" / f"{guide}.yaml").read_text(encoding="utf-8")
    )["facts"].items()
    for field in fields
]


def _stack(guide: str) -> str:
    page, place = GUIDES[guide]
    stacks = re.findall(r"```yaml\n(.*?)```", PAGES[page], re.DOTALL)
    found: str = [text for text in stacks if "kind:" in text][place]
    return found


@cache
def _read(guide: str) -> dict[str, Any]:
    file = ROOT / "tests" / "cases" / "guides" / f"{guide}.yaml"
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    """The stacks, compiled and proven."""
    found = {}
    for guide in GUIDES:
        folder: Path = tmp_path_factory.mktemp(guide)
        (folder / "stack.yaml").write_text(_stack(guide), encoding="utf-8")
        found[guide] = compile_environment(str(folder), "default", prove=True)
    return found


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_is_said_in_few_lines(guide: str) -> None:
    assert len(_stack(guide).splitlines()) <= MOST_LINES


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_builds_without_an_error(guide: str, built: dict[str, Compiled]) -> None:
    rules = {f.rule.id for f in built[guide].findings}
    # The release names images by tag, and the guides name models without a revision.
    assert rules <= {"supply-image-digest", "supply-model-revision-pinned"}


def _path(field: str) -> list[str | int]:
    """The steps of a path such as `spec.containers[0].limits["a.b/c"]`."""
    steps = re.findall(r'\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)', field)
    return [int(index) if index else quoted or plain for quoted, index, plain in steps]


def _value(compiled: Compiled, label: str, field: str) -> Any:
    assert compiled.bundle is not None
    kind, _, name = label.partition("/")
    (found,) = (r for r in compiled.bundle.objects if (r.kind, r.name) == (kind, name))
    return found.get(*_path(field))


@pytest.mark.parametrize(("guide", "label", "field"), FACTS)
def test_a_field_is_the_guides_or_a_listed_difference(
    guide: str, label: str, field: str, built: dict[str, Compiled]
) -> None:
    told = _read(guide)
    said, ours = told["facts"][label][field], _value(built[guide], label, field)
    reason = told["differences"].get(label, {}).get(field)
    assert (said != ours) == (reason is not None), (said, ours)
    if reason is not None:
        assert f"\n| {reason} |" in PAGES[GUIDES[guide][0]]


@pytest.mark.parametrize("field", ["args", "env"])
def test_more_flags_and_variables_leave_none_of_the_guide_out(
    field: str, built: dict[str, Compiled]
) -> None:
    path = f"spec.template.spec.containers[0].{field}"
    label = "Deployment/qwen3-32b"
    ours = _value(built["single-host"], label, path)
    assert [one for one in _read("single-host")["facts"][label][path] if one not in ours] == []


def test_the_startup_budget_of_one_host_is_no_shorter_than_the_guides(
    built: dict[str, Compiled],
) -> None:
    label, start = "Deployment/qwen3-32b", "spec.template.spec.containers[0].startupProbe"
    said = _read("single-host")["facts"][label]
    fields = ("periodSeconds", "failureThreshold")
    theirs = [said[f"{start}.{f}"] for f in fields]
    ours = [_value(built["single-host"], label, f"{start}.{f}") for f in fields]
    assert theirs[0] * theirs[1] == 3600
    # The published start-up time of the model on this generation asks for a little more.
    assert 3600 <= ours[0] * ours[1] <= 3700


def test_every_listed_difference_is_one(built: dict[str, Compiled]) -> None:
    for guide in GUIDES:
        told = _read(guide)
        for label, fields in told["differences"].items():
            assert fields.keys() <= told["facts"][label].keys()
    for name, page in PAGES.items():
        rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE)
        reasons = {
            reason
            for guide, (here, _) in GUIDES.items()
            for fields in _read(guide)["differences"].values()
            for reason in fields.values()
            if here == name
        }
        assert {row for row in rows if row not in ("difference", "---")} == reasons
