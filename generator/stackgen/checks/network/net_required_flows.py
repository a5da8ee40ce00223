"""A connection that the stack needs is closed."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.proof import findings
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="net-required-flows",
    family="network",
    severity=Severity.ERROR,
    summary="A connection that the stack needs is not open.",
    impact="What the connection is for waits, retries and fails.",
    remedy="Remove the patch or the policy that closes it; `stackgen net prove` shows every flow.",
    source="stackgen, the flows of net/flows.yaml",
    why=(
        "Every flow is asked of the rendered policies, as they are after the spec's patches, in "
        "both readings of ipBlock: as data planes that give pods identities have it (Dataplane V2) "
        "and as those that go by addresses have it (Calico)."
    ),
    bad="""\
patches:
- target: {kind: NetworkPolicy, name: allow-gateway-to-vllm}
  patch: {spec: {ingress: []}}
""",
    good="patches: []",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each needed flow that is not certainly open."""
    return findings(context, RULE, "needed")
