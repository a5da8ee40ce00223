"""How checks are found and run: by file name, when wanted, and around those that fail."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.checks.registry import CheckModule
from stackgen.findings.model import FAMILIES, Finding, Place, Rule, RuleSource, Severity
from stackgen.findings.pipeline import Options, conclude
from stackgen.findings.rules import all_rules
from stackgen.findings.select import selection
from stackgen.manifest.resource import Bundle, Resource
from stackgen.report import render
from stackgen.report.style import Style
from tests.sandbox import ROOT, run_ok

SAID = Rule("gitops-said", "gitops", Severity.WARNING, "s", "i", "r", (RuleSource("t"),))
PACKAGE = ROOT / "generator" / "stackgen"


def _context() -> Context:
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}
    return Context(Bundle((Resource(data, "a.yaml"),)))


def _with(
    monkeypatch: pytest.MonkeyPatch, checks: dict[str, Callable[[Context], Iterable[Finding]]]
) -> None:
    """Make `checks`, by id, the checks of the family gitops and of the run."""
    modules = tuple(CheckModule(name, "gitops", name) for name in checks)
    monkeypatch.setattr(registry, "check_modules", lambda: modules)
    monkeypatch.setattr(CheckModule, "findings", lambda one, context: checks[one.id](context))


def _fails_midway(context: Context) -> Iterator[Finding]:
    yield SAID.finding("said before it failed", Place(resource=context.bundle.objects[0]))
    raise KeyError("labels")


def _speaks(context: Context) -> Iterator[Finding]:
    yield SAID.finding("the next one still runs", Place(resource=context.bundle.objects[0]))


def test_a_check_that_raises_is_a_finding_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _with(monkeypatch, {"pass-broken": _fails_midway, "pass-next": _speaks})
    found = registry.run(_context())
    outcome = conclude(
        found, Options(selection(all_rules())), documents=1, today=date(2026, 11, 23)
    )
    text = render("concise", outcome, Style())
    assert "error[rule-crashed] the check pass-broken raised KeyError: 'labels'" in text
    assert "warning[gitops-said] said before it failed" in text
    assert "warning[gitops-said] the next one still runs" in text
    assert outcome.exit_code == 1


def _says_and_loops(context: Context) -> Iterator[Finding]:
    yield from _speaks(context)
    while True:
        try:
            sum(range(1000))
        except Exception:
            continue


def _recurses(context: Context) -> Iterator[Finding]:
    yield from _recurses(context)


def _allocates(context: Context) -> Iterator[Finding]:
    yield from _speaks(context)
    bytearray(sys.maxsize)


@pytest.mark.parametrize(
    ("check", "what", "before"),
    [
        (_says_and_loops, "took longer than 0.05 s", 1),
        (_recurses, "stopped at input that is nested too deeply", 0),
        (_allocates, "ran out of memory", 1),
    ],
)
def test_a_check_that_is_stopped_is_a_finding_after_what_it_had_found(
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Context], Iterable[Finding]],
    what: str,
    before: int,
) -> None:
    _with(monkeypatch, {"pass-slow": check})
    *said, stopped = registry.guarded(registry.check_modules()[0], _context(), seconds=0.05)
    assert [finding.rule.id for finding in said] == ["gitops-said"] * before
    assert (stopped.rule.id, stopped.rule.family) == ("rule-not-evaluated", "gitops")
    assert stopped.level is Severity.ERROR
    assert stopped.message == f"the check pass-slow {what}"


def test_a_check_that_is_stopped_lets_the_next_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, {"pass-slow": _recurses, "pass-next": _speaks})
    assert [f.rule.id for f in registry.run(_context())] == ["rule-not-evaluated", "gitops-said"]


def test_checks_of_rules_that_are_not_wanted_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def note(name: str) -> Callable[[Context], Iterable[Finding]]:
        def check(_: Context) -> list[Finding]:
            ran.append(name)
            return []

        return check

    _with(monkeypatch, {"gitops-stale-output": note("rule"), "pass-all": note("pass")})
    registry.run(_context(), lambda rule: rule.family == "gitops")
    assert ran == ["rule", "pass"]
    ran.clear()
    registry.run(_context(), lambda rule: rule.family == "schema")
    assert ran == []


def test_only_the_checks_that_are_wanted_are_imported() -> None:
    program = (
        "import sys\n"
        "from stackgen.checks import registry\n"
        "from stackgen.checks.context import Context\n"
        "from stackgen.manifest.resource import Bundle\n"
        "registry.run(Context(Bundle(())), lambda rule: rule.id == 'probe-scheme')\n"
        "print(*sorted(m for m in sys.modules if m.startswith('stackgen.checks.')))\n"
    )
    loaded = run_ok([sys.executable, "-c", program], ROOT).split()
    assert "stackgen.checks.tpu.probes.probe_scheme" in loaded
    assert "stackgen.checks.tpu.accelerators.tpu_lws_size" not in loaded
    assert "stackgen.checks.policy.pack" not in loaded


def test_every_module_found_has_a_check_and_is_in_the_folder_of_its_family() -> None:
    for one in registry.check_modules():
        assert callable(importlib.import_module(one.module).check), one.module
        assert one.module.split(".")[2] == one.family
    assert {one.family for one in registry.check_modules()} <= set(FAMILIES)
    assert len(registry.check_modules()) > 180


def test_a_module_with_a_check_is_found() -> None:
    """A misspelled file name would otherwise be a helper that is never run."""
    found = {one.module for one in registry.check_modules()}
    checks = PACKAGE / "checks"
    for file in checks.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name != "custom.py" and re.search(r"^def check\(", text, re.MULTILINE):
            parts = file.relative_to(PACKAGE).with_suffix("").parts
            assert ".".join(("stackgen", *parts)) in found, file


def test_a_rule_has_a_check_or_is_named_where_it_is_found() -> None:
    modules = {one.id for one in registry.check_modules()}
    modules |= {file.stem for file in (ROOT / "policies").glob("*.rego")}
    sources = [file.read_text(encoding="utf-8") for file in Path(PACKAGE).rglob("*.py")]
    others = all_rules().keys() - modules
    assert [x for x in sorted(others) if not any(f'"{x}"' in text for text in sources)] == []


def test_a_folder_of_cases_is_that_of_a_rule() -> None:
    """The cases of a rule that was renamed would otherwise not be run."""
    for folder in ("rules", "planned"):
        cases = {one.name for one in (ROOT / "tests" / "cases" / folder).iterdir() if one.is_dir()}
        assert cases <= all_rules().keys()
