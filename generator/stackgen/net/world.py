"""The world of a bundle: its own Pods and, for a stack, everything its flows go to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.manifest.resource import Bundle
from stackgen.net import addresses as a
from stackgen.net.flows import TO
from stackgen.net.model import Endpoint, External, Host, Node, Pod, World
from stackgen.net.policies import DIRECTIONS, Policy
from stackgen.net.profile import Profile, data
from stackgen.net.workloads import namespaces_of, pods_of
from stackgen.platforms.registry import network

# Roles of ends that stand for any pod: for the proof, left out of lists.
ANY_POD = ("neighbour", "stranger", "other-gateway")
_NAME = "app.kubernetes.io/name"
_JOBS = ("smoke-test", "weights-download")  # of the stack, by their name


def world_of(
    bundle: Bundle,
    profile: Profile | None = None,
    release: Row | None = None,
    catalog: Catalog | None = None,
) -> World:
    """Pods of the bundle; with a profile also the platform's Pods and addresses.

    release: the row that is meant, where it is not the profile's, nor the newest of `catalog` that
    fits. Undeclared namespaces of the bundle's own objects are known by their name alone.
    """
    pods = pods_of(bundle, release or (profile.release if profile else None), catalog)
    vpc = a.networks(data("platform")["vpc"]["cidrs"])
    spaces = namespaces_of(bundle.objects)
    if profile is None:
        return World(spaces, tuple(pods), vpc, vpc)
    declared = list(_declared(profile))
    told = (profile.api_server or a.NOWHERE) | (profile.proxies or a.NOWHERE)
    told = told | a.networks(
        cidr for row in data("platform")["addresses"].values()
        if row.get("when") == "gke" and profile.holds("gke") for cidr in row["cidrs"]
    )  # fmt: skip
    for end in declared:
        if isinstance(end, External):
            told = told | end.addresses
    # What the spec names by its address is no Pod, and no longer anywhere at all.
    inside = vpc - told
    endpoints: list[Endpoint] = [_with_role(pod, profile) for pod in pods]
    endpoints.extend(_platform_pods(profile))
    endpoints.extend(declared)
    endpoints.extend(_outside(profile, inside, internet() - told))
    return World(spaces, tuple(endpoints), inside, inside)


def _with_role(pod: Pod, profile: Profile) -> Pod:
    """The Pod with its role in the stack: another gateway, or by its labels."""
    if pod.role == "gateway":
        ours = (pod.namespace, pod.owner) == (profile.names["gateway"], profile.gateway)
        return pod if ours else dataclasses.replace(pod, role="other-gateway")
    if pod.namespace != profile.names["serving"]:
        return _of_part(pod, profile)
    for row in network(profile.platform).get("roles", ()):
        if row["labels"].items() <= pod.labels.items():
            owner = pod.labels.get(row["owner"], "")
            return dataclasses.replace(pod, role=row["role"], owner=owner)
    name = pod.labels.get(_NAME)
    return dataclasses.replace(pod, role=name) if name in _JOBS else pod


def _of_part(pod: Pod, profile: Profile) -> Pod:
    """A Pod of a part of the platform that the stack renders itself."""
    for row in data("platform")["pods"]:
        if row.get("rendered") and profile.names.get(row["role"]) == pod.namespace:
            return dataclasses.replace(pod, role=row["role"])
    return pod


def _platform_pods(profile: Profile) -> Iterator[Pod]:
    for row in (*data("platform")["pods"], *network(profile.platform).get("pods", ())):
        if profile.holds(row.get("when", "")) and not row.get("rendered"):
            namespace, name = (row[key].format(**profile.names) for key in ("namespace", "name"))
            labels = {key: value.format(**profile.names) for key, value in row["labels"].items()}
            yield Pod(namespace, name, "Platform", labels, role=row["role"])


def _declared(profile: Profile) -> Iterator[Endpoint]:
    """The ends that `network.allow` describes by labels or by address."""
    ends = [end for d in profile.declared for end in (d.source, d.destination)]
    for text in dict.fromkeys(end for end in ends if end not in TO):
        addresses = a.network(text)
        if addresses is not None:
            yield External(text, addresses, role=f"declared {text}")
            continue
        space, _, labels = text.partition("/")
        pairs = [label.partition("=") for label in labels.split(",") if labels != "*"]
        marks = {key: value for key, _, value in pairs}
        yield Pod(space, labels, "Declared", marks, role=f"declared {text}")


def _outside(profile: Profile, inside: a.Addresses, public: a.Addresses) -> Iterator[Endpoint]:
    yield External("internet", public, role="internet")
    yield External("vpc", inside, role="vpc")
    client = public if "external" in profile.flags else inside
    yield External("clients", client, role="client")
    if profile.proxies is not None:
        yield External("proxy-only-subnet", profile.proxies, role="proxy")
    anywhere = (public & a.EVERYWHERE_V4) | a.networks(data("platform")["vpc"]["cidrs"])
    yield External("api-server", profile.api_server or anywhere, role="api-server")
    for role, row in data("platform")["addresses"].items():
        if profile.holds(row.get("when", "")):
            yield External(row["name"], a.networks(row["cidrs"]), role=role)
    for role, row in data("platform")["hosts"].items():
        if profile.holds(row.get("when", "")):
            # The clusters of this stack speak IPv4.
            where = public & a.EVERYWHERE_V4
            yield from (Host(name, where, role=role) for name in row["names"])
    for role, names in profile.hosts.items():
        yield from (Host(name, public & a.EVERYWHERE_V4, role=role) for name in names)
    yield Node("kubelet", role="kubelet")
    yield Node("another-node", local=False, role="other-node")


def listed(world: World) -> World:
    """The world of a map: without ends that stand for any Pod, and without named ranges, which are
    there a second time as ranges of policies.
    """
    kept = [
        e for e in world.endpoints if e.role not in ANY_POD and not isinstance(e, (External, Node))
    ]
    return dataclasses.replace(world, endpoints=tuple(kept))


def once(world: World) -> World:
    """The world with one of the workloads that policies cannot tell apart, such as those of one
    name in several environments.
    """
    found: dict[object, Endpoint] = {}
    for end in world.endpoints:
        key: object = id(end)
        if isinstance(end, Pod) and end.resource is not None:
            seen = (frozenset(end.labels.items()), frozenset(end.ports.items()))
            key = (str(end), *seen, end.host_network, end.complete, end.ports_known)
        found.setdefault(key, end)
    return dataclasses.replace(world, endpoints=tuple(found.values()))


def internet() -> a.Addresses:
    """Every address but the private and special ones."""
    return a.EVERYWHERE - a.networks(data("platform")["private"]["cidrs"])


def with_ranges(world: World, policies: list[Policy]) -> World:
    """The world with all outside addresses, taken apart along the policies' address ranges."""
    blocks = [
        peer.block
        for policy in policies
        for direction in DIRECTIONS
        for rule in policy.rules(direction)
        for peer in rule.peers or ()
        if peer.block is not None
    ]
    parts = [External("", part) for part in a.split(blocks)]
    return dataclasses.replace(world, endpoints=(*world.endpoints, *parts))
