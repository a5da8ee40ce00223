"""Which connections are open under the policies of a moment."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.manifest.resource import Resource
from stackgen.net import ports as p
from stackgen.net.evaluate import Net, Reading
from stackgen.net.flows import Flow
from stackgen.net.model import Pod, World
from stackgen.net.policies import Policy, policies_of
from stackgen.rollout.model import Key


class Network:
    """Answers whether flows are open under the policies of a moment.

    endpoints: the world of the wanted objects, which all moments share. Only flows that gate
    readiness are asked.
    """

    def __init__(self, endpoints: World | None) -> None:
        self.endpoints = endpoints
        self._nets: dict[tuple[int, ...], Net] = {}

    def policies(self, resource: Resource) -> list[Policy]:
        """The policies that an object is; nearly always none, or one."""
        return policies_of((resource,))

    def under(self, policies: Mapping[Key, Policy]) -> Net:
        """The evaluator of these policies; the same one for the same policies."""
        assert self.endpoints is not None
        names = tuple(sorted(id(one) for one in policies.values()))
        net = self._nets.get(names)
        if net is None:
            net = Net(self.endpoints, policies.values(), Reading.PODS_HAVE_IDENTITIES)
            self._nets[names] = net
        return net


def is_open(flow: Flow, net: Net) -> bool:
    """Whether all ports of a flow are open for certain."""
    return not p.subtract(flow.ports, net.allowed(flow.source, flow.destination))


def acting(flow: Flow, net: Net) -> list[Policy]:
    """The policies that act on either end of a flow."""
    found: list[Policy] = []
    if isinstance(flow.source, Pod):
        found += net.acting("egress", flow.source)
    if isinstance(flow.destination, Pod):
        found += net.acting("ingress", flow.destination)
    return found
