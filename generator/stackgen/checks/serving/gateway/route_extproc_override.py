"""An EnvoyFilter that replaces the endpoint picker's settings of a route."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, at, maps
from stackgen.findings.model import Place, Violations, violation

FILTER = "envoy.filters.http.ext_proc"
STREAMED = "FULL_DUPLEX_STREAMED"


def check(context: Context) -> Violations:
    """One finding for each patch of a route's ext_proc settings without the service or mode."""
    for resource in context.bundle.of_kind("EnvoyFilter", "networking.istio.io"):
        for i, patch in maps(resource.get("spec", "configPatches")):
            path = ("spec", "configPatches", i, "patch", "value", "typed_per_filter_config", FILTER)
            settings = as_dict(at(patch, *path[3:]))
            overrides = as_dict(settings.get("overrides"))
            if not overrides:
                continue
            mode = at(overrides, "processing_mode", "request_body_mode")
            lost = [] if overrides.get("grpc_service") else ["the address of the endpoint picker"]
            wrong = f"request_body_mode is {mode}, not {STREAMED}" if mode not in (
                None, STREAMED) else ""  # fmt: skip
            if lost or wrong:
                said = [f"the patch replaces {x}" for x in lost] + ([wrong] if wrong else [])
                yield violation("; ".join(said), Place(resource, (*path, "overrides")))
