"""A version of GKE that does not know the TPU generation."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.gke_version import older
from stackgen.findings.model import Place, Violations, violation


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
            if older(version, needed):
                yield violation(
                    f"GKE {version} does not support {pool.generation.key}; the first version is "
                    f"{needed}",
                    place,
                    pool.place("nodeConfig", "machineType", note="needs it"),
                )
