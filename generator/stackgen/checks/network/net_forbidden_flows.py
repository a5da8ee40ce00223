"""A connection that must not be possible is open."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.proof import findings
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="net-forbidden-flows",
    family="network",
    severity=Severity.ERROR,
    summary="A connection that must not be possible is open.",
    impact="Whoever takes over the source gets past the gateway, or out of the namespace.",
    remedy="Narrow the rule that allows it; `stackgen net prove` shows every flow.",
    source="stackgen, the flows of net/flows.yaml",
    why=(
        "Every flow is asked of the rendered policies, as they are after the spec's patches. What "
        "may be open in either reading of ipBlock counts as open. Not asked under "
        "network.defaultDeny: false, where nothing is closed."
    ),
    bad="""\
patches:
- target: {kind: NetworkPolicy, name: allow-gateway-to-vllm}
  patch: {spec: {ingress: [{ports: [{port: 8000}]}]}}
""",
    good="patches: []",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each forbidden flow that may be open."""
    return findings(context, RULE, "forbidden")
