"""What KServe's presets put under the container `main` of a model server, as far as rules need it.

A preset depends on the release; for one that is not known, what every known preset has in common.
Source: KServe release-v0.15 config/llmisvc/config-llm-template.yaml; master
config/llmisvcconfig/config-llm-template.yaml. Worker presets are not modelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTAINER = "main"
MODEL_MOUNT = "/mnt/models"
MORE_FLAGS = "VLLM_ADDITIONAL_ARGS"


@dataclass(frozen=True, slots=True)
class Preset:
    """probes: fields that a probe of the container inherits. shared_memory: mounts /dev/shm."""

    probes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shared_memory: bool = True


_FIRST = Preset(
    {
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": 8000, "scheme": "HTTPS"},
            "initialDelaySeconds": 120,
            "periodSeconds": 10,
            "failureThreshold": 3,
        }
    }
)
# Where the release is not known, the most patient preset speaks: what it kills, they all kill.
_LATER = Preset(
    {
        "startupProbe": {"periodSeconds": 10, "failureThreshold": 60},
        "livenessProbe": {"periodSeconds": 10, "failureThreshold": 10},
    }
)


def preset(release: str) -> Preset:
    """The preset of a single-host server in a release row; `release` may be empty."""
    return _FIRST if release == "llm-d-infra-xks-0.15" else _LATER


def merged(own: Any, below: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A probe laid over the preset's; None when there is neither."""
    if not isinstance(own, dict):
        return dict(below) if below else None
    if not below:
        return own
    result = {**below, **own}
    inner, over = below.get("httpGet"), own.get("httpGet")
    if isinstance(inner, dict) and isinstance(over, dict):
        result["httpGet"] = {**inner, **over}
    return result
