"""Every rule of the family against its cases: bad ones are found where they are, good ones clean.

A case is `tests/cases/rules/<rule id>/{good,bad}-*.yaml`. Comments say what is expected:
`# expect: Kind/name path` once for each finding, `# release: ...` which controller is meant,
`# file: PATH` in which file the objects below are, which may be a script or a Terraform file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from stackgen.checks.context import Context, identity
from stackgen.checks.gitops.patched_sets import patched_sets
from stackgen.findings.model import Finding
from stackgen.findings.rules import all_rules
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source, show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from tests.checks.families import found_by, rules_of

CASES = Path(__file__).parents[2] / "cases" / "rules"
RULES = [rule.id for family in ("serving", "gitops") for rule in rules_of(family)]
FILES = sorted(f for rule_id in RULES for f in (CASES / rule_id).glob("*.yaml"))
BAD = [f for f in FILES if f.name.startswith("bad-")]
GOOD = [f for f in FILES if f.name.startswith("good-")]
SCRIPTS = (".tf", ".sh")
NEW_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
COMMENT = re.compile(r"# (expect|release): (.*)")


def name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def comments(text: str, word: str) -> list[str]:
    found = (COMMENT.match(line) for line in text.splitlines())
    return [m[2] for m in found if m and m[1] == word]


def context_of(file: Path) -> Context:
    text = file.read_text(encoding="utf-8")
    begin, *parts = NEW_FILE.split(text)
    files = list(zip(parts[::2], parts[1::2], strict=True)) or [(file.name, begin)]
    scripts = [Source(name, part) for name, part in files if name.endswith(SCRIPTS)]
    outside = made_by(scripts)
    read = [(name, part) for name, part in files if not name.endswith(SCRIPTS)]
    documents = [(name, d) for name, part in read for d in parse(part, name) if d.data]
    assert documents or scripts
    assert not any(d.problems for _, d in documents)
    resources = [
        Resource(d.data, name, document=d, index=name.endswith("kustomization.yaml"))
        for name, d in documents
    ]
    settings = tuple(one for one in resources if one.file.startswith(".github/"))
    objects = tuple(one for one in resources if one not in settings)
    bundle = Bundle(objects, outside=outside, settings=settings)
    return Context(bundle, release=(comments(text, "release") or [""])[0])


def shown(finding: Finding) -> str:
    place = finding.places[0]
    if place.resource is None:
        return place.file
    path = f" {show_path(place.path)}" if place.path else ""
    return f"{place.resource.kind}/{place.resource.name}{path}"


def patched(context: Context) -> list[Context]:
    """The case as each of its overlays patches it."""
    return [
        context if part is context.bundle else replace(context, bundle=part, kept={})
        for part in patched_sets(context)
    ]


def findings(file: Path) -> list[Finding]:
    """What is found in a case, once for all overlays that it is found in."""
    family = all_rules()[file.parent.name].family
    found: list[Finding] = []
    for alone in patched(context_of(file)):
        known = {(one.rule.id, shown(one)) for one in found}
        found += (x for x in found_by(family, alone) if (x.rule.id, shown(x)) not in known)
    return found


@pytest.mark.parametrize("file", BAD, ids=name)
def test_a_bad_case_is_found_where_it_is(file: Path) -> None:
    expected = comments(file.read_text(encoding="utf-8"), "expect")
    found = [shown(f) for f in findings(file) if f.rule.id == file.parent.name]
    assert expected, f"{file} does not say what is expected"
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("file", GOOD, ids=name)
def test_a_good_case_is_clean_under_every_rule(file: Path) -> None:
    assert [f"{f.rule.id}: {f.message}: {shown(f)}" for f in findings(file)] == []


def changed(old: str, new: str) -> list[str]:
    """What serving-size-changed says when a service is changed from `old` to `new`."""
    spec = "model: {uri: pvc://models/a, name: a}, "
    head = "apiVersion: serving.kserve.io/v1alpha2\nkind: LLMInferenceService\n"
    head += "metadata: {name: qwen, namespace: serving}\n"
    (before,) = parse(f"{head}spec: {{{spec}{old}}}\n", "old")
    (now,) = parse(f"{head}spec: {{{spec}{new}}}\n", "new")
    resource = Resource(now.data, "new", document=now)
    previous = {identity(resource): before.data}
    context = Context(Bundle((resource,)), previous=previous)
    found = found_by("serving", context)
    return [f"{shown(f)}: {f.message}" for f in found if f.rule.id == "serving-size-changed"]


WORKER = "worker: {containers: [{name: main}]}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("parallelism: {data: 16, dataLocal: 8}", "parallelism: {data: 32, dataLocal: 8}", "2, 4"),
        ("parallelism: {data: 16, dataLocal: 8}", "parallelism: {data: 32, dataLocal: 16}", ""),
        ("parallelism: {pipeline: 2}", "parallelism: {pipeline: 4}", "2, 4"),
        ("replicas: 1", "parallelism: {pipeline: 4}", "1, 4"),
        ("parallelism: {data: 16, dataLocal: 0}", "parallelism: {pipeline: 4}", ""),
    ],
)
def test_the_size_of_a_group_is_fixed(old: str, new: str, said: str) -> None:
    found = changed(f"{old}, {WORKER}", f"{new}, {WORKER}")
    if not said:
        assert found == []
        return
    was, is_now = said.split(", ")
    place = "LLMInferenceService/qwen spec.parallelism"
    assert found == [f"{place}: the size of a group changes from {was} to {is_now} Pods"]


def test_the_size_of_prefill_groups_is_fixed() -> None:
    old = f"prefill: {{parallelism: {{data: 4, dataLocal: 2}}, {WORKER}}}"
    new = f"prefill: {{parallelism: {{data: 8, dataLocal: 2}}, {WORKER}}}"
    place = "LLMInferenceService/qwen spec.prefill.parallelism"
    assert changed(old, new) == [f"{place}: the size of a group changes from 2 to 4 Pods"]
