"""The world that policies act in: namespaces, Pods, and endpoints outside of the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, TypeVar

from stackgen.manifest.resource import Resource
from stackgen.net.addresses import Addresses
from stackgen.net.selectors import NAME_LABEL, LabelIndex
from stackgen.record import record

K = TypeVar("K")


@record(eq=False)
class Namespace:
    """A namespace. complete: all its labels are known, not only its name.

    The API server labels every namespace with its name, so that label is always there.
    """

    name: str
    given: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Its labels, with the one that holds its name."""
        return {**self.given, NAME_LABEL: self.name}


@record(eq=False)
class Pod:
    """The Pods of one workload, all alike.

    ports: named container ports, by protocol and name. host_network: it has the node's address
    and no policy acts on it. addresses: where known, what its own addresses are or may be; else
    the world's Pod range. complete: all its labels are known. ports_known: so are the names of all
    its ports. role, owner: what it is to the
    stack, such as `model` of the model `a`. resource: the object it comes from; None for Pods of
    the platform. spec: its Pod spec, as far as it is known.
    """

    namespace: str
    name: str
    kind: str = "Pod"
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[tuple[str, str], int] = field(default_factory=dict)
    host_network: bool = False
    addresses: Addresses | None = None
    complete: bool = True
    ports_known: bool = True
    role: str = ""
    owner: str = ""
    resource: Resource | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}[{self.kind}]"


@record(eq=False)
class External:
    """Addresses outside of the cluster's Pods; they have no labels."""

    name: str
    addresses: Addresses
    role: str = ""
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.name}[External]" if self.name else f"{self.addresses}[External]"


@record(eq=False)
class Node:
    """A node's own processes. local: the very node the Pod at the other end runs on."""

    name: str
    local: bool = True
    addresses: Addresses | None = None
    role: str = ""
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.name}[Node]"


@record(eq=False)
class Host:
    """A host name outside of the cluster. addresses: where it may be; it is not known which."""

    name: str
    addresses: Addresses
    role: str = ""
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.name}[Host]"


Endpoint = Pod | External | Node | Host


def _by(pods: Iterable[tuple[K, Pod]]) -> Mapping[K, list[Pod]]:
    found: dict[K, list[Pod]] = {}
    for key, pod in pods:
        found.setdefault(key, []).append(pod)
    return found


@record
class World:
    """Everything that may talk. pod_range, node_range: where addresses that are not known lie.

    Namespaces that are not declared are there by name alone (`complete` False).
    """

    namespaces: Mapping[str, Namespace]
    endpoints: tuple[Endpoint, ...]
    pod_range: Addresses
    node_range: Addresses

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The Pods, in order."""
        return tuple(e for e in self.endpoints if isinstance(e, Pod))

    @cached_property
    def labelled(self) -> LabelIndex[tuple[int, Pod]]:
        """The Pods with their number, by namespace and label; under "*" those of all namespaces."""
        return LabelIndex(
            (space, pod.labels, pod.complete, (number, pod))
            for number, pod in enumerate(self.pods)
            for space in (pod.namespace, "*")
        )

    @cached_property
    def of_resource(self) -> Mapping[int, list[Pod]]:
        """The Pods by the identity of the object behind them."""
        return _by((id(pod.resource), pod) for pod in self.pods if pod.resource is not None)

    @cached_property
    def of_role(self) -> Mapping[str, list[Pod]]:
        """The Pods without an object behind them by their role."""
        return _by((pod.role, pod) for pod in self.pods if pod.resource is None)

    @cached_property
    def others(self) -> tuple[Endpoint, ...]:
        """What is no Pod."""
        return tuple(e for e in self.endpoints if not isinstance(e, Pod))

    @cached_property
    def special(self) -> tuple[Endpoint, ...]:
        """Those for whose traffic the answers may be fixed, whatever the other end is."""
        return tuple(
            one for one in self.endpoints
            if (one.host_network if isinstance(one, Pod) else isinstance(one, Node))
        )  # fmt: skip

    @cached_property
    def numbers(self) -> Mapping[int, int]:
        """The place of each endpoint in order, by its identity."""
        return {id(x): number for number, x in enumerate(self.endpoints)}

    def namespace(self, name: str) -> Namespace:
        """The namespace, or one that is known by its name alone."""
        return self.namespaces.get(name) or Namespace(name, complete=False)
