"""The proof of a stack's flows, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Place, Rule
from stackgen.net.flows import Kind
from stackgen.net.profile import profile_of
from stackgen.net.prove import Proof, blamed, prove, reason


def _proofs(context: Context) -> list[Proof]:
    if context.plan is None:
        return []
    return prove(context.bundle, profile_of(context.plan))


def findings(context: Context, rule: Rule, kind: Kind) -> Iterator[Finding]:
    """One finding for each flow of `kind` that is not as it should be."""
    for proof in context.once(_proofs):
        flow = proof.flow
        if proof.holds or flow.kind != kind:
            continue
        verdict = proof.verdict
        word = "closed" if kind == "needed" else "open"
        yield rule.finding(
            f"{flow.source} to {flow.destination} is {word} for {proof.wrong}: {flow.reason} "
            f"({flow.id}; egress: {reason(verdict.egress, flow.ports)}, "
            f"ingress: {reason(verdict.ingress, flow.ports)})",
            _place(proof, context),
        )


def _place(proof: Proof, context: Context) -> Place:
    """The rule to fix; where no policy is to blame, the pods that none protects."""
    found = blamed(proof)
    if found is not None:
        policy, path = found
        return Place(policy.resource, path, key=len(path) == 2)
    for end in (proof.flow.destination, proof.flow.source):
        resource = getattr(end, "resource", None)
        if resource is not None:
            return Place(resource, ("metadata", "name"))
    return Place(file=context.bundle.resources[0].file)
