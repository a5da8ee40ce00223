"""A version of GKE that does not know the TPU generation."""

from __future__ import annotations

import re

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.digits import to_int
from stackgen.findings.model import Place, Violations, violation

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-gke\.(\d+))?\Z")


def check(context: Context) -> Violations:
    """One finding for each version, of a pool or of its cluster, that is too old."""
    seen = view(context)
    for pool in seen.tpu_pools:
        needed = pool.generation.data.get("min_gke_version") if pool.generation else None
        if pool.generation is None or needed is None:
            continue
        places = [(pool.get("version"), pool.place("version"))]
        name = pool.get("clusterRef", "name")
        for cluster in seen.clusters:
            if cluster.name == name:
                path = ("spec", "minMasterVersion")
                places.append((cluster.get(*path), Place(cluster, path)))
        for version, place in places:
            if isinstance(version, str) and _older(version, needed):
                yield violation(
                    f"GKE {version} does not support {pool.generation.key}; the first version is "
                    f"{needed}",
                    place,
                    pool.place("nodeConfig", "machineType", note="needs it"),
                )


def _older(version: str, needed: str) -> bool:
    """Surely older; a version without patch number or build may be either."""
    own, other = _VERSION.match(version), _VERSION.match(needed)
    if own is None or other is None:
        return False
    left = [to_int(n) for n in own.groups() if n is not None]
    right = [to_int(n) for n in other.groups() if n is not None][: len(left)]
    return left < right
