"""The Deployments of model servers that a chart makes of its values.

This is what `llm-d-modelservice` renders: Pods with the labels of the model and their role, and a
server whose port, parallelism, name and token are written elsewhere in the values. Values that the
input does not show in whole make no Deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.catalog.charts import meaning
from stackgen.facts.chart_pools import release_of, whole_values
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.object_references import plain_name
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource

_LONGEST = 55  # characters of a name before `-decode`
_OWN = ("modelCommand", "mountModelVolume", "extraConfig")
_POD: Path = ("spec", "template", "spec")


def chart_servers(bundle: Bundle) -> list[Resource]:
    """The Deployments, found once. A place in one is that of the value that it comes from."""
    return bundle.once(_chart_servers)


def _chart_servers(bundle: Bundle) -> list[Resource]:
    return [made for install in installs(bundle) for made in _of_install(install)]


def _of_install(install: Install) -> Iterator[Resource]:
    rules = meaning()["rules"].get(install.chart.chart, {})
    release, values = release_of(install), install.values
    if not rules.get("servers") or not plain_name(release) or not whole_values(install):
        return
    # Groups of several hosts, and launchers, are other objects.
    if values.get("multinode") or at(values, "requester", "enable"):
        return
    chart = install.chart.chart
    base = release if chart in release else f"{release}-{chart}"
    base = text(values.get("fullnameOverride")) or base
    for (role,) in map(tuple, rules["servers"]):
        part = as_dict(values.get(role))
        if part.get("create", True) is not False and part.get("containers"):
            name = f"{base[:_LONGEST].rstrip('-')}-{role}"
            yield _deployment(install, rules, role, part, name)


def _deployment(
    install: Install, rules: Any, role: str, part: dict[str, Any], name: str
) -> Resource:
    values = install.values
    labels = {**as_dict(at(values, "modelArtifacts", "labels")), "llm-d.ai/role": role}
    containers = [_server(values, rules, role, part, one) for _, one in maps(part["containers"])]
    pod: dict[str, Any] = {**as_dict(part.get("extraConfig")), "containers": containers}
    for key in ("volumes", "nodeSelector", "tolerations", "initContainers"):
        if part.get(key):
            pod[key] = part[key]
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": install.namespace},
        "spec": {
            "replicas": part.get("replicas", 1),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    by = install.parts[0].by

    def pieces(path: Path) -> tuple[Resource, Path]:
        value = _value(role, path)
        while len(value) > 1 and at(values, *value) is None:
            value = value[:-1]
        found = install.place(*value)
        return found.resource or by, found.path

    return replace(by, data=made, pieces=pieces)


def _value(role: str, path: Path) -> Path:
    """Where the values have what is at a path of the Deployment."""
    inner = path[len(_POD) :]
    if path[: len(_POD)] != _POD or not inner:
        return ("modelArtifacts", "labels") if "labels" in path else (role,)
    if inner[:1] == ("containers",) and "command" in inner:
        return (role, *inner[:2], "modelCommand")
    if inner[0] in ("containers", "volumes", "initContainers", "tolerations"):
        return (role, *inner)
    return (role, "extraConfig", *inner)


def _server(
    values: dict[str, Any], rules: Any, role: str, part: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    """A container with the command, the port and the token that the chart gives it."""
    made = {**as_dict(given.get("extraConfig")), **given}
    made = {key: value for key, value in made.items() if key not in _OWN}
    if given.get("modelCommand") in rules["command"].values():
        made |= _command(values, role, part, given)
    secret = text(at(values, "modelArtifacts", "authSecretName"))
    if secret:
        token = {
            "name": "HF_TOKEN",
            "valueFrom": {"secretKeyRef": {"name": secret, "key": "HF_TOKEN"}},
        }
        made["env"] = [*as_list(given.get("env")), token]
    return made


def _command(
    values: dict[str, Any], role: str, part: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    uri = text(at(values, "modelArtifacts", "uri"))
    command = ["vllm", "serve"]
    if uri.startswith("hf://") and plain(uri):
        command.append(uri.removeprefix("hf://"))
    else:
        command.append("$(MODEL)")  # not known
    routing = as_dict(values.get("routing"))
    direct = role != "decode" or at(routing, "proxy", "enabled") is False
    port = routing.get("servicePort", 8000) if direct else at(routing, "proxy", "targetPort")
    command += ["--port", str(port or 8200)]
    parallel = as_dict(part.get("parallelism"))
    for key, flag in (("tensor", "--tensor-parallel-size"), ("data", "--data-parallel-size")):
        if isinstance(parallel.get(key), int) and parallel[key] > 1:
            command += [flag, str(parallel[key])]
    served = text(at(values, "modelArtifacts", "name"))
    if served:
        command += ["--served-model-name", served]
    return {"command": command, "args": as_list(given.get("args"))}
