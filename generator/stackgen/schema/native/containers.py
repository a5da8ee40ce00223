"""Containers and init containers of a pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.schema.native import syntax
from stackgen.schema.native.env import check_env, check_env_from
from stackgen.schema.native.mounts import check_devices, check_mounts
from stackgen.schema.native.probes import PROBES, check_lifecycle, check_probe
from stackgen.schema.native.report import Report, show
from stackgen.schema.native.resources import check_requirements
from stackgen.schema.native.security import check_container_security

PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
RESTART_POLICIES = ("Always", "Never", "OnFailure")
_SIDECAR_ONLY = ("lifecycle", *PROBES)


@record
class PodContext:
    """What the containers of a pod need to know of it.

    volumes: by name, also those that claims of a StatefulSet add. claims: names of resource
    claims. grace: termination grace period in seconds. bare: a Pod, not a template.
    """

    volumes: dict[str, dict[str, Any]]
    claims: set[str]
    grace: int
    restart: str
    host_users: bool
    bare: bool


def check_containers(spec: dict[str, Any], pod: PodContext, path: Path, report: Report) -> None:
    """`containers` and `initContainers` of the pod spec at `path`."""
    names: set[str] = set()
    used_ports: set[tuple[str, str, int]] = set()
    containers = spec.get("containers") or ()
    if not containers:
        report.required((*path, "containers"), "a pod has at least one container")
    for i, container in enumerate(containers):
        where = (*path, "containers", i)
        _check_common(container, names, pod, where, report)
        _check_hooks(container, pod, where, report)
        _check_host_ports(container, used_ports, where, report)
        _check_restart(container, where, report)
    for i, container in enumerate(spec.get("initContainers") or ()):
        where = (*path, "initContainers", i)
        _check_common(container, names, pod, where, report)
        if container.get("restartPolicy") == "Always":
            _check_hooks(container, pod, where, report)
        else:
            for field in _SIDECAR_ONLY:
                if field in container:
                    report.wrong((*where, field), "only for init containers that restart Always")
        _check_host_ports(container, set(), where, report)
        _check_restart(container, where, report)


def _check_common(
    container: dict[str, Any], names: set[str], pod: PodContext, path: Path, report: Report
) -> None:
    name = container.get("name", "")
    if not name:
        report.required((*path, "name"))
    elif syntax.dns_label(name):
        report.name((*path, "name"), name, syntax.dns_label(name))
    elif name in names:
        report.duplicate((*path, "name"), name, "container name")
    names.add(name)
    image = container.get("image", "")
    if not image:
        report.required((*path, "image"))
    elif pod.bare and image != image.strip():
        report.syntax((*path, "image"), image, "must not begin or end with white space")
    _check_enum(container, "imagePullPolicy", PULL_POLICIES, path, report)
    allowed = ("FallbackToLogsOnError", "File")
    _check_enum(container, "terminationMessagePolicy", allowed, path, report)
    if "ports" in container:
        check_ports(container["ports"], (*path, "ports"), report)
    if "env" in container:
        check_env(container["env"], pod.volumes, (*path, "env"), report)
    if "envFrom" in container:
        check_env_from(container["envFrom"], (*path, "envFrom"), report)
    if "volumeMounts" in container or "volumeDevices" in container:
        check_mounts(container, pod.volumes, path, report)
        check_devices(container, pod.volumes, path, report)
    if "resources" in container:
        check_requirements(container["resources"], pod.claims, (*path, "resources"), report)
    if "resizePolicy" in container:
        _check_resize(container["resizePolicy"], pod, (*path, "resizePolicy"), report)
    if "securityContext" in container:
        where = (*path, "securityContext")
        check_container_security(container["securityContext"], pod.host_users, where, report)


def _check_enum(
    container: dict[str, Any], field: str, allowed: tuple[str, ...], path: Path, report: Report
) -> None:
    value = container.get(field)
    if value and value not in allowed:
        report.enum((*path, field), value, allowed)


def _check_hooks(container: dict[str, Any], pod: PodContext, path: Path, report: Report) -> None:
    for kind in PROBES:
        if kind in container:
            check_probe(kind, container[kind], (*path, kind), report)
    if "lifecycle" in container:
        check_lifecycle(container["lifecycle"], pod.grace, (*path, "lifecycle"), report)


def check_ports(ports: list[dict[str, Any]], path: Path, report: Report) -> None:
    names: set[str] = set()
    for i, port in enumerate(ports):
        where = (*path, i)
        name = port.get("name", "")
        if name and syntax.port_name(name):
            report.name((*where, "name"), name, syntax.port_name(name))
        elif name and name in names:
            report.duplicate((*where, "name"), name, "port name")
        names.add(name)
        number = port.get("containerPort", 0)
        if not number:
            report.required((*where, "containerPort"))
        elif syntax.port_number(number):
            report.range((*where, "containerPort"), number, syntax.port_number(number))
        host = port.get("hostPort", 0)
        if host and syntax.port_number(host):
            report.range((*where, "hostPort"), host, syntax.port_number(host))
        protocol = port.get("protocol") or "TCP"
        report.enum((*where, "protocol"), protocol, PROTOCOLS)


def _check_host_ports(
    container: dict[str, Any], used: set[tuple[str, str, int]], path: Path, report: Report
) -> None:
    for i, port in enumerate(container.get("ports") or ()):
        number = port.get("hostPort", 0)
        if number:
            key = (port.get("protocol") or "TCP", port.get("hostIP", ""), number)
            if key in used:
                report.duplicate((*path, "ports", i, "hostPort"), number, "host port")
            used.add(key)


def _check_resize(
    policies: list[dict[str, Any]], pod: PodContext, path: Path, report: Report
) -> None:
    seen: set[str] = set()
    for i, policy in enumerate(policies):
        where = (*path, i)
        name, restart = policy.get("resourceName", ""), policy.get("restartPolicy", "")
        if not name:
            report.required((*where, "resourceName"))
        elif name not in ("cpu", "memory"):
            report.enum((*where, "resourceName"), name, ("cpu", "memory"))
        if name in seen:
            report.duplicate((*where, "resourceName"), name, "resource")
        seen.add(name)
        allowed = ("NotRequired", "RestartContainer")
        if not restart:
            report.required((*where, "restartPolicy"))
        elif restart not in allowed:
            report.enum((*where, "restartPolicy"), restart, allowed)
        elif restart == "RestartContainer" and pod.restart == "Never":
            report.wrong((*where, "restartPolicy"), "the pod's restartPolicy is Never")


def _check_restart(container: dict[str, Any], path: Path, report: Report) -> None:
    policy = container.get("restartPolicy")
    if policy is not None and policy not in RESTART_POLICIES:
        report.enum((*path, "restartPolicy"), policy, RESTART_POLICIES)
    rules = container.get("restartPolicyRules") or ()
    where = (*path, "restartPolicyRules")
    if rules and policy is None:
        report.required((*path, "restartPolicy"), "restart rules need it")
    if len(rules) > 20:
        report.length(where, f"{len(rules)} rules: at most 20")
    for i, rule in enumerate(rules):
        _check_restart_rule(rule, (*where, i), report)


def _check_restart_rule(rule: dict[str, Any], path: Path, report: Report) -> None:
    action = rule.get("action", "")
    report.enum((*path, "action"), action, ("Restart", "RestartAllContainers"))
    codes = rule.get("exitCodes")
    if codes is None:
        report.required((*path, "exitCodes"))
        return
    operator, values = codes.get("operator", ""), codes.get("values") or ()
    where = (*path, "exitCodes")
    report.enum((*where, "operator"), operator, ("In", "NotIn"))
    if not 1 <= len(values) <= 255:
        report.length((*where, "values"), f"{len(values)} values: between 1 and 255 are allowed")
    for i, value in enumerate(values):
        if value in values[:i]:
            report.duplicate((*where, "values", i), value, "exit code")


def all_containers(spec: dict[str, Any], path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """Every container of a pod spec with its path."""
    for field in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(field) or ()):
            yield container, (*path, field, i)


def check_host_network(spec: dict[str, Any], path: Path, report: Report) -> None:
    """On the host's network a host port can only be the container's port."""
    for container, where in all_containers(spec, path):
        for i, port in enumerate(container.get("ports") or ()):
            host, number = port.get("hostPort", 0), port.get("containerPort", 0)
            if host and host != number:
                message = f"must be containerPort {show(number)} when hostNetwork is true"
                report.wrong((*where, "ports", i, "hostPort"), message)
