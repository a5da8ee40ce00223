"""A port of a policy that is a Service's, where Istio compares the port of the Pods."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.mesh import SECURITY
from stackgen.checks.serving.workload_ports import mapped_port
from stackgen.digits import to_int
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each port that a Service of the Pods maps to another one."""
    links = chain(context)
    for kind in ("AuthorizationPolicy", "PeerAuthentication"):
        for policy in context.bundle.of_kind(kind, SECURITY):
            labels = as_dict(policy.get("spec", "selector", "matchLabels"))
            pods = links.selected(policy.namespace, labels) if labels else []
            for path, port in _ports(policy) if pods else ():
                target = mapped_port(links, policy.namespace, pods, port)
                if target is not None:
                    yield violation(
                        f"{port} is the port of Service {target[0]}; the Pods listen on "
                        f"{target[1]}, and {kind} {policy.name} compares that",
                        Place(policy, path, key=kind == "PeerAuthentication"),
                    )


def _ports(policy: Resource) -> Iterator[tuple[Path, int]]:
    for number in as_dict(policy.get("spec", "portLevelMtls")):
        if str(number).isdecimal():
            yield ("spec", "portLevelMtls", number), to_int(str(number))
    for i, rule in maps(policy.get("spec", "rules")):
        for j, to in maps(rule.get("to")):
            for field in ("ports", "notPorts"):
                for k, one in enumerate(as_list(as_dict(to.get("operation")).get(field))):
                    if str(one).isdecimal():
                        path: Path = ("spec", "rules", i, "to", j, "operation", field, k)
                        yield path, to_int(str(one))
