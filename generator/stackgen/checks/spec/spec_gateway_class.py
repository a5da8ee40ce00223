"""What a gateway of GKE or Envoy cannot do, or needs to be told."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violation, Violations, violation

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
                f"proxyOnlySubnet is set, but the proxies of class {name} are Pods",
                context.place("spec", "gateway", "proxyOnlySubnet"),
                impact="Not rendered. The setting would have no effect.",
                remedy="Remove `gateway.proxyOnlySubnet`.",
            )
        if name == "envoy" and _mapping(context.spec, "mesh").get("sidecars") is True:
            yield _meshed(context, "envoy")
        return
    if gateway.get("exposure", "external") != exposure:
        yield violation(
            f"a load balancer of class {name} is {exposure}",
            context.place("spec", "gateway", "exposure", key=True),
            impact=f"Not rendered. The address would still be {exposure}.",
            remedy=f"Set `gateway.exposure: {exposure}`, or another `gateway.class`.",
        )
    closed = _mapping(context.spec, "network").get("defaultDeny", True) is not False
    if closed and gateway.get("proxyOnlySubnet") is None:
        yield violation(
            f"network policies must allow the proxies of {name}, but proxyOnlySubnet is not set",
            context.place("spec", "gateway", "class"),
            impact="Not rendered. The network policies would drop the requests of the proxies.",
            remedy="Set `gateway.proxyOnlySubnet` to the range of the proxy-only subnet.",
        )
    subnet = gateway.get("proxyOnlySubnet")
    if isinstance(subnet, str) and not _holds_proxies(subnet):
        yield violation(
            f"{subnet} is not the range of a proxy-only subnet: /8 to /26, from its first address",
            context.place("spec", "gateway", "proxyOnlySubnet"),
            impact="Not rendered. The network policies would open the way for other addresses.",
            remedy="Set `gateway.proxyOnlySubnet` to the range that Google Cloud shows for it.",
        )
    if _mapping(gateway, "authentication").get("jwt"):
        yield violation(
            f"a load balancer of class {name} does not verify tokens",
            context.place("spec", "gateway", "authentication", "jwt", key=True),
            impact="Not rendered. Requests without a token would be answered.",
            remedy="Remove `authentication.jwt`, or use `gateway.class: istio`.",
        )
    if _mapping(context.spec, "mesh").get("sidecars") is True:
        yield _meshed(context, name)
    if _mapping(context.spec, "observe").get("smokeTest") is True:
        yield violation(
            f"the address of a load balancer of class {name} is not known inside the cluster",
            context.place("spec", "observe", "smokeTest"),
            impact="Not rendered. The Job would not know where to send its requests.",
            remedy="Remove `observe.smokeTest`, or use `gateway.class: istio`.",
        )
    for path, model in context.items("serving", "models"):
        if model.get("scheduler") is False:
            yield violation(
                f"model {model.get('name')} has no endpoint picker, and a load balancer of class "
                f"{name} needs one: route and health check are rendered for an InferencePool",
                context.place(*path, "scheduler"),
                impact="Not rendered. No request would reach the servers.",
                remedy="Remove `scheduler: false`, or use `gateway.class: istio`.",
            )
    for path, allow in context.items("network", "allow"):
        for end in ("from", "to"):
            if allow.get(end) == "gateway":
                yield violation(
                    f"the proxies of class {name} are not Pods",
                    context.place(*path, end),
                    impact="Not rendered. The network policy would select no Pods.",
                    remedy=f"Set `{end}` to the range of their addresses.",
                )


def _meshed(context: SpecContext, name: str) -> Violation:
    return violation(
        f"class {name} needs a stack without a mesh, because its proxies are not part of one",
        context.place("spec", "mesh", "sidecars"),
        impact="Not rendered. The sidecars would refuse the requests of the gateway.",
        remedy="Set `mesh.sidecars: false`, or use `gateway.class: istio`.",
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
