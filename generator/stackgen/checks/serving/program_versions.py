"""The versions of the programs whose metrics are scraped, by the images of the input."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.checks.serving.view import view
from stackgen.facts.engines import running
from stackgen.facts.pickers import Version, is_picker, picker_row, version_of
from stackgen.facts.shape import text


def versions(context: Context, program: str) -> frozenset[Version]:
    """The versions of a row of metrics.yaml that run here.

    Empty when none runs here, or one of them is not known: then every version can be meant, but
    for a program whose version is assumed.
    """
    of = {"vllm": _engines, "endpoint-picker": _pickers}.get(program)
    seen = view(context)
    # The presets of releases name different images.
    if of is None or (seen.services and not seen.certain):
        return frozenset()
    found = context.once(of)
    if not found and program in context.assumed:
        return frozenset({version_of(context.assumed[program])})
    return frozenset() if () in found else found


def _images(context: Context) -> set[str]:
    return {
        text(container.get("image"))
        for pod in merged_pod_specs(context)
        for _, container in pod.containers()
    }


def _engines(context: Context) -> frozenset[Version]:
    catalog = context.catalog.copy()
    running_here = (running(image, "", catalog) for image in _images(context))
    return frozenset(
        version_of(found.tag)
        for found in running_here
        if found is not None and found.engine.name.startswith("vllm")
    )


def _pickers(context: Context) -> frozenset[Version]:
    catalog = context.catalog.copy()
    found: set[Version] = set()
    for image in _images(context):
        row = picker_row(image, catalog)
        if row is not None:
            found.add(version_of(row.data["metrics"]))
        elif is_picker(image, catalog):
            found.add(())
    return frozenset(found)
