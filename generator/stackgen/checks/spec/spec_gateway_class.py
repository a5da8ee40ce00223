"""What a gateway of GKE or Envoy cannot do, or needs to be told."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation

_PODS = ("istio", "envoy")
_EXPOSURE = {"gke-l7-rilb": "internal", "gke-l7-regional-external-managed": "external"}


def check(context: SpecContext) -> Violations:
    """Each thing at its own line; nothing where the class is Istio's."""
    gateway = _mapping(context.spec, "gateway")
    name = gateway.get("class", "istio")
    exposure = _EXPOSURE.get(name) if isinstance(name, str) else None
    if exposure is None:
        if name in _PODS and gateway.get("proxyOnlySubnet") is not None:
            yield violation(
                f"proxyOnlySubnet is set, but the proxies of class {name} are pods",
                context.place("spec", "gateway", "proxyOnlySubnet"),
            )
        if name == "envoy":
            yield from _envoy(context, gateway)
        return
    if gateway.get("exposure", "external") != exposure:
        yield violation(
            f"a load balancer of class {name} is {exposure}; set exposure: {exposure}",
            context.place("spec", "gateway", "exposure", key=True),
        )
    closed = _mapping(context.spec, "network").get("defaultDeny", True) is not False
    if closed and gateway.get("proxyOnlySubnet") is None:
        yield violation(
            f"network policies must allow the proxies of {name}, and proxyOnlySubnet is not set",
            context.place("spec", "gateway", "class"),
        )
    subnet = gateway.get("proxyOnlySubnet")
    if isinstance(subnet, str) and not _holds_proxies(subnet):
        yield violation(
            f"{subnet} is not the range of a proxy-only subnet: /8 to /26, from its first address",
            context.place("spec", "gateway", "proxyOnlySubnet"),
        )
    if _mapping(gateway, "authentication").get("jwt"):
        yield violation(
            f"a load balancer of class {name} does not verify tokens",
            context.place("spec", "gateway", "authentication", "jwt", key=True),
        )
    if _mapping(context.spec, "mesh").get("sidecars") is True:
        yield violation(
            f"class {name} is for stacks without a mesh: its proxies are not part of a mesh",
            context.place("spec", "mesh", "sidecars"),
        )
    if _mapping(context.spec, "observe").get("smokeTest") is True:
        yield violation(
            f"the address of a load balancer of class {name} is not known inside the cluster",
            context.place("spec", "observe", "smokeTest"),
        )
    for path, model in context.items("serving", "models"):
        if model.get("scheduler") is False:
            yield violation(
                f"model {model.get('name')} has no endpoint picker; KServe's Service tells a load "
                "balancer to speak TLS, so the way there is through an InferencePool alone",
                context.place(*path, "scheduler"),
            )
    for path, allow in context.items("network", "allow"):
        for end in ("from", "to"):
            if allow.get(end) == "gateway":
                yield violation(
                    f"the proxies of class {name} are not pods; write their addresses",
                    context.place(*path, end),
                )


def _envoy(context: SpecContext, gateway: dict[str, Any]) -> Violations:
    if _mapping(gateway, "authentication").get("jwt"):
        yield violation(
            "class envoy verifies tokens by a SecurityPolicy, which stackgen does not render: the "
            "redirect of HTTP would need a token too. Write one yourself, or use class istio",
            context.place("spec", "gateway", "authentication", "jwt", key=True),
        )
    if _mapping(context.spec, "mesh").get("sidecars") is True:
        yield violation(
            "class envoy is for stacks without a mesh: its proxies are not part of a mesh",
            context.place("spec", "mesh", "sidecars"),
        )


def _holds_proxies(subnet: str) -> bool:
    """Of a size that a subnet may have: every address in it counts as the gateway."""
    import ipaddress

    try:
        return 8 <= ipaddress.IPv4Network(subnet, strict=True).prefixlen <= 26
    except ValueError:
        return False


def _mapping(data: Any, key: str) -> dict[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
