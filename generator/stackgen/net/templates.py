"""The pods that a template describes: labels, named ports, network of the host."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.net.addresses import network
from stackgen.net.model import Pod
from stackgen.net.selectors import labels_of


def pod_of_template(resource: Resource, template: dict[str, Any], name: str, kind: str = "") -> Pod:
    """The pods called `name` that `template` describes; `resource` is the object behind them."""
    spec = template.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    status = template.get("status")
    address = status.get("podIP") if isinstance(status, dict) else None
    return Pod(
        resource.namespace or "default", name, kind or resource.kind,
        labels_of(template.get("metadata")), _named_ports(spec),
        host_network=spec.get("hostNetwork") is True,
        addresses=network(address), resource=resource, spec=spec,
    )  # fmt: skip


def _named_ports(spec: dict[str, Any]) -> dict[tuple[str, str], int]:
    found = {}
    for field in ("initContainers", "containers"):
        containers = spec.get(field)
        for container in containers if isinstance(containers, list) else ():
            ports = container.get("ports") if isinstance(container, dict) else None
            for port in ports if isinstance(ports, list) else ():
                if isinstance(port, dict) and isinstance(port.get("containerPort"), int):
                    key = (str(port.get("protocol") or "TCP"), str(port.get("name") or ""))
                    if key[1]:
                        found[key] = port["containerPort"]
    return found
