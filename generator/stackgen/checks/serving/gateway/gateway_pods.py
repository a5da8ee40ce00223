"""What a ConfigMap for a Gateway of Istio says of the Pods of the Gateway.

Source: https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record

_FIELD: Path = ("data", "deployment")
_CLASSES = ("istio", "istio-remote")
# The volumes of the template that Istio has for gateways, also in older versions.
_VOLUMES = frozenset({
    "workload-socket", "credential-socket", "workload-certs", "istio-envoy", "istio-data",
    "istio-podinfo", "istio-token", "istiod-ca-cert", "istio-ca-crl", "lightstep-certs",
    "istio-kubernetes-token", "file-flush", "certs",
})  # fmt: skip


@record
class GatewayPods:
    """config: the ConfigMap. path: where it speaks of the Pods. spec: the part of their spec."""

    config: Resource
    path: Path
    spec: dict[str, Any]


def gateway_pods(context: Context) -> Iterator[GatewayPods]:
    """One for each ConfigMap that a Gateway of the input names."""
    refs = [
        (one.namespace, as_dict(one.get("spec", "infrastructure", "parametersRef")))
        for one in chain(context).of("Gateway", GATEWAY_API)
        if one.get("spec", "gatewayClassName") in _CLASSES
    ]
    named = {(space, ref.get("name")) for space, ref in refs if ref.get("kind") == "ConfigMap"}
    for config in context.bundle.of_kind("ConfigMap", "") if named else ():
        if (config.namespace, config.name) not in named:
            continue
        for document in parse(text(config.get(*_FIELD)), config.file):
            spec = as_dict(at(document.data, "spec", "template", "spec"))
            if spec and not document.problems:
                yield GatewayPods(config, _FIELD, spec)


def unknown_mounts(pods: GatewayPods) -> list[str]:
    """The names in volumeMounts that are no volume of the Pods."""
    known = {text(one.get("name")) for _, one in maps(pods.spec.get("volumes"))} | _VOLUMES
    return [
        name
        for key in ("containers", "initContainers")
        for _, container in maps(pods.spec.get(key))
        for _, mount in maps(container.get("volumeMounts"))
        if (name := text(mount.get("name"))) and plain(name) and name not in known
    ]
