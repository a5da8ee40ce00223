"""LoRA adapters that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Judged where the release acts upon adapters."""
    seen = view(context)
    if "lora" not in seen.newest.fields:
        return
    for service in seen.services:
        model = as_dict(service.spec.get("model"))
        base = text(model.get("name")) or service.name
        for path, message in _problems(as_dict(model.get("lora")), base):
            yield RULE.finding(message, service.place("spec", "model", "lora", *path))


def _problems(lora: dict[str, Any], base: str) -> Iterator[tuple[Path, str]]:
    first: dict[str, int] = {}
    for i, adapter in maps(lora.get("adapters")):
        name = text(adapter.get("name"))
        where: Path = ("adapters", i, "name")
        if not name:
            yield ("adapters", i), "the adapter has no name"
        elif name in (".", ".."):
            yield where, f"the adapter has the name of a folder, {name}"
        elif name == base:
            yield where, f"the adapter has the name of the base model, {base}"
        elif name in first:
            yield where, f"adapters[{first[name]}] has the same name, {name}"
        else:
            first[name] = i
