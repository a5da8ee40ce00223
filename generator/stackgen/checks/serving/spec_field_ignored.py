"""A field of the spec on which nothing depends that the stack renders."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context, spec_place
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.resource import Bundle
from stackgen.origin import Traced
from stackgen.spec.fields import NO_DEFAULT

# Fields that need no rendered value. Checks and `stackgen plan` read them, or another rule judges
# them at their line.
NOT_RENDERED = (
    ("suppress",), ("policies",), ("budget",), ("catalogMaxAgeDays",),
    ("patches",),  # spec-patch-target
    ("delivery", "repository"),  # where out/ is, also if no GitOps engine reads it
    ("gateway", "exposure"),  # spec-gateway-class
    ("gateway", "proxyOnlySubnet"), ("cluster", "controlPlaneCidr"),  # `stackgen bootstrap`
    ("cluster", "nodePools", "reservedUntil"),  # reservation-end
    ("cluster", "nodePools", "maxRunDurationSeconds"),  # spec-fallback, tpu-flex-not-rendered
    *(
        ("serving", "models", name)
        for name in ("traffic", "slo", "dimensions", "config", "kvOffload")  # kv-offload-refused
    ),
)  # fmt: skip
# With `managed: false`, `stackgen cluster` prints the rest of the cluster.
_CONFIG_CONNECTOR = ("configConnectorNamespace", "configConnectorServiceAccount")


def check(context: Context) -> Violations:
    """One finding for each such field, or for the object of which no field has an effect.

    A default, and a field that its object requires, are not reported.
    """
    if context.stack is None or context.loaded is None:
        return
    fields, managed = read(context.bundle), context.stack.spec.cluster.managed.value
    above = {path[:n] for path in fields for n in range(len(path) + 1)}
    ignored: dict[Path, None] = {}
    for path, required in _given(context.stack.spec):
        field = tuple(step for step in path[1:] if isinstance(step, str))
        if any(field[: len(one)] == one for one in NOT_RENDERED):
            continue
        if not managed and field[0] == "cluster" and field[1] not in _CONFIG_CONNECTOR:
            continue
        if required and path[:-1] in above:
            continue
        if path not in above and not any(path[:n] in fields for n in range(len(path))):
            # The whole of an object or list of which nothing is read.
            most = next(path[:n] for n in range(1, len(path) + 1) if path[:n] not in above)
            ignored[most] = None
    for path in ignored:
        named = ".".join(step for step in path if isinstance(step, str))
        yield violation(
            f"{show_path(path)} has no effect: nothing that the stack renders depends on it",
            spec_place(context.loaded, path, key=True),
            remedy="Remove the field, or set the field that it belongs to. `stackgen explain "
            f"{named}` describes it.",
        )


def read(bundle: Bundle) -> set[Path]:
    """The fields on which a rendered value depends, or that nothing is rendered."""
    found: set[Path] = set()
    seen: set[int] = set()
    left = list(bundle.absent.values())
    for resource in bundle.resources:
        left += (*resource.origins.values(), *resource.absent.values())
    while left:
        # Most values share their origins, so the origins of all values are looked at together.
        new = {id(origin): origin for origin in left}
        for known in seen.intersection(new):
            del new[known]
        seen.update(new)
        found.update(origin.path for origin in new.values() if origin.path)
        left = [given for origin in new.values() for given in origin.inputs]
    return found


def _given(value: Any, default: Any = None) -> Iterator[tuple[Path, bool]]:
    """The fields that the user wrote, and whether they are required.

    Of an object of any form, its scalars.
    """
    if isinstance(value, Traced):
        if isinstance(value.value, (dict, list)):
            yield from _given(value.value)
        elif value.origin.kind == "spec" and value.value not in (None, default):
            yield value.origin.path, default is NO_DEFAULT
    elif isinstance(value, (dict, list, tuple)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _given(one)
    else:
        for field in dataclasses.fields(value):
            yield from _given(getattr(value, field.name), field.metadata["default"])
