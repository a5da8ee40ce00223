"""What the API says, one case after another: S1 to S19, and the tiers."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.net import addresses as a
from stackgen.net.evaluate import Net, Reading
from stackgen.net.model import Host, Node
from stackgen.net.policies import policies_of
from tests.net.worlds import INTERNET, Small, outside, pod

ALL, NONE = "All Connections", "No Connections"


def np(spec: str, name: str = "p", namespace: str = "x", kind: str = "NetworkPolicy") -> str:
    api = "networking.gke.io/v1alpha1" if kind.startswith("FQDN") else "networking.k8s.io/v1"
    if kind.endswith("AdminNetworkPolicy"):
        api = "policy.networking.k8s.io/v1alpha1"
    if kind == "ClusterNetworkPolicy":
        api = "policy.networking.k8s.io/v1alpha2"
    return (
        f"apiVersion: {api}\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n---\n"
    )


def test_s1_a_policy_acts_in_its_own_namespace() -> None:
    here, there = pod("x/a"), pod("z/a")
    small = Small(np("{podSelector: {}, policyTypes: [Ingress]}"), here, there)
    assert small.open(there, here) == NONE
    assert small.open(here, there) == ALL


@pytest.mark.parametrize("spec", ["{podSelector: {}}", "{}", "{podSelector: }"])
def test_s2_an_empty_or_absent_selector_selects_every_pod(spec: str) -> None:
    one, two = pod("x/a"), pod("x/b l=1")
    assert Small(np(spec), one, two).open(one, two) == NONE


def test_s3_each_direction_is_closed_by_itself() -> None:
    one, two = pod("x/a l=1"), pod("x/b")
    small = Small(np("{podSelector: {matchLabels: {l: '1'}}, policyTypes: [Ingress]}"), one, two)
    assert (small.open(two, one), small.open(one, two)) == (NONE, ALL)


@pytest.mark.parametrize(
    ("spec", "into", "out"),
    [
        ("{}", NONE, ALL),
        ("{egress: []}", NONE, ALL),
        ("{egress: [{}]}", NONE, ALL),
        ("{egress: [{ports: [{port: 1}]}]}", NONE, "TCP 1"),
        ("{policyTypes: [], egress: [{ports: [{port: 1}]}]}", NONE, "TCP 1"),
        ("{policyTypes: [Egress]}", ALL, NONE),
        ("{policyTypes: [Egress], ingress: [{}]}", ALL, NONE),
        ("{policyTypes: [Ingress], egress: [{ports: [{port: 1}]}]}", NONE, ALL),
    ],
)
def test_s4_absent_policy_types_follow_from_the_rules(spec: str, into: str, out: str) -> None:
    one, other = pod("x/a"), pod("z/b")
    small = Small(np(spec), one, other)
    assert (small.open(other, one), small.open(one, other)) == (into, out)


def test_s5_policies_add_up_and_order_does_not_matter() -> None:
    one, other = pod("x/a"), pod("x/b")
    first = np("{ingress: [{ports: [{port: 1}]}], policyTypes: [Ingress]}", "first")
    second = np("{ingress: [{ports: [{port: 2}]}], policyTypes: [Ingress]}", "second")
    closing = np("{policyTypes: [Ingress]}", "closing")
    for text in (first + second + closing, closing + second + first):
        assert Small(text, one, other).open(other, one) == "TCP 1-2"


def test_s6_both_ends_must_agree() -> None:
    one, other = pod("x/a l=1"), pod("x/b")
    out = np("{podSelector: {matchLabels: {l: '1'}}, policyTypes: [Egress], "
             "egress: [{ports: [{port: 1, endPort: 10}]}]}", "out")  # fmt: skip
    into = np("{podSelector: {matchExpressions: [{key: l, operator: DoesNotExist}]}, "
              "ingress: [{ports: [{port: 8, endPort: 20}]}]}", "into")  # fmt: skip
    small = Small(out + into, one, other)
    assert small.open(one, other) == "TCP 8-10"
    verdict = small.verdict(one, other)
    assert [str(d) for d in verdict.egress.deciders] == ["out#0"]
    assert [str(d) for d in verdict.ingress.deciders] == ["into#0"]


@pytest.mark.parametrize("peers", ["", "from: [], ", "from: null, "])
def test_s7_no_peers_are_all_peers(peers: str) -> None:
    one = pod("x/a")
    small = Small(np(f"{{ingress: [{{{peers}ports: [{{port: 1}}]}}]}}"), one)
    assert small.open(outside("8.8.8.8/32"), one) == "TCP 1"
    assert small.open(pod("z/b"), one) == "TCP 1"


def test_s8_an_empty_list_of_rules_denies() -> None:
    one = pod("x/a")
    assert Small(np("{policyTypes: [Ingress], ingress: []}"), one).open(pod("x/b"), one) == NONE


@pytest.mark.parametrize(
    ("peers", "friends"),
    [
        ("[{podSelector: {matchLabels: {l: '1'}}}]", ["x/l"]),
        ("[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}]", ["z/l", "z/o"]),
        (("[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}, "
         "podSelector: {matchLabels: {l: '1'}}}]"), ["z/l"]),
        (("[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}, "
         "{podSelector: {matchLabels: {l: '1'}}}]"), ["x/l", "z/l", "z/o"]),
        ("[{podSelector: {}}]", ["x/l", "x/o"]),
        ("[{namespaceSelector: {}}]", ["x/l", "x/o", "z/l", "z/o"]),
        ("[{}]", []),
    ],
)  # fmt: skip
def test_s9_peers(peers: str, friends: list[str]) -> None:
    one = pod("x/server s=1")
    others = [pod("x/l l=1"), pod("x/o"), pod("z/l l=1"), pod("z/o")]
    small = Small(np(f"{{ingress: [{{from: {peers}}}]}}"), one, *others)
    found = [f"{o.namespace}/{o.name}" for o in others if small.open(o, one) == ALL]
    assert found == friends


@pytest.mark.parametrize(
    ("expression", "friends"),
    [
        ("{key: l, operator: In, values: ['1']}", ["one"]),
        ("{key: l, operator: NotIn, values: ['1']}", ["two", "none"]),
        ("{key: l, operator: Exists}", ["one", "two"]),
        ("{key: l, operator: DoesNotExist}", ["none"]),
        ("{key: l, operator: Maybe}", []),
    ],
)
def test_s10_expressions(expression: str, friends: list[str]) -> None:
    one = pod("z/server")
    others = [pod("x/one l=1"), pod("x/two l=2"), pod("x/none")]
    peer = f"{{namespaceSelector: {{}}, podSelector: {{matchExpressions: [{expression}]}}}}"
    small = Small(np(f"{{ingress: [{{from: [{peer}]}}]}}", namespace="z"), one, *others)
    assert [o.name for o in others if small.open(o, one) == ALL] == friends


@pytest.mark.parametrize(
    ("port", "found"),
    [
        ("{port: 80}", "TCP 80"),
        ("{protocol: UDP, port: 80}", "UDP 80"),
        ("{protocol: SCTP}", "SCTP 1-65535"),
        ("{}", "TCP 1-65535"),
        ("{port: 80, endPort: 90}", "TCP 80-90"),
        ("{port: 90, endPort: 80}", NONE),
        ("{port: web}", "TCP 8080"),
        ("{port: dns, protocol: UDP}", "UDP 53"),
        ("{port: dns}", NONE),
        ("{port: other}", NONE),
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_s11_ports_are_those_of_the_destination(direction: str, port: str, found: str) -> None:
    ports = {("TCP", "web"): 8080, ("UDP", "dns"): 53}
    server, client = pod("x/server s=1", ports=ports), pod("z/client")
    space = "x" if direction == "ingress" else "z"
    spec = f"{{policyTypes: [{direction.capitalize()}], {direction}: [{{ports: [{port}]}}]}}"
    assert Small(np(spec, namespace=space), server, client).open(client, server) == found


def test_s11_a_named_port_is_nothing_outside_of_the_cluster() -> None:
    one = pod("x/a")
    small = Small(np("{policyTypes: [Egress], egress: [{ports: [{port: web}]}]}"), one)
    assert small.open(one, outside("8.8.8.8/32")) == NONE


def test_all_ports_are_all_connections() -> None:
    one = pod("x/a")
    ranges = ", ".join(
        f"{{protocol: {x}, port: 1, endPort: 65535}}" for x in ("TCP", "UDP", "SCTP")
    )
    assert Small(np(f"{{ingress: [{{ports: [{ranges}]}}]}}"), one).open(pod("x/b"), one) == ALL


def test_s12_address_ranges_and_what_is_excepted() -> None:
    one = pod("x/a")
    block = "{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.0.0/16]}}"
    small = Small(np(f"{{policyTypes: [Egress], egress: [{{to: [{block}]}}]}}"), one)
    assert small.open(one, outside("8.8.8.0/24")) == ALL
    assert small.open(one, outside("10.1.2.0/24")) == NONE
    assert small.open(one, outside("0.0.0.0/0")) == f"{NONE} ? {ALL}"  # some of them
    assert small.open(one, outside("2001:db8::/64")) == NONE


def test_s12_two_blocks_together_cover_a_range() -> None:
    one = pod("x/a")
    blocks = "[{ipBlock: {cidr: 20.0.0.0/9}}, {ipBlock: {cidr: 20.128.0.0/9}}]"
    small = Small(np(f"{{policyTypes: [Egress], egress: [{{to: {blocks}}}]}}"), one)
    assert small.open(one, outside("20.0.0.0/8")) == ALL


@pytest.mark.parametrize(
    ("cidr", "identities", "addresses"),
    [
        ("10.0.0.0/8", NONE, ALL),
        ("10.0.0.0/24", NONE, f"{NONE} ? {ALL}"),
        ("20.0.0.0/8", NONE, NONE),
    ],
)
def test_s12_pods_in_a_range_depend_on_the_reading(
    cidr: str, identities: str, addresses: str
) -> None:
    one, other = pod("x/a"), pod("x/b")
    small = Small(np(f"{{ingress: [{{from: [{{ipBlock: {{cidr: {cidr}}}}}]}}]}}"), one, other)
    assert small.open(other, one) == identities
    assert small.open(other, one, ips=True) == addresses
    known = pod("x/c", addresses=a.network("10.0.0.7/32"))
    assert small.open(known, one, ips=True) == (NONE if addresses == NONE else ALL)


def test_s13_the_pods_own_node_is_let_in_and_no_other() -> None:
    one = pod("x/a")
    small = Small(np("{policyTypes: [Ingress]}"), one)
    assert small.open(Node("kubelet"), one) == ALL
    assert small.open(Node("other", local=False), one) == NONE


def test_s14_host_network_is_unknown() -> None:
    one, host = pod("x/a"), pod("x/h", host_network=True)
    small = Small(np("{policyTypes: [Ingress]}"), one, host)
    assert small.open(host, one) == small.open(one, host) == f"{NONE} ? {ALL}"


def test_s15_a_pod_reaches_itself_and_not_its_twin() -> None:
    one = pod("x/a")
    small = Small(np("{policyTypes: [Ingress, Egress]}"), one)
    assert str(small.verdict(one, one, itself=True).allowed) == ALL
    assert small.open(one, one) == NONE


def test_s16_unknown_protocols_are_nothing() -> None:
    one = pod("x/a")
    small = Small(np("{ingress: [{ports: [{protocol: ICMP}, {port: 1}]}]}"), one)
    assert small.open(pod("x/b"), one) == "TCP 1"


def test_labels_of_namespaces_that_nobody_declared_are_unknown() -> None:
    one, other = pod("x/a"), pod("z/b")
    peer = "{namespaceSelector: {matchLabels: {team: ml}}}"
    small = Small(np(f"{{ingress: [{{from: [{peer}]}}]}}"), one, other, spaces={"x": {}})
    assert small.open(other, one) == f"{NONE} ? {ALL}"
    named = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}"
    by_name = Small(np(f"{{ingress: [{{from: [{named}]}}]}}"), one, other, spaces={"x": {}})
    assert by_name.open(other, one) == ALL


# -- host names ------------------------------------------------------------------------------

HUB = Host("huggingface.co", INTERNET)


@pytest.mark.parametrize(
    ("match", "host", "found"),
    [
        ("{name: huggingface.co}", "huggingface.co", "TCP 443"),
        ("{name: huggingface.co}", "www.huggingface.co", NONE),
        ("{pattern: '*.hf.co'}", "cdn.hf.co", "TCP 443"),
        ("{pattern: '*.hf.co'}", "us.cdn.hf.co", NONE),
        ("{pattern: '*.hf.co'}", "hf.co", NONE),
        ("{pattern: 'cdn-*.hf.co'}", "cdn-lfs.hf.co", "TCP 443"),
    ],
)
def test_host_names(match: str, host: str, found: str) -> None:
    one = pod("x/a")
    spec = f"{{podSelector: {{}}, egress: [{{matches: [{match}], ports: [{{port: 443}}]}}]}}"
    small = Small(np(spec, kind="FQDNNetworkPolicy"), one)
    assert small.open(one, Host(host, INTERNET)) == found
    assert small.open(one, outside("8.8.8.8/32")) == NONE


def test_a_host_may_be_anywhere_on_the_internet() -> None:
    one = pod("x/a")

    def to(cidr: str) -> str:
        spec = f"{{policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}]}}"
        return Small(np(spec), one).open(one, HUB)

    assert to("0.0.0.0/0") == ALL
    assert to("20.0.0.0/8") == f"{NONE} ? {ALL}"
    assert to("10.0.0.0/8") == NONE


# -- tiers -----------------------------------------------------------------------------------


def wide(action: str, rules: str = "", **more: Any) -> str:
    """A policy about what comes in to namespace x."""
    kind = more.pop("kind", "AdminNetworkPolicy")
    priority = more.pop("priority", 10)
    tier = more.pop("tier", "")
    fields = f"tier: {tier}, " if tier else ""
    return np(
        f"{{{fields}priority: {priority}, subject: {{namespaces: {{}}}}, "
        f"ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]{rules}}}]}}",
        name=f"w{priority}", kind=kind,
    )  # fmt: skip


CLOSED = np("{policyTypes: [Ingress]}")
BASE = wide("Deny", kind="BaselineAdminNetworkPolicy")


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        (wide("Allow") + CLOSED, ALL),
        (wide("Deny"), NONE),
        (wide("Pass") + CLOSED, NONE),
        (wide("Pass"), ALL),
        (wide("Pass") + BASE, NONE),
        (BASE, NONE),
        (BASE + np("{ingress: [{ports: [{port: 1}]}]}"), "TCP 1"),
        (wide("Deny", priority=2) + wide("Allow", priority=1), ALL),
        (wide("Allow", priority=2) + wide("Deny", priority=1), NONE),
        (wide("Deny", ", ports: [{portNumber: {protocol: TCP, port: 1}}]", priority=1)
         + wide("Allow"), "SCTP 1-65535,TCP 2-65535,UDP 1-65535"),
        (wide("Allow", ", ports: [{portRange: {protocol: TCP, start: 1, end: 5}}]", priority=1)
         + wide("Deny", priority=2), "TCP 1-5"),
        (wide("Accept", kind="ClusterNetworkPolicy", tier="Admin") + CLOSED, ALL),
        (wide("Deny", kind="ClusterNetworkPolicy", tier="Baseline"), NONE),
        (wide("Deny", ", protocols: [{tcp: {destinationPort: {range: {start: 2, end: 65535}}}}, "
              "{udp: {}}, {sctp: {}}]", kind="ClusterNetworkPolicy", tier="Admin"), "TCP 1"),
        (wide("Deny", ", protocols: [{destinationNamedPort: web}, {udp: {}}, {sctp: {}}]",
              kind="ClusterNetworkPolicy", tier="Admin"), "TCP 1-8079,8081-65535"),
    ],
)  # fmt: skip
def test_tiers(policies: str, found: str) -> None:
    one, other = pod("x/a", ports={("TCP", "web"): 8080}), pod("z/b")
    assert Small(policies, one, other).open(other, one) == found


def test_networks_of_the_new_api_mean_pods_too() -> None:
    one, other = pod("x/a"), pod("z/b")
    for kind, found in (("AdminNetworkPolicy", ALL), ("ClusterNetworkPolicy", NONE)):
        small = Small(np(
            "{tier: Admin, priority: 1, subject: {namespaces: {}}, "
            "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}", kind=kind,
        ), one, other)  # fmt: skip
        assert small.open(one, other) == found
        assert small.open(one, outside("8.8.8.8/32")) == NONE
        assert small.open(one, other, ips=True) == NONE


def test_what_tiers_leave_unknown_stays_unknown() -> None:
    one, other = pod("x/a"), pod("z/b")
    deny = wide("Deny").replace("from: [{namespaces: {}}]",
                                "from: [{namespaces: {matchLabels: {team: ml}}}]")  # fmt: skip
    assert Small(deny, one, other, spaces={"x": {}}).open(other, one) == f"{NONE} ? {ALL}"
    assert Small(deny, one, other, spaces={"x": {}, "z": {}}).open(other, one) == ALL


def test_broken_policies_match_nothing_and_stop_nothing() -> None:
    one = pod("x/a")
    text = np("{ingress: [{from: [{ipBlock: {cidr: nonsense}}, 7], ports: [{port: true}, 9]}]}")
    assert Small(text + np("[1]", "q") + np("null", "r"), one).open(pod("x/b"), one) == NONE


def test_a_named_port_is_another_number_on_each_pod() -> None:
    """Pods on which the same policies act share what is worked out, but not their ports."""
    one = pod("x/a", ports={("TCP", "http"): 80})
    two = pod("x/b", ports={("TCP", "http"): 8080})
    other = pod("z/c")
    small = Small(np("{ingress: [{ports: [{port: http}]}]}"), one, two, other)
    net = Net(small.world, policies_of(small.resources), Reading.PODS_HAVE_IDENTITIES)
    found = [str(net.inward(end, other).maybe) for end in (one, two)]
    assert found == ["TCP 80", "TCP 8080"]
