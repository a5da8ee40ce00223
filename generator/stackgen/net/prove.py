"""The proof: every needed flow open, every forbidden flow closed, in both readings of ipBlock."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle
from stackgen.net import ports as p
from stackgen.net.evaluate import READINGS, Net, Reading, Side, Verdict
from stackgen.net.flows import Flow, flows_of
from stackgen.net.model import World
from stackgen.net.policies import Policy, policies_of
from stackgen.net.ports import Ports
from stackgen.net.profile import Profile
from stackgen.net.selectors import EVERYTHING
from stackgen.net.world import world_of
from stackgen.record import record
from stackgen.wording import few

NAMED = 3  # policies that close a side, named before the rest is counted


@record(eq=False)
class Proof:
    """What became of a flow. wrong: ports that are closed though needed, or may be open though
    forbidden, in `reading` (the first that fails; else the first). net: what answered in it.
    """

    flow: Flow
    reading: Reading
    wrong: Ports
    net: Net

    @property
    def verdict(self) -> Verdict:
        """The answer with its reasons, which takes longer than the answer."""
        return self.net.verdict(self.flow.source, self.flow.destination)

    @property
    def holds(self) -> bool:
        """Whether the flow is as it should be. What cannot be judged does not hold."""
        return not self.wrong and not self.flow.unknown


def prove(bundle: Bundle, profile: Profile) -> list[Proof]:
    """The proof of every flow of the stack. Without policies only needed flows are asked."""
    world = world_of(bundle, profile)
    flows = asked(flows_of(world, profile), profile)
    return prove_flows(nets_of(world, policies_of(bundle.objects)), flows)


def asked(flows: list[Flow], profile: Profile) -> list[Flow]:
    """The flows that a proof asks for: without policies only the needed ones."""
    return flows if profile.closed else [f for f in flows if f.kind == "needed"]


def nets_of(world: World, policies: Iterable[Policy]) -> list[Net]:
    """The world with these policies, in each reading."""
    held = tuple(policies)
    return [Net(world, held, reading) for reading in READINGS]


def prove_flows(nets: list[Net], flows: Iterable[Flow]) -> list[Proof]:
    """The proof of these flows."""
    return [_prove(flow, nets) for flow in flows]


def _prove(flow: Flow, nets: list[Net]) -> Proof:
    for net in nets:
        if flow.kind == "needed":
            wrong = p.subtract(flow.ports, net.allowed(flow.source, flow.destination))
        else:
            wrong = p.intersect(flow.ports, net.possible(flow.source, flow.destination))
        if wrong:
            return Proof(flow, net.reading, wrong, net)
    return Proof(flow, nets[0].reading, p.NONE, nets[0])


def reason(side: Side, ports: Ports) -> str:
    """Why a side opens or closes these ports: the rules that match, or what closes it."""
    matching = [d for d in side.deciders if p.intersect(d.ports, ports)]
    if matching:
        return ", ".join(f"{d}" if d.certain else f"{d}?" for d in matching)
    if side.isolated_by:
        return f"no rule (closed by {few((x.name for x in side.isolated_by), NAMED)})"
    return side.note or "open"


def _closing(side: Side) -> Policy:
    """The policy to fix for a closed side: the one that is about the fewest pods."""
    return max(side.isolated_by, key=lambda x: len((x.subject.pods or EVERYTHING).requirements))


def blamed(proof: Proof) -> tuple[Policy, Path] | None:
    """Where to fix a proof that does not hold: a policy and a path in it."""
    for direction, side in (("egress", proof.verdict.egress), ("ingress", proof.verdict.ingress)):
        if proof.flow.kind == "needed":
            if p.subtract(proof.flow.ports, side.allowed) and side.isolated_by:
                return _closing(side), ("spec", direction)
        else:
            for decider in side.deciders:
                if p.intersect(decider.ports, proof.wrong) and decider.rule.action == "allow":
                    return decider.policy, decider.rule.path
    return None
