"""What the API server fills into the spec of a service or a config, as its definition says.

A value that is filled in has precedence over that of a preset, as one that the user wrote has. The
defaults are those of the CustomResourceDefinitions of all releases here; those that only repeat
what a controller does without them are left out.
"""

from __future__ import annotations

from typing import Any

from stackgen.facts.shape import as_dict, maps

_ALL_PATHS = {"path": {"type": "PathPrefix", "value": "/"}}


def defaulted(spec: dict[str, Any]) -> None:
    """Fills in the defaults of `spec`."""
    for part in (spec, as_dict(spec.get("prefill"))):
        offloading = part.get("kvCacheOffloading")
        if isinstance(offloading, dict):
            offloading.setdefault("evictionPolicy", "lru")
    router = as_dict(spec.get("router"))
    pool = as_dict(as_dict(as_dict(router.get("scheduler")).get("pool")).get("spec"))
    for field in ("endpointPickerRef", "extensionRef"):
        if isinstance(pool.get(field), dict):
            pool[field].setdefault("failureMode", "FailClose")
    route = as_dict(as_dict(router.get("route")).get("http")).get("spec")
    if not isinstance(route, dict):
        return
    for _, rule in maps(route.setdefault("rules", [{}])):
        for _, match in maps(rule.setdefault("matches", [{}])):
            for field, value in _ALL_PATHS.items():
                match.setdefault(field, dict(value))
