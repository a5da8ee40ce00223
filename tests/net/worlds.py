"""Small worlds for tests: pods by `namespace/name key=value ...`, policies as YAML."""

from __future__ import annotations

from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.net import addresses as a
from stackgen.net.evaluate import Net, Reading, Verdict
from stackgen.net.model import Endpoint, External, Host, Namespace, Node, Pod, World
from stackgen.net.policies import policies_of

INTERNET = a.EVERYWHERE_V4 - a.networks(["10.0.0.0/8"])


def pod(text: str, **more: object) -> Pod:
    """`ns/name a=1 b=2`"""
    where, *marks = text.split()
    space, name = where.split("/")
    labels = dict(m.split("=") for m in marks)
    return Pod(space, name, labels=labels, **more)  # type: ignore[arg-type]


def outside(cidr: str) -> External:
    """Addresses outside of the cluster."""
    found = a.network(cidr)
    assert found is not None
    return External("", found)


class Small:
    """A world of pods that answers in text."""

    def __init__(
        self, policies: str, *ends: Endpoint, spaces: dict[str, dict[str, str]] | None = None
    ) -> None:
        self.resources = [
            Resource(d.data, "policies.yaml", document=d) for d in parse(policies, "policies.yaml")
        ]
        named = {e.namespace for e in ends if isinstance(e, Pod)}
        known = {n: Namespace(n) for n in sorted(named)} if spaces is None else {}
        for name, labels in (spaces or {}).items():
            known[name] = Namespace(name, labels)
        pods = a.networks(["10.0.0.0/16"])
        self.world = World(known, ends, pods, a.networks(["10.1.0.0/16"]))

    def verdict(
        self, src: Endpoint, dst: Endpoint, ips: bool = False, itself: bool = False
    ) -> Verdict:
        reading = Reading.PODS_ARE_ADDRESSES if ips else Reading.PODS_HAVE_IDENTITIES
        net = Net(self.world, policies_of(self.resources), reading)
        return net.verdict(src, dst, itself=itself)

    def open(self, src: Endpoint, dst: Endpoint, ips: bool = False) -> str:
        """The ports that are open; those that may be, behind a question mark."""
        found = self.verdict(src, dst, ips)
        text = str(found.allowed)
        return f"{text} ? {found.unknown}" if found.unknown else text


__all__ = ["INTERNET", "Host", "Node", "Small", "outside", "pod"]
