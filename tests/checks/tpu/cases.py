"""Cases of the family: files under tests/cases/rules, and manifests written in the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from stackgen.checks.context import Context
from stackgen.findings.model import Finding
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source, show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from tests.checks.families import found_by, rules_of

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "rules"
# These judge the plan, so that a manifest is no case of theirs.
OF_THE_PLAN = {
    "tpu-flex-not-rendered", "cost-over-budget", "cost-price-unknown", "kv-cache-low-concurrency",
    "model-dimensions-mismatch", "model-size-unknown", "platform-exceeds-nodes",
    "topology-auto-no-fit", "tpu-whole-slices", "tpu-slice-pool-name",
    "boot-disk-too-small",
}  # fmt: skip
RULES = tuple(rule for rule in rules_of("tpu") if rule.id not in OF_THE_PLAN)
_NEW_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
_PROGRAMS = (".tf", ".sh")
_COMMENT = re.compile(r"# (expect|profile|release): (.*)")


def files(kind: str) -> list[Path]:
    """The bad or good cases of every rule of the family."""
    return sorted(f for rule in RULES for f in (CASES / rule.id).glob(f"{kind}-*.yaml"))


def comments(file: Path, name: str) -> list[str]:
    """What the comments `# name: ...` of a case say."""
    found = (_COMMENT.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [m[2] for m in found if m and m[1] == name]


def context_of(file: Path) -> Context:
    """The case as the checks see it."""
    profile = yaml.safe_load((comments(file, "profile") or ["{}"])[0])
    release = (comments(file, "release") or [""])[0]
    _, *parts = _NEW_FILE.split(file.read_text(encoding="utf-8"))
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    programs = [Source(name, text) for name, text in texts.items() if name.endswith(_PROGRAMS)]
    text = "---\n".join(text for name, text in texts.items() if not name.endswith(_PROGRAMS))
    outside = tuple(made_by(programs))
    text = text or file.read_text(encoding="utf-8")
    return context(text, outside=outside, release=release, profile=profile)


def context(text: str, outside: tuple[Resource, ...] = (), **more: Any) -> Context:
    """Manifests as the checks see them. outside: what scripts and Terraform files make."""
    documents = parse(text, "case.yaml")
    assert documents and not any(d.problems for d in documents)
    resources = tuple(Resource(d.data, "case.yaml", document=d) for d in documents)
    return Context(Bundle(resources, outside=outside), **more)


def found(given: Context) -> list[Finding]:
    """What every rule of the family says."""
    return found_by("tpu", given)


def shown(finding: Finding) -> str:
    """The object and the path of a finding's first place."""
    place = finding.places[0]
    assert place.resource is not None
    return f"{place.resource.kind}/{place.resource.name} {show_path(place.path)}"


def said(given: Context) -> list[str]:
    """`rule: message` of every finding."""
    return [f"{f.rule.id}: {f.message}" for f in found(given)]
