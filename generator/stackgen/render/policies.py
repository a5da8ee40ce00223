"""Network policies, and the peers most of them name: DNS, internet, API server, istiod."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, Traced, When, all_of, is_set, is_value
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "5-network"
# Not the internet: private ranges, carrier-grade NAT, link-local (metadata server), loopback.
NOT_INTERNET = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
]

# Where the API server of a cluster with private nodes answers.
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")


def policy(
    plan: Plan, name: str | Traced[str], spec: dict[str, Any] | Traced[Any], rule: str, why: str,
    when: Traced[bool] | None = None, namespace: Traced[str] | None = None,
) -> Rendered:  # fmt: skip
    wanted = plan.stack.spec.network.defaultDeny
    scope = Scope(plan, FOLDER, namespace or plan.stack.spec.serving.namespace)
    return obj(
        scope, "networking.k8s.io/v1", "NetworkPolicy", name, {"spec": spec},
        when=wanted if when is None else all_of(wanted, when), rule=f"network/{rule}", why=why,
    )  # fmt: skip


def dns(plan: Plan) -> Because:
    """Names are resolved."""
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {
            "matchExpressions": [
                {"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}
            ]
        },
    }
    cloud = is_value(plan.stack.spec.cluster.dns, "cloud-dns")
    return Because(
        {
            "to": [pods, When(cloud, {"ipBlock": {"cidr": "169.254.169.254/32"}})],
            "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
        },
        "network/dns", "names are resolved by the cluster's DNS, over UDP and TCP",
    )  # fmt: skip


def internet(plan: Plan) -> Because:
    """Where models are downloaded from: every public address but the API server's."""
    return Because(
        {"to": [public_addresses(plan)], "ports": [tcp(443)]},
        "network/model-download",
        "Hugging Face has no fixed addresses; the VPC and the metadata server stay closed",
    )


def public_addresses(plan: Plan) -> dict[str, Any]:
    """Every public address but the API server's."""
    control_plane = plan.stack.spec.cluster.controlPlaneCidr
    apart = [*NOT_INTERNET, When(_public(control_plane), control_plane)]
    return {"ipBlock": {"cidr": "0.0.0.0/0", "except": apart}}


def metadata_server(why: str) -> Because:
    """Egress to where Workload Identity gets tokens: on Dataplane V2, and on other data planes."""
    to = [{"ipBlock": {"cidr": f"169.254.169.{n}/32"}} for n in (252, 254)]
    ports = [tcp(port) for port in (80, 8080, 987, 988)]
    return Because({"to": to, "ports": ports}, "network/metadata-server", why)


def _public(cidr: Traced[str | None]) -> Traced[bool]:
    """Whether a range has addresses that count as internet."""
    import ipaddress

    def outside(text: str | None) -> bool:
        if text is None:
            return False
        found = ipaddress.IPv4Network(text, strict=False)
        return not any(found.subnet_of(ipaddress.IPv4Network(n)) for n in NOT_INTERNET)

    return cidr.map("is public", "model servers need no API server, wherever it is", outside)


def api_server(plan: Plan, why: str) -> Because:
    """Egress to the API server."""
    return Because(
        {"to": api_server_peers(plan), "ports": [tcp(443)]},
        "network/api-server", f"{why}; no selector matches the API server",
    )  # fmt: skip


def api_server_peers(plan: Plan) -> list[Any]:
    """The API server's address; as long as that is not known, every address it may have."""
    cidr, unknown = plan.stack.spec.cluster.controlPlaneCidr, api_server_unknown(plan)
    public = {"cidr": "0.0.0.0/0", "except": NOT_INTERNET}
    return [
        When(is_set(cidr), {"ipBlock": {"cidr": cidr}}),
        When(unknown, {"ipBlock": public}),
        *(When(unknown, {"ipBlock": {"cidr": private}}) for private in PRIVATE),
    ]


def api_server_unknown(plan: Plan) -> Traced[bool]:
    """Whether the API server may have any address: rules for it then allow port 443 of each."""
    cidr = plan.stack.spec.cluster.controlPlaneCidr
    return cidr.map("is not known", "a cluster has its address once it is there", _missing)


def _missing(cidr: str | None) -> bool:
    return cidr is None


def to_istiod(plan: Plan) -> dict[str, Any]:
    name = plan.release.value("istio", "namespace")
    istio = {"matchLabels": {"kubernetes.io/metadata.name": name}}
    return {
        "to": [{"namespaceSelector": istio, "podSelector": {"matchLabels": {"app": "istiod"}}}],
        "ports": [tcp(plan.release.value("istio", "xds_port"))],
    }


def for_sidecar(plan: Plan) -> When:
    """For a Pod with a sidecar."""
    return When(plan.stack.spec.mesh.sidecars, Because(
        to_istiod(plan), "network/sidecar", "a sidecar gets configuration and certificates",
    ))  # fmt: skip


def tcp(port: int | Traced[int]) -> dict[str, Any]:
    return {"protocol": "TCP", "port": port}
