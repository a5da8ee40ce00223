"""Containers and init containers of a pod."""

from __future__ import annotations

from typing import Any

from stackgen.record import record
from stackgen.schema import syntax
from stackgen.schema.native.env import check_env, check_env_from
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.mounts import check_devices, check_mounts
from stackgen.schema.native.probes import PROBES, check_lifecycle, check_probe
from stackgen.schema.native.report import show
from stackgen.schema.native.resources import check_requirements
from stackgen.schema.native.security import check_container_security

PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
RESTART_POLICIES = ("Always", "Never", "OnFailure")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_SIDECAR_ONLY = ("lifecycle", *PROBES)


@record
class PodContext:
    """What the containers of a Pod need to know of it.

    volumes: by name, also those that claims of a StatefulSet add. claims: names of resource
    claims. grace: termination grace period in seconds. bare: a Pod, not a template.
    """

    volumes: dict[str, dict[str, Any]]
    claims: set[str]
    grace: int
    restart: str
    host_users: bool
    bare: bool


def check_containers(spec: Fields, pod: PodContext) -> None:
    """`containers` and `initContainers` of a Pod spec."""
    names: set[str] = set()
    host_ports: set[tuple[str, str, int]] = set()
    spec.needs("containers", "a Pod has at least one container")
    for container in spec.items("containers"):
        _check_container(container, names, host_ports, pod)
    for container in spec.items("initContainers"):
        _check_container(container, names, set(), pod, init=True)


def _check_container(
    container: Fields,
    names: set[str],
    host_ports: set[tuple[str, str, int]],
    pod: PodContext,
    init: bool = False,
) -> None:
    if container.needs_name("name", syntax.dns_label):
        container.unique("name", names, "container name")
    names.add(container.get("name", ""))
    image = container.get("image")
    if container.needs("image") and pod.bare and image != image.strip():
        wrong = "must not begin or end with white space"
        container.report.syntax(container.at("image"), image, wrong)
    container.enum("imagePullPolicy", PULL_POLICIES, empty=True)
    container.enum("terminationMessagePolicy", _MESSAGE_POLICIES, empty=True)
    check_ports(container)
    check_env(container, pod.volumes)
    check_env_from(container)
    if "volumeMounts" in container or "volumeDevices" in container:
        check_mounts(container, pod.volumes)
        check_devices(container, pod.volumes)
    if "resources" in container:
        check_requirements(container.inner("resources"), pod.claims)
    _check_resize(container, pod)
    if "securityContext" in container:
        check_container_security(container.inner("securityContext"), pod.host_users)
    if not init or container.get("restartPolicy") == "Always":
        for kind in PROBES:
            if kind in container:
                check_probe(kind, container.inner(kind))
        if "lifecycle" in container:
            check_lifecycle(container.inner("lifecycle"), pod.grace)
    else:
        container.forbidden("only for init containers that restart Always", *_SIDECAR_ONLY)
    for port in container.items("ports"):
        number = port.get("hostPort", 0)
        key = (port.get("protocol") or "TCP", port.get("hostIP", ""), number)
        if number and key in host_ports:
            port.report.duplicate(port.at("hostPort"), number, "host port")
        host_ports.add(key)
    _check_restart(container)


def check_ports(container: Fields) -> None:
    names: set[str] = set()
    for port in container.items("ports"):
        if port.name("name", syntax.port_name, empty=True):
            port.unique("name", names, "port name")
        names.add(port.get("name", ""))
        if port.needs("containerPort"):
            port.port("containerPort")
        port.port("hostPort", empty=True)
        port.enum("protocol", PROTOCOLS, empty=True)


def _check_resize(container: Fields, pod: PodContext) -> None:
    seen: set[str] = set()
    for policy in container.items("resizePolicy"):
        policy.needs_enum("resourceName", ("cpu", "memory"))
        name = policy.get("resourceName", "")
        if name in seen:
            policy.report.duplicate(policy.at("resourceName"), name, "resource")
        seen.add(name)
        policy.needs_enum("restartPolicy", ("NotRequired", "RestartContainer"))
        if policy.get("restartPolicy") == "RestartContainer" and pod.restart == "Never":
            policy.wrong("restartPolicy", "the Pod's restartPolicy is Never")


def _check_restart(container: Fields) -> None:
    container.enum("restartPolicy", RESTART_POLICIES)
    if container.get("restartPolicyRules"):
        container.is_set("restartPolicy", "restart rules need it")
    container.at_most("restartPolicyRules", 20, "rules")
    for rule in container.items("restartPolicyRules"):
        action, codes = rule.get("action", ""), rule.inner("exitCodes")
        rule.report.enum(rule.at("action"), action, ("Restart", "RestartAllContainers"))
        if not rule.is_set("exitCodes"):
            continue
        codes.report.enum(codes.at("operator"), codes.get("operator", ""), ("In", "NotIn"))
        count = len(codes.get("values") or ())
        if not 1 <= count <= 255:
            message = f"{count} values: between 1 and 255 are allowed"
            codes.report.length(codes.at("values"), message)
        codes.distinct("values", "exit code")


def check_host_network(spec: Fields) -> None:
    """On the host's network a host port can only be the container's port."""
    for container in (*spec.items("containers"), *spec.items("initContainers")):
        for port in container.items("ports"):
            host, number = port.get("hostPort", 0), port.get("containerPort", 0)
            if host and host != number:
                message = f"must be containerPort {show(number)} when hostNetwork is true"
                port.wrong("hostPort", message)
