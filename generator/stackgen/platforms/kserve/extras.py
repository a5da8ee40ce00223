"""What a service can ask for besides its model: traces, tiers of the KV cache, devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts import quantity
from stackgen.facts.shape import as_dict, maps
from stackgen.platforms.kserve.names import MAIN, Names, name_of, obj
from stackgen.platforms.kserve.release import Controller

_DEVICES = "serving.kserve.io/exp-dra-"
_CLAIM = "managed-device"
_TRACED = ("exporterEndpoint", "exporter", "sampler", "samplerArg")
Pod = dict[str, Any]


def with_offloading(offloading: dict[str, Any], pod: Pod) -> None:
    """Mounts a volume for each further tier of the KV cache."""
    for i, tier in maps(offloading.get("secondary")):
        files = as_dict(tier.get("fileSystem"))
        claim, empty = as_dict(files.get("pvc")), as_dict(files.get("emptyDir"))
        mount = {"name": f"kv-cache-secondary-{i}", "mountPath": f"/mnt/kv-cache-{i}"}
        volume: dict[str, Any] = {"name": mount["name"]}
        if empty:
            volume["emptyDir"] = {"sizeLimit": empty.get("size")}
        elif "spec" in claim:
            volume["ephemeral"] = {"volumeClaimTemplate": {"spec": claim["spec"]}}
        elif "ref" in claim:
            ref = as_dict(claim["ref"])
            volume["persistentVolumeClaim"] = {"claimName": ref.get("name")}
            if ref.get("path"):
                mount["subPath"] = str(ref["path"])
        else:
            continue
        pod.setdefault("volumes", []).append(volume)
        for container in _main(pod):
            container.setdefault("volumeMounts", []).append(mount)
            if empty:
                _request(container, str(empty.get("size")))


def _request(container: dict[str, Any], size: str) -> None:
    """Adds the size to the container's request for local storage."""
    asked = container.setdefault("resources", {}).setdefault("requests", {})
    before = asked.get("ephemeral-storage")
    if before is not None:
        total = quantity.parse(str(before)) + quantity.parse(size)
        size = f"{total.normalize():f}"
    asked["ephemeral-storage"] = size


def _main(pod: Pod) -> Iterator[dict[str, Any]]:
    return (c for _, c in maps(pod.get("containers")) if c.get("name") == MAIN)


def server_tracing(
    tracing: dict[str, Any], namespace: str, name: str, *, prefill: bool, pod: Pod
) -> None:
    """vLLM's flags and variables for traces; none without an endpoint."""
    endpoint = str(tracing.get("exporterEndpoint") or "")
    for container in list(_main(pod))[:1] if endpoint else ():
        arguments = container.setdefault("args", [])
        for flag, value in (
            ("--otlp-traces-endpoint", endpoint), ("--collect-detailed-traces", "all"),
        ):  # fmt: skip
            if not _given(arguments, flag):
                arguments += [flag, value]
        role = "inference-server-prefill" if prefill else "inference-server-decode"
        _variables(container, role, tracing, namespace, name)


def scheduler_tracing(
    tracing: dict[str, Any], namespace: str, name: str, container: dict[str, Any]
) -> None:
    """The same for the endpoint picker."""
    arguments = container.setdefault("args", [])
    if not _given(arguments, "--tracing") and not _given(arguments, "-tracing"):
        arguments.append("--tracing=true")
    _variables(container, "inference-scheduler", tracing, namespace, name)


def _given(arguments: list[Any], flag: str) -> bool:
    return any(a == flag or str(a).startswith(flag + "=") for a in arguments)


def _variables(
    container: dict[str, Any], service: str, tracing: dict[str, Any], namespace: str, name: str
) -> None:
    endpoint, exporter, sampler, argument = (str(tracing.get(key) or "") for key in _TRACED)
    node, pod = "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME", "OTEL_RESOURCE_ATTRIBUTES_POD_NAME"
    told = (
        f"k8s.namespace.name={namespace},k8s.node.name=$({node}),k8s.pod.name=$({pod}),"
        f"llmisvc.name={name}"
    )
    wanted: list[dict[str, Any]] = [
        {"name": "OTEL_SERVICE_NAME", "value": service},
        {
            "name": "OTEL_EXPORTER_OTLP_ENDPOINT",
            "value": endpoint,
        },
        {"name": "OTEL_TRACES_EXPORTER", "value": exporter},
        {"name": "OTEL_TRACES_SAMPLER", "value": sampler},
        {"name": "OTEL_TRACES_SAMPLER_ARG", "value": argument},
        {"name": node, "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": pod, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "OTEL_RESOURCE_ATTRIBUTES", "value": told},
    ]
    env = container.setdefault("env", [])
    known = {e.get("name") for _, e in maps(env)}
    env += [e for e in wanted if e["name"] not in known]


def with_devices(controller: Controller, service: dict[str, Any], pods: list[Pod]) -> None:
    """Claims the devices that the service's annotations ask for, for each pod."""
    asked = _devices(controller, service)
    if "device-class" not in asked:
        return
    template = Names(name_of(service)[1]).child("-managed-dra")
    for pod in pods:
        claims = pod.setdefault("resourceClaims", [])
        if all(c.get("name") != _CLAIM for _, c in maps(claims)):
            claims.append({"name": _CLAIM, "resourceClaimTemplateName": template})
        containers = [c for _, c in maps(pod.get("containers"))]
        wanted = asked.get("container-name")
        chosen = [c for c in containers if c.get("name") == wanted] if wanted else containers
        for container in chosen[:1]:
            taken = container.setdefault("resources", {}).setdefault("claims", [])
            if all(c.get("name") != _CLAIM for _, c in maps(taken)):
                taken.append({"name": _CLAIM})


def devices(controller: Controller, service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The ResourceClaimTemplate of the service's devices."""
    asked = _devices(controller, service)
    if "device-class" not in asked:
        return
    namespace, name = name_of(service)
    request: dict[str, Any] = {"deviceClassName": asked["device-class"]}
    count = asked.get("device-count", "1")
    if count.isdecimal() and int(count) > 1:
        request["count"] = int(count)
    lines = [line.strip() for line in asked.get("cel-selector", "").splitlines()]
    if any(lines):
        request["selectors"] = [{"cel": {"expression": line}} for line in lines if line]
    body = {"spec": {"devices": {"requests": [{"name": "device", "exactly": request}]}}}
    yield obj(
        "resource.k8s.io/v1", "ResourceClaimTemplate", namespace,
        Names(name).child("-managed-dra"), {}, {"spec": body},
    )  # fmt: skip


def _devices(controller: Controller, service: dict[str, Any]) -> dict[str, str]:
    """The annotations about devices, by what follows their prefix."""
    told = as_dict(as_dict(service.get("metadata")).get("annotations"))
    if "devices" not in controller.fields:
        return {}
    return {
        str(k).removeprefix(_DEVICES): str(v).strip()
        for k, v in told.items()
        if str(k).startswith(_DEVICES) and str(v).strip()
    }
