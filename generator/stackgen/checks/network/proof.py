"""The proof of a stack's flows, as violations."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.evaluate import Net
from stackgen.net.flows import Flow, Kind, flows_of
from stackgen.net.model import Endpoint, World
from stackgen.net.policies import policies_of
from stackgen.net.profile import Profile, profile_of
from stackgen.net.prove import Proof, asked, blamed, nets_of, prove_flows, reason
from stackgen.net.world import world_of
from stackgen.record import record


@record
class Stack:
    """What the flows of a stack are asked of.

    flows: all but forbidden ones to what the source does not reach, which hold. nets: who reaches
    whom, in each reading.
    """

    profile: Profile
    world: World
    flows: list[Flow]
    nets: list[Net]


def stack_world(context: Context) -> Stack | None:
    """The Pods and flows of the stack, made once for a run; None where there is no stack."""
    return context.once(_stack)


def _stack(context: Context) -> Stack | None:
    if context.plan is None:
        return None
    profile = profile_of(context.plan)
    world = world_of(context.bundle, profile)
    nets = nets_of(world, policies_of(context.bundle.objects))
    reached: dict[int, set[int]] = {}

    def reach(source: Endpoint) -> set[int]:
        if id(source) not in reached:
            reached[id(source)] = {id(end) for net in nets for end, _ in net.outward(source)}
        return reached[id(source)]

    return Stack(profile, world, flows_of(world, profile, reach), nets)


def _proofs(context: Context) -> list[Proof]:
    stack = stack_world(context)
    if stack is None:
        return []
    return prove_flows(stack.nets, asked(stack.flows, stack.profile))


def violations(context: Context, kind: Kind) -> Violations:
    """One for each flow of `kind` that is not as it should be."""
    for proof in context.once(_proofs):
        flow = proof.flow
        # What is not known is one finding about the spec (spec-control-plane-cidr).
        if proof.holds or flow.unknown or flow.kind != kind:
            continue
        verdict = proof.verdict
        word = "closed" if kind == "needed" else "open"
        yield violation(
            f"{flow.source} to {flow.destination} is {word} for {proof.wrong}: {flow.reason} "
            f"({flow.id}; egress: {reason(verdict.egress, flow.ports)}, "
            f"ingress: {reason(verdict.ingress, flow.ports)})",
            _place(proof, context),
        )


def _place(proof: Proof, context: Context) -> Place:
    """The rule to fix; where no policy is to blame, the Pods that none protects."""
    found = blamed(proof)
    if found is not None:
        policy, path = found
        return Place(policy.resource, path, key=len(path) == 2)
    for end in (proof.flow.destination, proof.flow.source):
        resource = getattr(end, "resource", None)
        if resource is not None:
            return Place(resource, ("metadata", "name"))
    return Place(file=context.bundle.resources[0].file)
