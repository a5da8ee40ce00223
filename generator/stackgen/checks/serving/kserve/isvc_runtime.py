"""An InferenceService for whose model no runtime is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.platforms.kserve.serving_runtime import CONTAINER
from stackgen.spelling import did_you_mean

GROUP = "serving.kserve.io"


def runtimes() -> dict[str, Any]:
    """What KServe installs: formats, and runtimes with theirs."""
    found: dict[str, Any] = shipped(__file__, "isvc_runtimes.yaml")
    return found


@cache
def _installed() -> frozenset[str]:
    """The model formats of the runtimes that KServe installs."""
    return frozenset(runtimes()["formats"])


def check(context: Context) -> Violations:
    """One finding for each service whose format or runtime is known."""
    runtimes = [
        r
        for kind in ("ServingRuntime", "ClusterServingRuntime")
        for r in context.bundle.of_kind(kind, GROUP)
    ]
    for service in context.bundle.of_kind("InferenceService", GROUP):
        base = ("spec", "predictor", "model")
        wanted = text(service.get(*base, "modelFormat", "name"))
        near = [
            r for r in runtimes
            if r.kind == "ClusterServingRuntime" or r.namespace == service.namespace
        ]  # fmt: skip
        if not wanted:
            continue
        place = Place(service, (*base, "modelFormat", "name"))
        version = text(service.get(*base, "modelFormat", "version"))
        chosen = text(service.get(*base, "runtime"))
        if chosen:
            yield from _named(service, near, chosen, wanted, place)
        elif near:
            yield from _selected(service, near, wanted, version, place)


def _named(
    service: Resource, near: list[Resource], chosen: str, wanted: str, place: Place
) -> Violations:
    runtime = next((r for r in near if r.name == chosen), None)
    if runtime is None:
        known = shipped(__file__, "isvc_runtimes.yaml")["runtimes"].get(chosen, ())
        if known and wanted not in known and plain(wanted):
            yield violation(
                f"the ClusterServingRuntime {chosen} of KServe does not support model format "
                f"{wanted}; it supports {', '.join(known)}",
                place,
            )
        return
    formats = [text(one.get("name")) for _, one in _formats(runtime)]
    names = [text(one.get("name")) for _, one in maps(runtime.get("spec", "containers"))]
    mesh = runtime.get("spec", "multiModel") is True  # ModelMesh has other names
    if names and not mesh and all(map(plain, names)) and CONTAINER not in names:
        yield violation(
            f"{runtime.kind} {chosen} has no container {CONTAINER}, in which KServe starts the "
            f"server; it has {', '.join(map(visible, names))}",
            Place(runtime, ("spec", "containers", 0, "name")),
            place,
        )
    if runtime.get("spec", "disabled") is True:
        yield violation(f"{runtime.kind} {chosen} is disabled", place)
    elif formats and wanted not in formats:
        yield violation(
            f"{runtime.kind} {chosen} does not support model format {visible(wanted)}; it supports "
            f"{', '.join(map(visible, formats))}",
            place,
            Place(runtime, ("spec", "supportedModelFormats")),
        )


def _selected(
    service: Resource, near: list[Resource], wanted: str, version: str, place: Place
) -> Violations:
    """KServe takes a runtime only if it has the format, with autoSelect, and is not disabled."""
    entries = [(r, i, one) for r in near for i, one in _formats(r) if one.get("name") == wanted]
    open_ = [
        one
        for runtime, _, one in entries
        if runtime.get("spec", "disabled") is not True
        and (not version or not one.get("version") or str(one["version"]) == version)
    ]
    if any(one.get("autoSelect") is True for one in open_) or wanted in _installed():
        return
    name = visible(wanted)
    if entries:
        runtime, i, _ = entries[0]
        why = "autoSelect is not true" if open_ else f"none is enabled for version {version}"
        yield violation(
            f"no runtime is selected for model format {name}: {why} in {runtime.kind} "
            f"{runtime.name}",
            place,
            Place(runtime, ("spec", "supportedModelFormats", i)),
        )
        return
    formats = sorted({text(one.get("name")) for r in near for _, one in _formats(r)})
    hint = did_you_mean(wanted, [*formats, *sorted(_installed())])
    yield violation(
        f"no runtime in the manifests or in KServe supports model format {name}{hint}",
        place,
        severity=Severity.WARNING,
    )


def _formats(runtime: Resource) -> Iterator[tuple[int, dict[str, Any]]]:
    return maps(runtime.get("spec", "supportedModelFormats"))
