"""Pages are read strictly, and an index of them says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackgen import paths
from stackgen.findings.model import Rule, RuleSource, Severity
from stackgen.findings.rules import (
    PageError,
    all_rules,
    from_index,
    from_pages,
    parse,
    rule_id,
    rule_named,
    to_index,
)

PAGE = """\
---
family: tpu
severity: warning
confidence: medium
fixable: true
sources:
  - what: "GKE documentation: TPU node pools"
    url: https://example.com/tpu
    as_of: 2026-11-01
  - what: measured
    as_of: 2026-11-02
---

# tpu-odd

A pool is
odd.

## Why

One thing.

Another.

## In the cluster

Pods stay Pending.

## Fix in stack.yaml

Set `topology`.

## Bad

Found at `spec.cluster`.

```yaml
# a comment, no heading
a: 1
```

## Good

```yaml
a: 2
```
"""


def test_a_page_says_all_of_a_rule() -> None:
    assert parse("tpu-odd", PAGE) == Rule(
        id="tpu-odd",
        family="tpu",
        severity=Severity.WARNING,
        summary="A pool is odd.",
        impact="Pods stay Pending.",
        remedy="",
        sources=(
            RuleSource(
                "GKE documentation: TPU node pools", "2026-11-01", "https://example.com/tpu"
            ),
            RuleSource("measured", "2026-11-02"),
        ),
        confidence="medium",
        bad="# a comment, no heading\na: 1\n",
        good="a: 2\n",
        why="One thing.\n\nAnother.",
        fixable=True,
        remedy_in_stack="Set `topology`.",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("---\nfamily", "family", "front matter"),
        ("# tpu-odd", "# tpu-old", "title"),
        ("family: tpu", "family: gpu", "family"),
        ("severity: warning", "severity: bad", "BAD"),
        ("confidence: medium\n", "", "confidence"),
        ("fixable", "fixible", "fixible"),
        ("fixable: true", "fixable", "not a line"),
        ("## In the cluster", "## In a cluster", "not a section"),
        ("## Good", "## Bad", "twice"),
        ("    as_of: 2026-11-02", "    date: 2026-11-02", "date"),
        ("a: 2\n```\n", "a: 2\n", "no end"),
    ],
)
def test_a_page_that_is_written_otherwise_is_refused(old: str, new: str, said: str) -> None:
    assert old in PAGE
    with pytest.raises(PageError, match=rf"^docs/rules/tpu-odd\.md: .*{said}"):
        parse("tpu-odd", PAGE.replace(old, new))


def test_what_a_terminal_shows_has_no_links() -> None:
    rules = all_rules().values()
    shown = {r.id: (r.summary, r.impact, r.remedy, r.remedy_in_stack, r.why) for r in rules}
    assert [rule for rule, texts in shown.items() if "](" in " ".join(texts)] == []


def test_a_rule_is_named_by_its_id_or_its_module() -> None:
    assert rule_id("stackgen.checks.tpu.accelerators.tpu_lws_size") == "tpu-lws-size"
    assert rule_named("stackgen.checks.tpu.accelerators.tpu_lws_size") is rule_named("tpu-lws-size")
    with pytest.raises(KeyError):
        rule_named("tpu-lws-sizes")


def test_an_index_of_the_pages_says_what_they_say(tmp_path: Path) -> None:
    pages = from_pages(paths.rules())
    index = to_index(pages)
    assert from_index(json.loads(json.dumps(index))) == pages == list(all_rules().values())
    assert to_index(from_pages(paths.rules())) == index


def test_an_index_is_read_in_place_of_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.json").write_text(
        json.dumps(to_index([parse("tpu-odd", PAGE)])), encoding="utf-8"
    )
    monkeypatch.setattr(paths, "rules", lambda *parts: str(tmp_path.joinpath(*parts)))
    all_rules.cache_clear()
    try:
        assert list(all_rules()) == ["tpu-odd"]
    finally:
        monkeypatch.undo()
        all_rules.cache_clear()
