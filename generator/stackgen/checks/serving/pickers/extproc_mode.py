"""A mode of Envoy's external processing that Envoy or the endpoint picker does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.gateway.route_extproc_override import STREAMED
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, texts
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex

_FIELD = "processing_mode"
_HEADERS = ("DEFAULT", "SEND", "SKIP")
_BODIES = ("NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", STREAMED, "GRPC")
_MODES = {
    "request_header_mode": _HEADERS, "response_header_mode": _HEADERS,
    "request_trailer_mode": _HEADERS, "response_trailer_mode": _HEADERS,
    "request_body_mode": _BODIES, "response_body_mode": _BODIES,
}  # fmt: skip
_PICKER = regex(r"(?:^|[-_.])(?:epp|endpoint-?picker|inference-scheduler)(?:[-_.]|$)")
_FILTER = "envoy.filters.http.ext_proc"


def check(context: Context) -> Violations:
    """One finding for each mode that Envoy rejects, and for a body that a picker does not read."""
    for resource in context.bundle.of_kind("EnvoyFilter", "networking.istio.io"):
        for i, patch in maps(resource.get("spec", "configPatches")):
            base: Path = ("spec", "configPatches", i, "patch", "value")
            value = as_dict(as_dict(patch.get("patch")).get("value"))
            for path, modes in _all(value, base):
                for field, allowed in _MODES.items():
                    mode = modes.get(field)
                    if isinstance(mode, str) and mode not in allowed:
                        yield violation(
                            f"{field} is {visible(mode)}; Envoy takes {', '.join(allowed)}",
                            Place(resource, (*path, field)),
                        )
            settings = as_dict(value.get("typed_config"))
            mode = as_dict(settings.get(_FIELD)).get("request_body_mode")
            picker = any(_PICKER.search(word) for _, word in texts(settings.get("grpc_service")))
            if value.get("name") == _FILTER and picker and mode in _BODIES and mode != STREAMED:
                yield violation(
                    f"request_body_mode is {mode}; an endpoint picker reads {STREAMED}",
                    Place(resource, (*base, "typed_config", _FIELD, "request_body_mode")),
                    severity=Severity.WARNING,
                    confidence="medium",
                )


def _all(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every processing_mode at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in items:
        if key == _FIELD and isinstance(one, dict):
            yield (*path, key), one
        elif isinstance(one, (dict, list)):
            yield from _all(one, (*path, key))
