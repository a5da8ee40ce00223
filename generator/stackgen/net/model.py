"""The world that policies act in: namespaces, Pods, and endpoints outside of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.net.addresses import Addresses
from stackgen.net.selectors import NAME_LABEL
from stackgen.record import record


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
    the world's Pod range. complete: all its labels are known. role, owner: what it is to the
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

    def namespace(self, name: str) -> Namespace:
        """The namespace, or one that is known by its name alone."""
        return self.namespaces.get(name) or Namespace(name, complete=False)
