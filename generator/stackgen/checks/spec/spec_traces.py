"""Traces that lack the collector or its address, or name two places."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

# The namespace of a Service in an address.
_SPACE = regex(r"https?://[^/:.]+\.([^/:.]+)\.svc[.:]")


def check(context: SpecContext) -> Violations:
    """One finding for what contradicts or is missing."""
    traces = as_dict(as_dict(context.spec.get("observe")).get("traces"))
    path = ("spec", "observe", "traces")
    endpoint, collector = text(traces.get("endpoint")), text(traces.get("collector"))
    if traces and not endpoint:
        yield violation("observe.traces has no endpoint", context.place(*path, key=True))
    denied = as_dict(context.spec.get("network")).get("defaultDeny") is not False
    if endpoint and not collector and denied:
        yield violation(
            "observe.traces has no collector: the network policies do not allow {endpoint}; "
            "set collector to its Pods, such as tracing/app=otel-collector",
            context.place(*path, key=True),
        )
    found = _SPACE.match(endpoint)
    space = collector.partition("/")[0]
    if found and collector and not space[:1].isdigit() and space != found[1]:
        yield violation(
            f"observe.traces sends spans to the namespace {found[1]}, but collector is in {space}",
            context.place(*path, "collector"),
            context.place(*path, "endpoint", note="the endpoint"),
        )
