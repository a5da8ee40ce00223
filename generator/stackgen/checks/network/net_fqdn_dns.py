"""Host names in a policy of Cilium whose DNS responses it does not read."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.net_dns import UDP, reached
from stackgen.checks.network.view import display_name, view
from stackgen.facts.shape import matches
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.net.policies import Policy

_CILIUM = "cilium.io"
_SPECS: tuple[Path, ...] = (("spec",), ("specs", "*"))


def check(context: Context) -> Violations:
    """One finding for each policy, if no policy of Cilium that selects its Pods has a DNS rule."""
    seen = view(context)
    hosts = {id(one): where for one in seen.policies if (where := _found(one, "toFQDNs"))}
    told: set[int] = set()
    for pod in seen.world.pods if hosts else ():
        acting = [x for x in seen.net.acting("egress", pod) if x.resource.group == _CILIUM]
        named = any(id(one) in hosts for one in acting)
        if not named or any(_found(one, "toPorts", "*", "rules", "dns") for one in acting):
            continue
        if not reached(seen.net, pod).covers(UDP):
            continue  # net-dns reports that nothing resolves
        for policy in acting:
            if id(policy) in hosts and id(policy) not in told:
                told.add(id(policy))
                yield violation(
                    f"{display_name(policy.resource)} opens host names to {pod.name}, and no "
                    "policy of Cilium has a DNS rule for it",
                    Place(policy.resource, hosts[id(policy)], key=True),
                )


def _found(policy: Policy, *path: str) -> Path | None:
    """Where an egress rule of a policy of Cilium has a field."""
    if policy.resource.group != _CILIUM:
        return None
    for spec in _SPECS:
        for where, _ in matches(policy.resource.data, (*spec, "egress", "*", *path)):
            return where
    return None
