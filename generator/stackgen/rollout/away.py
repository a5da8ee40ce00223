"""What is away on the way: connections of the running stack that are closed between two steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackgen.net.flows import Flow
from stackgen.net.model import World
from stackgen.net.policies import Policy
from stackgen.rollout.model import Away, Key
from stackgen.rollout.network import Network, is_open


class Interruptions:
    """The connections that were open before and are needed after, watched from step to step.

    Connections between Pods that go, or that the wanted stack no longer needs, are no interruption.
    """

    def __init__(
        self, endpoints: World, flows: Iterable[Flow], wanted: Iterable[Flow],
        policies: Mapping[Key, Policy],
    ) -> None:  # fmt: skip
        self._network = Network(endpoints)
        names = {_name(flow) for flow in wanted}
        net = self._network.under(policies)
        self._watched = [
            flow for flow in flows
            if flow.kind == "needed" and _name(flow) in names
            and is_open(flow, net)
        ]  # fmt: skip
        self._since: dict[tuple[str, ...], tuple[Flow, str]] = {}
        self.found: list[Away] = []

    def look(self, step: str, policies: Mapping[Key, Policy]) -> None:
        """Note what is closed, or open again, under the policies after a step."""
        net = self._network.under(policies)
        for flow in self._watched:
            name = _name(flow)
            opened = is_open(flow, net)
            if not opened and name not in self._since:
                self._since[name] = (flow, step)
            elif opened and name in self._since:
                self._end(name, step)

    def end(self) -> tuple[Away, ...]:
        """All that was found; what is still closed stays so."""
        for name in tuple(self._since):
            self._end(name, "")
        return tuple(self.found)

    def _end(self, name: tuple[str, ...], until: str) -> None:
        flow, since = self._since.pop(name)
        what = f"{flow.source} to {flow.destination} on {flow.ports}"
        self.found.append(Away(what, f"closed, though {flow.reason}", since, until))


def _name(flow: Flow) -> tuple[str, ...]:
    return flow.id, str(flow.source), str(flow.destination)
