"""A Service whose target port no container has."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.composed import is_composed
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.monitors import listened
from stackgen.facts.shape import as_dict, maps, plain
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Services of the input that select pods of the input, or of a service of the input."""
    links = chain(context)
    for resource in context.bundle.of_kind("Service", ""):
        selector = as_dict(resource.get("spec", "selector"))
        pods = links.selected(resource.namespace, selector) if selector else []
        if not pods:
            continue
        known = [port for p in pods for port in p.ports()]
        patched = is_composed(context, resource)
        for i, port in maps(resource.get("spec", "ports")):
            target = port.get("targetPort")
            place = Place(resource, ("spec", "ports", i, "targetPort"))
            if isinstance(target, str) and plain(target) and not target.isdecimal():
                if target not in {name for name, _ in known}:
                    offered = ", ".join(sorted({n for n, _ in known if n})) or "none has a name"
                    yield RULE.finding(
                        f"no container of the pods has a port named {target}: {offered}",
                        place,
                        severity=Severity.INFO if patched else None,
                    )
            elif isinstance(target or port.get("port"), int) and _of_kserve(pods):
                number = target or port.get("port")
                if known and number not in {n for _, n in known}:
                    numbers = ", ".join(sorted({str(n) for _, n in known}))
                    yield RULE.finding(
                        f"the pods that KServe creates listen on {numbers}, not on {number}",
                        place, severity=Severity.WARNING,
                    )  # fmt: skip
            elif isinstance(number := target or port.get("port"), int):
                open_ports = [listened(one) for one in pods]
                if all(open_ports) and not any(number in ports for ports in open_ports):
                    numbers = ", ".join(map(str, sorted(set().union(*open_ports))))
                    yield RULE.finding(
                        f"the model servers listen on {numbers}, not on {number}", place
                    )


def _of_kserve(pods: list[Pods]) -> bool:
    return all(p.thing.service is not None for p in pods)
