"""A scheduling profile with a plugin that is not declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.yaml_in import parse
from stackgen.platforms.kserve.names import CONFIG_KIND, KIND
from stackgen.platforms.kserve.release import GROUP
from stackgen.spelling import did_you_mean

_CONFIG = "EndpointPickerConfig"
RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Configurations in a service, in a config of the input, or in a ConfigMap for a picker."""
    where: Path = ("spec", "router", "scheduler", "config", "inline")
    for kind in (KIND, CONFIG_KIND):
        for resource in context.bundle.of_kind(kind, GROUP):
            for message, path in _undeclared(as_dict(resource.get(*where))):
                yield RULE.finding(message, Place(resource, (*where, *path)))
    for resource in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(resource.get("data")).items():
            if not isinstance(value, str) or _CONFIG not in value:
                continue
            for document in parse(value, key):
                data = as_dict(document.data)
                if data.get("kind") == _CONFIG:
                    for message, path in _undeclared(data):
                        said = f"{message} ({show_path(path)})"
                        yield RULE.finding(said, Place(resource, ("data", key), key=True))


def _undeclared(config: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    plugins = [p for _, p in maps(config.get("plugins"))]
    names = {text(p.get("name")) or text(p.get("type")) for p in plugins}
    if not names or any("{{" in name for name in names):
        return
    for i, profile in maps(config.get("schedulingProfiles")):
        for j, plugin in maps(profile.get("plugins")):
            ref = text(plugin.get("pluginRef"))
            if ref and ref not in names:
                path: Path = ("schedulingProfiles", i, "plugins", j, "pluginRef")
                yield f"no plugin is named {ref}{did_you_mean(ref, sorted(names))}", path
