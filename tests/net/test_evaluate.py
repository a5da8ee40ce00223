"""The evaluator against the independent reading in `brute`, on random small worlds."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackgen.manifest.resource import Resource
from stackgen.net import addresses as a
from stackgen.net.evaluate import Net, Reading
from stackgen.net.model import Endpoint, External, Namespace, Pod, World
from stackgen.net.policies import policies_of
from tests.net.brute import Brute, Obj

PORTS = (1, 2, 3, 4, 5, 65535)
PROTOCOLS = ("TCP", "UDP", "SCTP")
NAMESPACES = ("x", "y")
# Eight addresses; pods have the lower ones, the rest is outside.
IPS = [f"10.0.0.{i}" for i in range(8)]
CIDRS = [
    "10.0.0.0/29", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.5/32",
    "0.0.0.0/0",
]  # fmt: skip

labels = st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2)
expression = st.one_of(
    st.builds(
        lambda k, o, v: {"key": k, "operator": o, "values": v},
        st.sampled_from("abc"), st.sampled_from(["In", "NotIn"]),
        st.lists(st.sampled_from("12"), min_size=1, max_size=2),
    ),
    st.builds(
        lambda k, o: {"key": k, "operator": o},
        st.sampled_from("abc"), st.sampled_from(["Exists", "DoesNotExist"]),
    ),
)  # fmt: skip
named_space = st.sampled_from(NAMESPACES).map(
    lambda n: {"matchLabels": {"kubernetes.io/metadata.name": n}}
)
selector: st.SearchStrategy[Obj] = st.one_of(
    st.just({}),
    labels.map(lambda x: {"matchLabels": x}),
    st.lists(expression, max_size=2).map(lambda x: {"matchExpressions": x}),
    st.builds(
        lambda x, e: {"matchLabels": x, "matchExpressions": e},
        labels,
        st.lists(expression, max_size=1),
    ),
)
space = st.one_of(selector, named_space)


def _inside(cidr: str) -> st.SearchStrategy[list[str]]:
    import ipaddress

    outer = ipaddress.ip_network(cidr)
    inner = [c for c in CIDRS if c != cidr and ipaddress.ip_network(c).subnet_of(outer)]  # type: ignore[arg-type]
    return st.lists(st.sampled_from(inner), max_size=2) if inner else st.just([])


block = st.sampled_from(CIDRS).flatmap(
    lambda c: _inside(c).map(lambda e: {"ipBlock": {"cidr": c, "except": e}})
)
peer = st.one_of(
    selector.map(lambda s: {"podSelector": s}),
    space.map(lambda s: {"namespaceSelector": s}),
    st.builds(lambda s, n: {"podSelector": s, "namespaceSelector": n}, selector, space),
    block,
)
number = st.sampled_from(PORTS)
port = st.one_of(
    st.just({}),
    st.sampled_from(PROTOCOLS).map(lambda x: {"protocol": x}),
    st.builds(lambda x, n: {"protocol": x, "port": n}, st.sampled_from(PROTOCOLS), number),
    number.map(lambda n: {"port": n}),
    st.builds(lambda n, m: {"port": min(n, m), "endPort": max(n, m)}, number, number),
    st.builds(
        lambda x, n: {"protocol": x, "port": n},
        st.sampled_from(PROTOCOLS), st.sampled_from(["web", "dns", "none"]),
    ),
)  # fmt: skip


def _rule(field: str) -> st.SearchStrategy[Obj]:
    def made(peers: list[Obj] | None, ports: list[Obj] | None) -> Obj:
        rule: Obj = {}
        if peers is not None:
            rule[field] = peers
        if ports is not None:
            rule["ports"] = ports
        return rule

    lists = st.one_of(st.none(), st.lists(peer, max_size=2))
    return st.builds(made, lists, st.one_of(st.none(), st.lists(port, max_size=2)))


@st.composite
def network_policy(draw: Any) -> Obj:
    spec: Obj = {}
    if draw(st.booleans()):
        spec["podSelector"] = draw(selector)
    kinds = [None, [], ["Ingress"], ["Egress"], ["Ingress", "Egress"]]
    types = draw(st.sampled_from(kinds))
    if types is not None:
        spec["policyTypes"] = types
    for field, way in (("ingress", "from"), ("egress", "to")):
        if draw(st.booleans()):
            spec[field] = draw(st.lists(_rule(way), max_size=2))
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": draw(st.sampled_from(NAMESPACES))},
        "spec": spec,
    }


wide_pods = st.one_of(
    space.map(lambda s: {"namespaces": s}),
    st.builds(lambda s, n: {"pods": {"podSelector": s, "namespaceSelector": n}}, selector, space),
)
wide_port = st.one_of(
    st.builds(
        lambda x, n: {"portNumber": {"protocol": x, "port": n}}, st.sampled_from(PROTOCOLS), number
    ),
    st.builds(
        lambda x, n, m: {"portRange": {"protocol": x, "start": min(n, m), "end": max(n, m)}},
        st.sampled_from(PROTOCOLS), number, number,
    ),
    st.sampled_from(["web", "dns", "none"]).map(lambda n: {"namedPort": n}),
)  # fmt: skip


@st.composite
def wide_policy(draw: Any, priority: int | None) -> Obj:
    actions = ["Allow", "Deny"] if priority is None else ["Allow", "Deny", "Pass"]
    networks = st.lists(st.sampled_from(CIDRS), min_size=1, max_size=2).map(
        lambda n: {"networks": n}
    )
    spec: Obj = {"subject": draw(wide_pods)}
    if priority is not None:
        spec["priority"] = priority
    for field, way, one in (
        ("ingress", "from", wide_pods),
        ("egress", "to", st.one_of(wide_pods, networks)),
    ):
        spec[field] = draw(st.lists(st.builds(
            lambda action, peers, ports, way=way: {"action": action, way: peers, "ports": ports},
            st.sampled_from(actions), st.lists(one, min_size=1, max_size=2),
            st.lists(wide_port, max_size=2),
        ), max_size=2))  # fmt: skip
    kind = "BaselineAdminNetworkPolicy" if priority is None else "AdminNetworkPolicy"
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "default"},
        "spec": spec,
    }


def _pod(name: str, space: str, marks: dict[str, str], web: int, ip: str) -> Obj:
    return {
        "name": name, "ns": space, "labels": marks, "ip": ip,
        "ports": {("TCP", "web"): web, ("UDP", "dns"): 3},
    }  # fmt: skip


def _check(
    spaces: list[dict[str, str]], marks: list[dict[str, str]], objects: list[Obj], ips: bool
) -> None:
    namespaces = dict(zip(NAMESPACES, spaces, strict=True))
    ends: list[Obj] = [
        _pod(f"p{i}", NAMESPACES[i % 2], m, PORTS[i], IPS[i]) for i, m in enumerate(marks)
    ]
    ends += [{"name": ip, "ip": ip} for ip in IPS[4:]]
    ends.append({"name": "8.8.8.8", "ip": "8.8.8.8"})
    brute = Brute(namespaces, objects, ips)
    policies = policies_of(Resource(o, f"{i}.yaml") for i, o in enumerate(objects))
    endpoints: list[Endpoint] = [
        Pod(e["ns"], e["name"], "Pod", e["labels"], e["ports"], addresses=a.network(e["ip"]))
        if "ns" in e
        else External("", a.network(e["ip"]) or a.NOWHERE)
        for e in ends
    ]
    world = World(
        {n: Namespace(n, m) for n, m in namespaces.items()},
        tuple(endpoints),
        a.networks(["10.0.0.0/30"]),
        a.NOWHERE,
    )
    reading = Reading.PODS_ARE_ADDRESSES if ips else Reading.PODS_HAVE_IDENTITIES
    net = Net(world, policies, reading)
    for src, source in zip(ends, endpoints, strict=True):
        for dst, destination in zip(ends, endpoints, strict=True):
            verdict = net.verdict(source, destination)
            assert verdict.unknown == type(verdict.unknown)()
            assert net.allowed(source, destination) == verdict.allowed
            for protocol in PROTOCOLS:
                for number in PORTS:
                    got = any(lo <= number <= hi for lo, hi in verdict.allowed.of(protocol))
                    assert got == brute.packet(src, dst, protocol, number), (
                        str(source), str(destination), protocol, number
                    )  # fmt: skip


def _check_less_known(
    spaces: list[dict[str, str]], marks: list[dict[str, str]], objects: list[Obj], ips: bool
) -> None:
    """Of namespace y the name alone is known, and of pods no address: no answer may be a guess."""
    namespaces = dict(zip(NAMESPACES, spaces, strict=True))
    ends = [_pod(f"p{i}", NAMESPACES[i % 2], m, PORTS[i], IPS[i]) for i, m in enumerate(marks)]
    brute = Brute(namespaces, objects, ips)
    policies = policies_of(Resource(o, f"{i}.yaml") for i, o in enumerate(objects))
    pods = [Pod(e["ns"], e["name"], "Pod", e["labels"], e["ports"]) for e in ends]
    known = {"x": Namespace("x", namespaces["x"])}
    world = World(known, tuple(pods), a.networks(["10.0.0.0/30"]), a.NOWHERE)
    reading = Reading.PODS_ARE_ADDRESSES if ips else Reading.PODS_HAVE_IDENTITIES
    net = Net(world, policies, reading)
    for src, source in zip(ends, pods, strict=True):
        for dst, destination in zip(ends, pods, strict=True):
            verdict = net.verdict(source, destination)
            assert net.possible(source, destination) == verdict.possible
            assert net.allowed(source, destination) == verdict.allowed
            for protocol in PROTOCOLS:
                for number in PORTS:
                    real = brute.packet(src, dst, protocol, number)
                    if any(lo <= number <= hi for lo, hi in verdict.allowed.of(protocol)):
                        assert real, (str(source), str(destination), protocol, number)
                    elif not any(lo <= number <= hi for lo, hi in verdict.possible.of(protocol)):
                        assert not real, (str(source), str(destination), protocol, number)


worlds = {
    "spaces": st.lists(labels, min_size=2, max_size=2),
    "marks": st.lists(labels, min_size=4, max_size=4),
    "ips": st.booleans(),
}
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(objects=st.lists(network_policy(), min_size=1, max_size=4), **worlds)
def test_network_policies_agree_with_the_second_reading(
    spaces: list[dict[str, str]], marks: list[dict[str, str]], objects: list[Obj], ips: bool
) -> None:
    _check(spaces, marks, objects, ips)


@SLOW
@given(
    objects=st.lists(network_policy(), max_size=2),
    admin=st.tuples(wide_policy(5), wide_policy(7)),
    baseline=wide_policy(None),
    **worlds,
)
def test_tiers_agree_with_the_second_reading(
    spaces: list[dict[str, str]], marks: list[dict[str, str]], objects: list[Obj],
    admin: tuple[Obj, Obj], baseline: Obj, ips: bool,
) -> None:  # fmt: skip
    _check(spaces, marks, [*objects, admin[1], baseline, admin[0]], ips)


@SLOW
@given(
    objects=st.lists(network_policy(), min_size=1, max_size=3),
    admin=st.tuples(wide_policy(5), wide_policy(7)),
    baseline=wide_policy(None),
    **worlds,
)
def test_what_is_not_known_is_never_guessed(
    spaces: list[dict[str, str]], marks: list[dict[str, str]], objects: list[Obj],
    admin: tuple[Obj, Obj], baseline: Obj, ips: bool,
) -> None:  # fmt: skip
    _check_less_known(spaces, marks, [*objects, admin[1], baseline, admin[0]], ips)
    _check_less_known(spaces, marks, objects, ips)
