"""A feature that manifests need and that the GKE cluster of the input does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.shell import SUFFIXES
from stackgen.manifest.shipped import shipped


def check(context: Context) -> Violations:
    """One finding for each feature, at the cluster, if no cluster of the input has it."""
    objects = context.bundle.objects
    everything = (*objects, *context.bundle.outside)
    clusters = [one for one in everything if one.kind == "ContainerCluster"]
    if not clusters or any(one.get("spec", "enableAutopilot") for one in clusters):
        return
    files = {
        one.document.source.text for one in everything if one.document is not None and _made(one)
    }
    for row in _rows():
        yield from _of_pools(context, everything, row)
        given = [one.get("spec", *row["field"]) for one in clusters]
        disabled = row.get("disabled", False)
        on = any(value not in (None, disabled) for value in given)
        off = disabled in given
        # A module, or an expression that is not read, may turn it on.
        perhaps = row.get("default") or any(re.search(row["words"], file) for file in files)
        if on or (not off and perhaps):
            continue
        if any(one.name in row.get("workloads", ()) for one in everything):
            continue
        if row.get("elsewhere") and any(one.kind == "ContainerCluster" for one in objects):
            continue
        if any(one.chart in row.get("charts", ()) for one in chart_values(context.bundle)):
            continue
        needing = next(_needing(context, everything, row), None)
        if needing is not None and (one := needing.resource) is not None:
            yield violation(
                f"the cluster {'turns off' if off else 'does not turn on'} {row['name']}, which "
                f"{one.kind} {one.name} needs",
                Place(clusters[0], ()),
                needing,
                impact=row["impact"],
                remedy=_remedy(clusters[0], row),
            )


def _remedy(cluster: Resource, row: dict[str, Any]) -> str:
    """In the words of what makes the cluster: a script, an object, Terraform, or not known."""
    if cluster.file.endswith(SUFFIXES):
        return f"Set `{row['flag']}`."
    if cluster.layer:
        return f"Turn it on where the cluster is created: with gcloud, `{row['flag']}`."
    if not cluster.file.endswith((".yaml", ".yml", ".json")):
        return str(row["remedy"])
    field = ".".join(("spec", *row["field"]))
    return f"Set `{field}{': true' if row['field'][-1] == 'enabled' else ''}`."


def _of_pools(
    context: Context, everything: tuple[Resource, ...], row: dict[str, Any]
) -> Violations:
    """Node pools that turn a feature of the cluster off for their Pods."""
    if "nodes" not in row:
        return
    path = ("spec", *row["nodes"]["field"])
    off = [
        one
        for one in everything
        if one.kind == "ContainerNodePool" and one.get(*path) == row["nodes"]["is"]
    ]
    needing = next(_needing(context, everything, row), None) if off else None
    for pool in off:
        if needing is not None and (one := needing.resource) is not None:
            yield violation(
                f"Pods in node pool {pool.name} have no {row['name']} ({row['nodes']['is']}), "
                f"which {one.kind} {one.name} needs",
                Place(pool, path),
                needing,
                impact=row["impact"],
                remedy="Set the mode to GKE_METADATA.",
            )


def _made(one: Resource) -> bool:
    return one.group.endswith("cnrm.cloud.google.com")


def _needing(
    context: Context, everything: tuple[Resource, ...], row: dict[str, Any]
) -> Iterator[Place]:
    for _, need in maps(row["needed"]):
        for one in everything if "kinds" in need else ():
            fits = one.kind in need["kinds"] and one.group == need.get("group", one.group)
            if fits and re.search(need["like"], text(one.get(*need["path"]))):
                yield Place(one, tuple(need["path"]))
        for pod in pod_specs(context) if "pods" in need else ():
            for i, volume in maps(pod.spec.get("volumes")):
                if as_dict(volume.get("csi")).get("driver") == need["pods"]:
                    yield pod.place("volumes", i)


@cache
def _rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shipped(__file__, "gke_feature_off.yaml")["rows"]
    return found
