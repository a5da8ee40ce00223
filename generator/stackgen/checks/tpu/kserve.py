"""What KServe puts under the container `main` of a model server, as far as rules need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.kserve.release import controller, controllers

MODEL_MOUNT = "/mnt/models"
MORE_FLAGS = "VLLM_ADDITIONAL_ARGS"

Probes = Mapping[str, Mapping[str, Any]]


def probes(catalog: Catalog, release: str, split: bool) -> Probes:
    """The probes of a release's preset for single hosts; without a release, of the newest one.

    split: the service has servers for prefill of their own.
    """
    found = controller(catalog, release) if release else next(iter(controllers(catalog)), None)
    if found is None:
        return {}
    given: Probes = found.presets["probes"]["disaggregated" if split else "single"]
    return given


def merged(own: Any, below: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A probe laid over the preset's; None when there is neither."""
    if not isinstance(own, dict):
        return dict(below) if below else None
    return {**below, **own} if below else own
