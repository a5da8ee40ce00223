"""What holds for every file: tools agree, modules stay small, words that must not be there."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackgen.checks.registry import all_rules
from stackgen.findings.model import Rule
from tests.sandbox import ROOT, run

LINES = 450
FOLDERS = ("generator", "tests", "tools", "benchmarks")
# One letter of each is bracketed, so that this file does not find itself.
WORDS = re.compile(
    r"/wor[k]/|/tm[p]/bash|\.librar[y]|pyp[i]\.tsv"
    r"|\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|NotImplementedErro[r]"
)
TEXT = {
    ".py", ".pyi", ".rego", ".yaml", ".yml", ".md", ".toml", ".json", ".tsv", ".txt", ".sh",
    ".cfg", ".jsonl", "",
}  # fmt: skip
SKIPPED = {"__pycache__", ".git", ".venv", "venv", "build", "dist"}
# Reported by the machinery itself: these live where that is.
OF_THE_MACHINERY = {"rule-crashed": "checks/registry.py", "policy-not-evaluated": "policy/pack.py"}
# These need more than one file to say something about.
TRIED_BY = {
    **dict.fromkeys(
        (
            "spec-model-config",
            "tpu-flex-not-rendered",
            "spec-derived-flag",
            "kv-cache-low-concurrency",
            "cost-over-budget",
            "cost-price-unknown",
            "topology-auto-no-fit",
            "boot-disk-too-small",
            "tpu-whole-slices",
            "tpu-slice-pool-name",
            "model-size-unknown",
            "model-dimensions-mismatch",
            "platform-exceeds-nodes",
            "catalog-stale",
            "cost-price-stale",
        ),
        "checks/test_planned.py",
    ),
    "spec-credential": "checks/spec/test_credential.py",
    "net-required-flows": "checks/network/test_proof.py",
    "net-forbidden-flows": "checks/network/test_proof.py",
    "rule-crashed": "findings/test_select.py",
    "policy-not-evaluated": "checks/policy/test_custom.py",
    "schema-yaml": "checks/schema/test_schema_yaml.py",
    "serving-size-changed": "checks/serving/test_cases.py",
    "schema-immutable": "schema/test_cel.py",
    "schema-not-evaluated": "schema/test_cel.py",
    "gitops-stale-output": "test_precommit.py",
    "catalog-row-differs": "checks/test_planned.py",
    "catalog-row": "catalog/test_user.py",
    "catalog-file": "catalog/test_user.py",
}


def _tool(module: str, *arguments: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install 'stackgen[test]'")
    done = run([sys.executable, "-m", module, *arguments], ROOT)
    assert done.returncode == 0, done.stdout


def test_ruff_finds_nothing() -> None:
    _tool("ruff", "check", "--no-cache", ".")


def test_ruff_would_format_nothing() -> None:
    _tool("ruff", "format", "--no-cache", "--check", ".")


def test_mypy_agrees_with_every_type() -> None:
    _tool("mypy")


def _files() -> Iterator[Path]:
    """Every text file of the repository."""
    stack = [ROOT]
    while stack:
        for path in sorted(stack.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name.endswith("_cache")
            if path.is_symlink() or path.name in SKIPPED or hidden or path.name == ".hypothesis":
                continue
            if path.is_dir():
                stack.append(path)
            elif path.suffix in TEXT:
                yield path


def test_no_module_is_long() -> None:
    sizes = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (ROOT / "generator").rglob("*.py")
    }
    assert {name: size for name, size in sizes.items() if size > LINES} == {}


def test_no_word_that_must_not_be_there() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {match[0]}"
        for file in _files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for match in WORDS.finditer(line)
    ]
    assert found == []


def test_tests_stand_where_the_modules_stand() -> None:
    """tests/<room>/test_<module>.py: a folder of tests is a folder of the package."""
    own = {"cases", "docs", "tools", "benchmarks"}
    package = ROOT / "generator" / "stackgen"
    folders = {
        file.parent.relative_to(ROOT / "tests")
        for file in (ROOT / "tests").rglob("test_*.py")
        if file.relative_to(ROOT / "tests").parts[0] not in own
    }
    assert [str(f) for f in sorted(folders) if not (package / f).is_dir()] == []


# -- rules -----------------------------------------------------------------------------------

RULES = list(all_rules().values())
CASES = ROOT / "tests" / "cases"


def _home(rule: Rule) -> Path:
    package = ROOT / "generator" / "stackgen"
    if rule.id in OF_THE_MACHINERY:
        return next(package.rglob(OF_THE_MACHINERY[rule.id].rpartition("/")[2]))
    if rule.family == "policy":
        return ROOT / "policies" / f"{rule.id}.rego"
    return package / "checks" / rule.family / f"{rule.id.replace('-', '_')}.py"


def test_every_rule_has_a_file_of_its_name() -> None:
    assert [rule.id for rule in RULES if not _home(rule).is_file()] == []


def test_every_rule_has_a_page() -> None:
    pages = ROOT / "docs" / "rules"
    assert [rule.id for rule in RULES if not (pages / f"{rule.id}.md").is_file()] == []


def test_every_rule_is_tried_on_something_bad() -> None:
    # Rules about stack.yaml have whole reports as golden files, by case.
    files = [f for name in ("spec", "mistakes") for f in (CASES / name).rglob("*.txt")]
    reports = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [rule.id for rule in RULES if not _is_tried(rule.id, reports)] == []


def _is_tried(rule_id: str, reports: str) -> bool:
    if rule_id in TRIED_BY:
        return rule_id in (ROOT / "tests" / TRIED_BY[rule_id]).read_text(encoding="utf-8")
    folder = CASES / "rules" / rule_id
    return f"[{rule_id}]" in reports or (any(folder.glob("bad*")) and any(folder.glob("good*")))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_all_that_a_reader_needs(rule: Rule) -> None:
    for name in ("summary", "impact", "remedy", "source"):
        text = getattr(rule, name)
        assert text and text == text.strip(), name
    assert rule.summary.endswith(".")
    if rule.id not in OF_THE_MACHINERY:
        assert rule.bad and rule.good


def test_every_policy_has_its_own_rego_tests() -> None:
    policies = {f.stem for f in (ROOT / "policies").glob("*.rego")}
    tests = {p.removesuffix("_test") for p in policies if p.endswith("_test")}
    assert sorted({p for p in policies if not p.endswith("_test")} - tests) == []
