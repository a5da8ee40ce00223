"""A memory limiter of an OpenTelemetry collector that cannot do its work."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.collector_pipeline import all_configurations
from stackgen.escape import visible
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, as_list, at, text
from stackgen.findings.model import Place, Violations, violation

_LIMITER = "memory_limiter"
_MIB = 2**20


def check(context: Context) -> Violations:
    """One finding for each limiter above the container's limit, and each that is not first."""
    for resource, path, config, inside in all_configurations(context):
        outer = path[:-1]  # the spec of the object, or the values of the chart
        limit = number(resource.get(*outer, "resources", "limits", "memory")) if outer else None
        for name, given in as_dict(config.get("processors")).items():
            asked = number(as_dict(given).get("limit_mib"))
            known = str(name).partition("/")[0] == _LIMITER and asked and limit and not inside
            if known and (asked or 0) * _MIB > (limit or 0):
                yield violation(
                    f"{visible(str(name))} acts at {asked:g} MiB, and the container may use "
                    f"{(limit or 0) / _MIB:g} MiB",
                    Place(resource, (*path, "processors", name, "limit_mib")),
                )
        for pipe, given in as_dict(at(config, "service", "pipelines")).items():
            names = [text(one) for one in as_list(as_dict(given).get("processors"))]
            late = [i for i, one in enumerate(names) if one.partition("/")[0] == _LIMITER]
            if late and late[0] > 0 and names[0].partition("/")[0] == "batch":
                where = (*path, "service", "pipelines", pipe, "processors", late[0])
                yield violation(
                    f"pipeline {visible(str(pipe))} has {names[0]} before {names[late[0]]}, so "
                    "that data which is refused is lost instead of sent again",
                    Place(resource, path if inside else where),
                )
