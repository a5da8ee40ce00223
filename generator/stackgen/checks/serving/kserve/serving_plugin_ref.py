"""A reference to a plugin that the configuration of an endpoint picker does not declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.pickers.picker_configs import picker_configs
from stackgen.facts.shape import at, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.spelling import did_you_mean


def check(context: Context) -> Violations:
    """Configurations in a service, in a config of the input, or in a ConfigMap for a picker."""
    for config in picker_configs(context):
        for message, path in _undeclared(config.data):
            yield violation(config.said(message, path), config.place(path))


def _undeclared(config: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    plugins = [p for _, p in maps(config.get("plugins"))]
    names = {text(p.get("name")) or text(p.get("type")) for p in plugins}
    if not names or any("{{" in name for name in names):
        return
    for ref, path in _references(config):
        if ref and ref not in names:
            yield f"no plugin is named {ref}{did_you_mean(ref, sorted(names))}", path


def _references(config: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """References that no default resolves, with their paths."""
    for i, profile in maps(config.get("schedulingProfiles")):
        for j, plugin in maps(profile.get("plugins")):
            path: Path = ("schedulingProfiles", i, "plugins", j, "pluginRef")
            yield text(plugin.get("pluginRef")), path
    for i, parser in maps(at(config, "requestHandler", "parsers")):
        yield text(parser.get("pluginRef")), ("requestHandler", "parsers", i, "pluginRef")
