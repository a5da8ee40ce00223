"""A Service or an InferencePool whose target port no container has."""

from __future__ import annotations

from typing import Any

from stackgen.checks.composed import is_composed
from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import is_final
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.monitors import listened
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, plain
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """Services of the input that select Pods of the input, or of a service of the input."""
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
                # Names in capitals are placeholders, or not valid: the schema says so.
                if target == target.lower() and target not in {name for name, _ in known}:
                    offered = ", ".join(sorted({n for n, _ in known if n})) or "none has a name"
                    yield violation(
                        f"no container of the Pods has a port named {target}: {offered}",
                        place,
                        severity=Severity.INFO
                        if patched and not _as_written(context, place, pods)
                        else None,
                    )
            elif isinstance(target or port.get("port"), int) and _of_kserve(pods):
                number = target or port.get("port")
                if known and number not in {n for _, n in known}:
                    numbers = ", ".join(sorted({str(n) for _, n in known}))
                    yield violation(
                        f"the Pods that KServe creates listen on {numbers}, not on {number}",
                        place, severity=Severity.WARNING,
                    )  # fmt: skip
            elif isinstance(number := target or port.get("port"), int):
                open_ports = [listened(one) for one in pods]
                if all(open_ports) and not any(number in ports for ports in open_ports):
                    numbers = ", ".join(map(str, sorted(set().union(*open_ports))))
                    yield violation(
                        f"the model servers listen on {numbers}, not on {number}", place
                    )

    yield from _pools(context, links)
    yield from _of_charts(context, links)


def _as_written(context: Context, target: Place, pods: list[Pods]) -> bool:
    """Whether no kustomization changes the target, or the ports of the Pods."""
    owners = [one.owner.resource for one in pods]
    ports = [
        (owner, (*template.spec_path, "containers"))
        for owner in owners
        for template in pod_templates(owner)
    ]
    whole = target.resource is not None and is_final(context, target.resource, target.path)
    return whole and bool(ports) and all(_same_ports(context, *one) for one in ports)


def _same_ports(context: Context, owner: Resource, path: Path) -> bool:
    return all(is_final(context, owner, (*path, i, "ports")) for i, _ in maps(owner.get(*path)))


def _pools(context: Context, links: Chain) -> Violations:
    """InferencePools of which no target port is one that their model servers listen on."""
    for pool in context.bundle.of_kind("InferencePool"):
        chosen = as_dict(pool.get("spec", "selector"))
        labels = as_dict(chosen.get("matchLabels")) or {
            key: value for key, value in chosen.items() if isinstance(value, str)
        }
        pods = links.selected(pool.namespace, labels) if labels else []
        targets: list[tuple[Path, Any]] = [
            (("spec", "targetPorts", i, "number"), port.get("number"))
            for i, port in maps(pool.get("spec", "targetPorts"))
        ]
        if not targets:
            targets = [(("spec", "targetPortNumber"), pool.get("spec", "targetPortNumber"))]
        open_ports = [listened(one) for one in pods]
        there = set().union(*open_ports)
        numbers = [number for _, number in targets if isinstance(number, int)]
        # One server of several data-parallel ranks may listen on more ports than it says.
        if pods and all(open_ports) and numbers and not there.intersection(numbers):
            said = ", ".join(map(str, sorted(there)))
            yield violation(
                f"the model servers listen on {said}, not on {numbers[0]}",
                Place(pool, targets[0][0]),
            )
        else:
            yield from _others(pool, pods, numbers)
            yield from _of_some(pool, pods, targets)


def _of_charts(context: Context, links: Chain) -> Violations:
    """The same for the pools that charts make."""
    made = chart_pools(context.bundle)
    # Branches of a script may install one release in several ways.
    open_end = {(x.namespace, x.name) for x in made if not x.ports}
    for pool in made:
        own = (pool.namespace, pool.name)
        ports = {n for x in made if (x.namespace, x.name) == own for n in x.ports}
        pods = links.selected(pool.namespace, pool.labels) if pool.labels else []
        open_ports = [listened(one) for one in pods]
        there = set().union(*open_ports)
        if pods and all(open_ports) and own not in open_end and not there & ports:
            said = ", ".join(map(str, sorted(there)))
            yield violation(
                f"the model servers listen on {said}, and InferencePool {pool.name} of "
                f"{pool.chart} has the target port {pool.ports[0]}",
                pool.place("ports"),
                pods[0].owner.place("metadata", "name", note="the servers"),
                remedy="Set targetPorts in the values to a port on which the servers listen.",
            )


def _others(pool: Resource, pods: list[Pods], numbers: list[int]) -> Violations:
    """Pods of a pool that declare ports, and none of the pool's, beside others that do."""
    ports = [{number for _, number in one.ports() if number} for one in pods]
    for one, has in zip(pods, ports, strict=True):
        if has and not has & set(numbers) and any(set(numbers) & some for some in ports):
            said = ", ".join(map(str, sorted(has)))
            yield violation(
                f"the pool selects {one.owner.kind} {one.owner.name} as well, which listens on "
                f"{said}, not on {numbers[0]}",
                Place(pool, ("spec", "selector")),
                one.owner.place("metadata", "name"),
                severity=Severity.WARNING,
            )


def _of_some(pool: Resource, pods: list[Pods], targets: list[tuple[Path, Any]]) -> Violations:
    """Target ports that some Pods of a pool declare, and others do not have."""
    ports = [{number for _, number in one.ports() if number} for one in pods]
    for path, number in targets if len(targets) > 1 else ():
        for one, has in zip(pods, ports, strict=True):
            first = targets[0][1] in has
            if first and number not in has and listened(one) and any(number in p for p in ports):
                yield violation(
                    f"the endpoint picker also sends requests to port {number} of "
                    f"{one.owner.kind} {one.owner.name}, which does not listen on it",
                    Place(pool, path),
                    one.owner.place("metadata", "name"),
                    severity=Severity.WARNING,
                )


def _of_kserve(pods: list[Pods]) -> bool:
    return all(p.owner.service is not None for p in pods)
