"""The map for people: groups, and no arrow that says more than the connections."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from stackgen.manifest.resource import Resource
from stackgen.net import addresses as a
from stackgen.net import ports as p
from stackgen.net.connections import Connection
from stackgen.net.map import Map, map_of
from stackgen.net.model import Endpoint, External, Host, Pod
from stackgen.net.world import internet

HERE = Resource({"kind": "Pod"}, "a.yaml")


def _pod(name: str) -> Pod:
    return Pod("a", name, resource=HERE)


def _platform(name: str, role: str = "collector") -> Pod:
    return Pod("kube-system", name, "Platform", role=role)


def _open(*pairs: tuple[Endpoint, Endpoint, int]) -> Map:
    return map_of([Connection(s, d, p.ports("TCP", port), p.NONE) for s, d, port in pairs])


def _titles(shown: Map) -> list[str]:
    return sorted(end.heads[0] for end in shown.ends)


def test_ranges_that_hold_the_internet_are_one_group() -> None:
    pod = _pod("web")
    shown = _open((pod, External("", internet()), 443))
    assert _titles(shown) == ["internet", "web"]
    everything = _open((pod, External("", a.EVERYWHERE), 443))
    assert _titles(everything) == ["any address", "web"]


def test_a_part_of_the_internet_is_not_called_the_internet() -> None:
    part = a.networks(["8.8.8.0/24"])
    (end,) = [e for e in _open((_pod("web"), External("", part), 443)).ends if e.kind == "outside"]
    assert end.heads == ("part of the internet",) and end.notes == ("8.8.8.0-8.8.8.255",)


def test_the_metadata_server_and_private_ranges_have_their_names() -> None:
    pod = _pod("web")
    inside = a.networks(["10.1.0.0/16", "169.254.169.252/32", "169.254.169.254/32"])
    shown = _open((pod, External("", inside), 80))
    assert _titles(shown) == ["metadata-server", "private addresses", "web"]
    only = a.networks(["169.254.169.252/32", "169.254.169.254/32"])
    assert _titles(_open((pod, External("", only), 80))) == ["metadata-server", "web"]
    link_local = a.networks(["169.254.0.0/24"])
    assert _titles(_open((pod, External("", link_local), 80))) == ["reserved addresses", "web"]


def test_dns_and_hosts_are_groups_with_their_members() -> None:
    pod, where = _pod("web"), internet()
    shown = _open(
        *((pod, _platform(f"dns-{i}", "dns"), 53) for i in range(2)),
        *((pod, Host(f"h{i}.example", where), 443) for i in range(6)),
    )
    assert _titles(shown) == ["DNS", "hosts", "web"]
    (hosts,) = [end for end in shown.ends if end.heads == ("hosts",)]
    assert len(hosts.members) == 6 and hosts.notes[-1] == "and 2 more"


def test_platform_pods_that_use_what_the_internet_may_use_are_counted() -> None:
    web = _pod("web")
    shown = _open(
        (External("", a.EVERYWHERE), web, 80), (_platform("x"), web, 80), (_platform("y"), web, 90)
    )
    assert shown.hidden == 1
    assert [end.notes for end in shown.ends if end.kind == "platform"] == [("kube-system/y",)]


ENDS = [*(_pod(f"p{i}") for i in range(5)), *(_platform(f"s{i}") for i in range(3))]
CONNECTIONS = st.lists(
    st.tuples(st.sampled_from(ENDS), st.sampled_from(ENDS), st.sampled_from([80, 443])),
    max_size=25,
).map(lambda found: [one for one in found if one[0] is not one[1]])


@given(found=CONNECTIONS)
def test_the_arrows_are_the_connections(found: list[tuple[Pod, Pod, int]]) -> None:
    shown = _open(*found)
    expected: dict[tuple[str, str], set[int]] = {}
    for source, destination, port in found:
        expected.setdefault((source.name, destination.name), set()).add(port)
    names = [[m.rpartition(" ")[2].rpartition("/")[2] for m in end.members] for end in shown.ends]
    for arrow in shown.arrows:
        ports = {port for port in (80, 443) if arrow.allowed.covers(p.ports("TCP", port))}
        pairs = list(itertools.product(names[arrow.source], names[arrow.destination]))
        real = [pair for pair in pairs if expected.pop(pair, None) == ports]
        # A star says that some of the pairs are no connections, and each end has one.
        assert len(real) == len(pairs) if arrow.each else 0 < len(real) < len(pairs)
        assert {name for name, _ in real} == set(names[arrow.source])
        assert {name for _, name in real} == set(names[arrow.destination])
    # The rest is within a box, which says so.
    for (source, end), _ in expected.items():
        (box,) = [i for i, members in enumerate(names) if source in members]
        assert end in names[box]
        assert any(note.startswith("each other: ") for note in shown.ends[box].notes)


def test_two_hundred_models_with_a_picker_each_are_two_boxes() -> None:
    gateway, pairs = (
        _pod("gateway"),
        [(_pod(f"picker-{i}"), _pod(f"model-{i}")) for i in range(200)],
    )
    shown = _open(
        *((gateway, picker, 9002) for picker, _ in pairs),
        *((gateway, model, 8000) for _, model in pairs),
        *((picker, model, 8000) for picker, model in pairs),
    )
    assert sorted(len(end.members) for end in shown.ends) == [1, 200, 200]
    assert sorted(arrow.ports for arrow in shown.arrows) == ["TCP 8000", "TCP 8000 *", "TCP 9002"]


def test_ports_are_told_in_short() -> None:
    web, dns = _pod("web"), p.union(p.ports("TCP", 53), p.ports("UDP", 53))
    found = [
        Connection(web, _platform("dns", "dns"), dns, p.NONE),
        Connection(web, _pod("x"), p.ALL, p.NONE),
        Connection(web, _pod("y"), p.NONE, p.ports("TCP", 1)),
        Connection(web, _pod("z"), p.ports("UDP", 1), p.ports("TCP", 1)),
    ]  # fmt: skip
    told = {arrow.ports for arrow in map_of(found).arrows}
    assert told == {"TCP/UDP 53", "all ports", "? TCP 1", "UDP 1, ? TCP 1"}


def test_pods_that_all_talk_with_each_other_are_one_box() -> None:
    pods = [_pod(f"p{i}") for i in range(4)]
    shown = _open(*((s, d, 80) for s, d in itertools.permutations(pods, 2)))
    (end,) = shown.ends
    assert (end.notes, shown.arrows) == (("namespace a", "each other: TCP 80"), ())
    some = _open((pods[0], pods[1], 80), (pods[1], pods[2], 80), (pods[2], pods[0], 80))
    assert [end.notes[1] for end in some.ends] == ["each other: TCP 80 *"]
