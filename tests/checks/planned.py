"""Cases of rules about spec and plan: each an overlay on tests/cases/plan/stack.yaml.

A bad case says in its first line which place the finding names, `# expect: PATH`, and may say in
its second what the message holds, `# says: TEXT`, and in its third the remedy, `# help: TEXT`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stackgen.compiler import Compiled, compile_environment
from stackgen.findings.locate import Texts, locate
from stackgen.findings.model import Finding, Location

CASES = Path(__file__).resolve().parents[1] / "cases"
TODAY = date(2026, 11, 23)


def cases(rules: Iterable[str]) -> list[Any]:
    """A parameter `(rule, file)` for every case of the rules."""
    return [
        pytest.param(rule, file, id=f"{rule}/{file.stem}")
        for rule in rules
        for file in sorted((CASES / "planned" / rule).glob("*.yaml"))
    ]


def compiled_of(
    overlay: str,
    today: date | None = TODAY,
    rows: Mapping[str, str] | None = None,
    stack: str = "",
) -> Compiled:
    """The base stack under an overlay, compiled.

    rows: files of the user's own catalog, by name. stack: another stack than the base.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for file in (CASES / "plan").iterdir():
            shutil.copy(file, root)
        if stack:
            (root / "stack.yaml").write_text(stack, encoding="utf-8")
        for name, text in (rows or {}).items():
            (root / "catalog").mkdir(exist_ok=True)
            (root / "catalog" / name).write_text(text, encoding="utf-8")
        where = root / "overlays" / "case"
        where.mkdir(parents=True)
        (where / "stack.yaml").write_text(overlay, encoding="utf-8")
        return compile_environment(folder, "case", today=today)


def findings_of(
    overlay: str, today: date | None = TODAY, rows: Mapping[str, str] | None = None
) -> list[tuple[Finding, tuple[Location, ...]]]:
    """What is found about the base stack under an overlay, each with its locations."""
    compiled = compiled_of(overlay, today, rows)
    texts = Texts.of(compiled.sources)
    return [(finding, locate(finding, texts)) for finding in compiled.findings]


def check(rule: str, file: Path) -> None:
    """A good case is free of the rule; a bad one has it at the place it names."""
    text = file.read_text(encoding="utf-8")
    found = [(f, at) for f, at in findings_of(text) if f.rule.id == rule]
    if file.name.startswith("good-"):
        assert [f.message for f, _ in found] == []
        return
    first, second, third = text.splitlines()[:3]
    assert first.startswith("# expect: ")
    assert found, "nothing was found"
    places = [location.path for _, at in found for location in at]
    assert first.removeprefix("# expect: ") in places, places
    if second.startswith("# says: "):
        said = second.removeprefix("# says: ")
        assert any(said in f.message for f, _ in found), [f.message for f, _ in found]
    if third.startswith("# help: "):
        assert third.removeprefix("# help: ") in [f.remedy for f, _ in found]
    assert all(at[0].file.endswith((".yaml", ".json")) and at[0].line for _, at in found)
