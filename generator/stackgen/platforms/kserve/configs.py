"""The LLMInferenceServiceConfigs of a bundle, by namespace and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.manifest.resource import Bundle
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.presets import Configs
from stackgen.platforms.kserve.release import GROUP


def configs_of(bundle: Bundle) -> Configs:
    """Looks up the spec of a config of the bundle; None for those that it does not have."""
    known: dict[tuple[str, str], Mapping[str, Any]] = {}
    for resource in bundle.of_kind(CONFIG_KIND, GROUP):
        spec = resource.get("spec")
        if isinstance(spec, dict):
            known.setdefault((resource.namespace, resource.name), spec)

    def find(namespace: str, name: str) -> Mapping[str, Any] | None:
        return known.get((namespace, name))

    return find
