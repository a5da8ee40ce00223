"""AuthorizationPolicies of gateways that allow only hosts which the gateways do not serve."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import NETWORKING, SECURITY
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource


def unserved_hosts(context: Context) -> Violations:
    """One finding for each Gateway of Istio's own API to which no host leads that is allowed."""
    policies = [
        one
        for one in context.bundle.of_kind("AuthorizationPolicy", SECURITY)
        if text(one.get("spec", "action")) in ("", "ALLOW")
    ]
    for gateway in context.bundle.of_kind("Gateway", NETWORKING) if policies else ():
        chosen = as_dict(gateway.get("spec", "selector"))
        mine = [one for one in policies if _covers(one, gateway, chosen)]
        allowed = {host for one in mine for host in _allowed(one)}
        served = {
            text(host).rpartition("/")[2]
            for _, server in maps(gateway.get("spec", "servers"))
            for host in as_list(server.get("hosts"))
        }
        if not mine or not allowed or "" in allowed | served or not all(map(plain, served)):
            continue
        if not any(_meets(one, host) for one in allowed for host in served):
            yield violation(
                f"AuthorizationPolicy {mine[0].name} allows requests for "
                f"{', '.join(map(visible, sorted(allowed)))} only, and Gateway {gateway.name} "
                f"serves {', '.join(map(visible, sorted(served)))}",
                Place(mine[0], ("spec", "rules"), key=True),
                Place(gateway, ("spec", "servers"), key=True, note="the Gateway"),
            )


def _covers(policy: Resource, gateway: Resource, chosen: dict[str, object]) -> bool:
    """Whether a policy is for the Pods of a Gateway, which are beside it as a rule."""
    wanted = as_dict(policy.get("spec", "selector", "matchLabels"))
    here = policy.namespace == gateway.namespace and not policy.get("spec", "targetRefs")
    return here and bool(chosen) and wanted.items() <= chosen.items()


def _allowed(policy: Resource) -> Iterator[str]:
    """The hosts of each rule; "" for one that allows others, or whose hosts are not known."""
    for _, rule in maps(policy.get("spec", "rules")):
        operations = [as_dict(one.get("operation")) for _, one in maps(rule.get("to"))]
        for operation in operations or [{}]:
            hosts = [text(host) for host in as_list(operation.get("hosts"))]
            yield from hosts if hosts and all(map(plain, hosts)) else [""]


def _meets(allowed: str, served: str) -> bool:
    """Whether both patterns may be of one host. The port is a part of the host of a request."""
    host = allowed.rpartition(":")[0] or allowed
    return fnmatchcase(served, host) or fnmatchcase(host, served)
