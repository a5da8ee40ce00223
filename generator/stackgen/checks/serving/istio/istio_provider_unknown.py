"""A provider of Istio that the mesh configuration of the input does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.istio.istiod import istiods
from stackgen.checks.serving.mesh import SECURITY
from stackgen.escape import visible
from stackgen.facts.shape import maps, matches, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import did_you_mean

TELEMETRY = "telemetry.istio.io"
# Providers that istiod has without a configuration.
_BUILT_IN = frozenset({"envoy", "prometheus", "stackdriver"})
_NAMED = (
    ("Telemetry", TELEMETRY, ("spec", "tracing", "*", "providers", "*", "name")),
    ("Telemetry", TELEMETRY, ("spec", "metrics", "*", "providers", "*", "name")),
    ("Telemetry", TELEMETRY, ("spec", "accessLogging", "*", "providers", "*", "name")),
    ("AuthorizationPolicy", SECURITY, ("spec", "provider", "name")),
)


def check(context: Context) -> Violations:
    """One finding for each name, where the input has the whole configuration of the mesh."""
    meshes = istiods(context)
    if not meshes or not all(one.whole for one in meshes):
        return
    known = set(_BUILT_IN)
    for one in meshes:
        known |= {text(x.get("name")) for _, x in maps(one.mesh.get("extensionProviders"))}
    for resource, path, name in _names(context):
        if name not in known:
            yield violation(
                f"meshConfig.extensionProviders of {meshes[0].shown} has no provider "
                f"{visible(name)}{did_you_mean(name, sorted(known))}",
                Place(resource, path),
                meshes[0].place,
            )


def _names(context: Context) -> Iterator[tuple[Resource, Path, str]]:
    for kind, group, at in _NAMED:
        for resource in context.bundle.of_kind(kind, group):
            for path, name in matches(resource.data, at):
                if isinstance(name, str) and name and plain(name):
                    yield resource, path, name
