"""A connection that a workload of the input needs, and that its policies close."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.closed import Answer, Needs, needs
from stackgen.checks.network.needs import Need
from stackgen.checks.network.remedies import remedy
from stackgen.checks.network.view import display_name
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.net import ports as p
from stackgen.net.model import Pod
from stackgen.net.policies import Policy


def check(context: Context) -> Violations:
    """One finding for each direction of a Pod, with everything that it cuts."""
    known = needs(context)
    others = _other_policies(context)
    for found in known.closed.values():
        if others & {"", found[0].need.pod.namespace}:
            continue  # the policies of the network plugin may open what these close
        yield _finding(known, found)


def _other_policies(context: Context) -> set[str]:
    """The namespaces with policies that are not read, of Calico; empty for the whole cluster."""
    return {
        resource.namespace
        for resource in context.bundle.objects
        if resource.group in ("crd.projectcalico.org", "projectcalico.org")
        or (resource.group == "cilium.io" and "specs" in resource.data)
        if resource.kind.endswith("NetworkPolicy")
    }


def _finding(known: Needs, found: list[Answer]) -> Violation:
    first = found[0].need
    pod, direction = first.pod, first.direction
    policy = known.blamed(pod, direction)
    certain = any(one.need.certain and not one.doubt for one in found)
    word = "to" if direction == "egress" else "from"
    everywhere = [one.need for one in found if not one.doubt]
    cut = list(dict.fromkeys(f"{word} {_peer(need)}" for need in everywhere))
    for one in found:
        line = f"{word} {_peer(one.need)}"
        if one.doubt and line not in cut:
            cut.append(f"{line} ({one.doubt})")
    return violation(
        f"{display_name(policy.resource)} closes {direction} of {pod.namespace}/{pod.name}: "
        f"{', '.join(dict.fromkeys(cut))}",
        Place(policy.resource, ("spec", direction), key=True),
        *_pod_place(pod, policy),
        *_useless_peers(known, found, policy),
        severity=None if certain else Severity.WARNING,
        remedy=remedy(found),
    )


def _peer(need: Need) -> str:
    return f"{need.what} ({'any port' if need.ports == p.ALL else need.ports})"


def _pod_place(pod: Pod, policy: Policy) -> Iterator[Place]:
    if pod.resource is not None and pod.resource is not policy.resource:
        yield Place(pod.resource, ("metadata", "name"), note="needs this connection")


def _useless_peers(known: Needs, found: list[Answer], policy: Policy) -> Iterator[Place]:
    """Peers that would open a need if they matched a Pod: `net-peer-selects-nothing` is silent."""
    direction = found[0].need.direction
    for ports, place in known.useless(policy, direction):
        if any(p.intersect(ports, one.need.ports) for one in found):
            yield place
