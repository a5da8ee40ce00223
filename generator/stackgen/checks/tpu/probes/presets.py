"""The probes that KServe puts under the container `main` of a model server."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.facts.workloads import Probes
from stackgen.platforms.kserve.release import controller, controllers

MODEL_MOUNT = "/mnt/models"


def probes(catalog: Catalog, release: str, split: bool) -> Probes:
    """The probes of a release's preset for single hosts; without a release, of the newest one.

    split: the service has servers for prefill of their own.
    """
    found = controller(catalog, release) if release else next(iter(controllers(catalog)), None)
    if found is None:
        return {}
    given: Probes = found.presets["probes"]["disaggregated" if split else "single"]
    return given
