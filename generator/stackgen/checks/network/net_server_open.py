"""A model server or an endpoint picker that a rule opens for every client."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.closed import needs
from stackgen.checks.network.own_needs import HBONE
from stackgen.checks.network.view import display_name, fixed_ports, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.net import ports as p


def check(context: Context) -> Violations:
    """One finding for each rule without peers that acts on such Pods.

    A stack that was built here is left out: `net-forbidden-flows` proves its policies.
    """
    seen = view(context)
    if context.plan is not None or not seen.policies:
        return
    told: set[tuple[int, int]] = set()
    for pod, what in needs(context).serving_pods():
        for chosen in seen.net.selecting("ingress", pod):
            if chosen.policy.tier != "network" or not chosen.certain:
                continue
            for rule in chosen.policy.rules("ingress"):
                key = id(chosen.policy), rule.index
                # On HBONE only ztunnel answers, which asks for a certificate of the mesh.
                opened = p.subtract(fixed_ports(rule), HBONE)
                if rule.peers is None and opened and key not in told:
                    told.add(key)
                    yield violation(
                        f"{display_name(chosen.policy.resource)} opens {what} {pod.name} to every "
                        f"client ({opened})",
                        Place(chosen.policy.resource, rule.path),
                    )
