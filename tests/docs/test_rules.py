"""The code blocks of docs/rules/ are tests: what they show as bad is found, what as good is not.

A block is a file of manifests, which `stackgen lint` reads, unless the front matter says other:

- `example: stack`: an overlay of tests/cases/plan/stack.yaml, or a whole stack
- `example: catalog`: the file of the user's catalog that its first line names, beside that stack
- `example: previous`: two blocks, manifests as they were and as they are

A line `# file: PATH` in a block of manifests begins a file of its own, such as `out/a/app.yaml`.

Comments in a block say for which `# release: ROW` and with which `# profile: {...}` it is, and to
which release manifests are upgraded: `# upgrade: ROW`. A line "Found at `PLACE`" stands for one
finding of a bad block; a part of its message may follow.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.findings.pipeline import Options, conclude
from stackgen.findings.rules import SECTIONS, Page, all_rules, blocks, split
from stackgen.findings.select import selection
from tests.checks.planned import TODAY, compiled_of
from tests.sandbox import ROOT

FOLDER = ROOT / "docs" / "rules"
IDS = sorted(all_rules())
# What no page can show, and the test that shows it.
WITHOUT_EXAMPLE = {
    "rule-crashed": "checks/test_registry.py",  # needs a check that fails
    "rule-not-evaluated": "checks/test_registry.py",  # needs a check that does not end
    "policy-not-evaluated": "checks/policy/test_custom.py",  # needs a policy that fails
    "policy-without-effect": "checks/policy/test_effect.py",  # needs a policy of the user's
    "schema-not-evaluated": "schema/test_cel.py",  # needs a schema with a rule that fails
    "yaml-limits": "cases/spec/yaml-limits/expected.txt",  # needs hundreds of levels
    "spec-credential": "checks/spec/test_credential.py",  # no credential is committed
    "gitops-stale-output": "test_precommit.py",  # needs a changed out/
}
SHOWN = [rule_id for rule_id in IDS if rule_id not in WITHOUT_EXAMPLE]
FOUND_AT = re.compile(r"^Found at `([^`]+)`(?:\.|: (.+))$", re.MULTILINE)
CATALOG_FILE = re.compile(r"# catalog/([a-z]+\.yaml)\n")
NEW_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
COMMENT = re.compile(r"^# (release|profile|upgrade): (.+)$", re.MULTILINE)


def page_of(rule_id: str) -> Page:
    return split(rule_id, (FOLDER / f"{rule_id}.md").read_text(encoding="utf-8"))


def written(folder: Path, text: str) -> Path:
    """The manifests of a block, in one file or in the files that it names; what to lint."""
    _, *parts = NEW_FILE.split(text)
    folder.mkdir()
    if not parts:
        (folder / "now.yaml").write_text(text, encoding="utf-8")
        return folder / "now.yaml"
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def linted(folder: Path, *texts: str) -> list[tuple[str, str, str, str]]:
    """Rule, severity, place and message of what `stackgen lint` finds in the last of the texts."""
    known: dict[str, Any] = {k: yaml.safe_load(v) for k, v in COMMENT.findall(texts[-1])}
    upgrade = known.pop("upgrade", "")
    (folder / "data.yaml").write_text(json.dumps({"stackgen": known}), encoding="utf-8")
    now = written(folder / "now", texts[-1])
    arguments = ["lint", str(now), "--data", str(folder / "data.yaml")]
    if upgrade:
        arguments += ["--upgrade-to", upgrade]
    if len(texts) > 1:
        (folder / "before.yaml").write_text(texts[0], encoding="utf-8")
        arguments += ["--previous", str(folder / "before.yaml")]
    done = CliRunner().invoke(cli, [*arguments, "--output-format", "json"])
    found = []
    for finding in json.loads(done.stdout)["findings"]:
        where = finding["locations"][0]
        thing = where.get("object") or {"kind": "", "name": ""}
        place = f"{thing['kind']}/{thing['name']} {where.get('path', '')}".strip()
        found.append((finding["rule"], finding["severity"], place, finding["message"]))
    return found


def built(text: str) -> list[tuple[str, str, str, str]]:
    """The same of what is found about a stack; a finding counts once for each of its places."""
    named = CATALOG_FILE.match(text)
    if named:
        compiled = compiled_of("spec: {}\n", rows={named[1]: text})
    elif "\nkind: Stack\n" in text:
        compiled = compiled_of("spec: {}\n", stack=text)
    else:
        compiled = compiled_of(text)
    outcome = conclude(
        compiled.findings, Options(selection(all_rules())), documents=1, today=TODAY,
        suppressions=compiled.suppressions, sources=compiled.sources,
    )  # fmt: skip
    return [
        (one.finding.rule.id, str(one.finding.level), location.path, one.finding.message)
        for one in outcome.findings
        for location in one.locations
    ]


def found_in(rule_id: str, heading: str, folder: Path) -> list[tuple[str, str, str, str]]:
    page = page_of(rule_id)
    kind = page.attributes.get("example", "")
    texts = list(blocks(page.sections[heading]))
    assert len(texts) == (2 if kind == "previous" else 1)
    if kind in ("", "previous"):
        return linted(folder, *texts)
    return built(texts[0])


@pytest.mark.parametrize("rule_id", SHOWN)
def test_the_bad_block_is_found_where_the_page_says(rule_id: str, tmp_path: Path) -> None:
    page = page_of(rule_id)
    found = [one for one in found_in(rule_id, "Bad", tmp_path) if one[0] == rule_id]
    assert found
    said = FOUND_AT.findall(page.sections["Bad"])
    places = [place for _, _, place, _ in found]
    if "example" in page.attributes:
        assert {place for place, _ in said} <= set(places)
    elif said:
        assert sorted(places) == sorted(place for place, _ in said)
    for place, part in said:
        assert any(part in message for *_, at, message in found if at == place)


@pytest.mark.parametrize("rule_id", SHOWN)
def test_the_good_block_is_free_of_the_rule_and_of_errors(rule_id: str, tmp_path: Path) -> None:
    found = found_in(rule_id, "Good", tmp_path)
    assert [one for one in found if one[0] == rule_id] == []
    # A short manifest of a serving rule does not show how to satisfy every security policy.
    family = all_rules()[rule_id].family
    judged = {r.id for r in all_rules().values() if family == "policy" or r.family != "policy"}
    assert [one for one in found if one[1] == "error" and one[0] in judged] == []


@pytest.mark.parametrize("rule_id", IDS)
def test_a_page_says_all_that_a_reader_needs(rule_id: str) -> None:
    rule = all_rules()[rule_id]
    assert rule.summary.endswith(".")
    assert rule.impact
    assert rule.remedy or rule.remedy_in_stack
    assert all(s.what and re.fullmatch(r"\d{4}-\d\d-\d\d", s.as_of) for s in rule.sources)
    assert rule.sources
    headings = [name for name in page_of(rule_id).sections if name]
    assert headings == [name for name in SECTIONS if name in headings]
    assert bool(rule.bad and rule.good) == (rule_id not in WITHOUT_EXAMPLE)


@pytest.mark.parametrize("rule_id", sorted(WITHOUT_EXAMPLE))
def test_what_no_page_shows_is_shown_by_a_test(rule_id: str) -> None:
    file = ROOT / "tests" / WITHOUT_EXAMPLE[rule_id]
    assert rule_id in file.read_text(encoding="utf-8")


def test_the_front_matter_is_yaml_that_says_the_same() -> None:
    for rule_id in IDS:
        text = (FOLDER / f"{rule_id}.md").read_text(encoding="utf-8")
        said = yaml.load(text.split("\n---\n")[0], yaml.CBaseLoader)
        page = page_of(rule_id)
        assert said.pop("sources") == page.sources, rule_id
        assert said == page.attributes, rule_id
