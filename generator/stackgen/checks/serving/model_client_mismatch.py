"""A client whose path or model name does not fit the server of its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.isvc_services import PredictorService, predictor_services
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.pod_templates import pod_parts
from stackgen.facts.service_addresses import ServiceAddress, addresses_in
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex
from stackgen.spelling import nearest


@record
class Client:
    """One address with a model. based: the client adds the path of the API to the address.

    model: "" where it is not known. model_path: where it stands.
    """

    by: Resource
    path: Path
    address: ServiceAddress
    based: bool
    model: str
    model_path: Path


def check(context: Context) -> Violations:
    """One finding for each client and mistake, where all servers behind the address are engines."""
    yield from _embedded(context)
    links, predictors = chain(context), predictor_services(context)
    served: ServedNames | None = None
    for client in _clients(context):
        pods = _servers(links, predictors, client)
        if not pods:
            continue
        served = served or ServedNames(context)
        lines = [run.line for one in pods for run in served.runs(one)]
        if not lines or not all(served.runs(one) for one in pods):
            continue
        root = any("root-path" in line.flags for line in lines)
        if client.based and not root and not client.address.rest.strip("/"):
            yield violation(
                "the address has no path /v1, to which the client adds /chat/completions",
                Place(client.by, client.path),
            )
        names = served.of(pods)
        if client.model and names and client.model not in names:
            close = nearest(client.model, sorted(names))
            yield violation(
                f"Service {client.address.name} serves {', '.join(map(visible, sorted(names)))}, "
                f"not {visible(client.model)}"
                + (f'; did you mean "{visible(close)}"?' if close else ""),
                Place(client.by, client.model_path),
                Place(pods[0].owner.resource, lines[0].path, note="the server"),
                severity=None if client.based else Severity.WARNING,
            )


def _servers(links: Chain, predictors: list[PredictorService], client: Client) -> list[Pods]:
    """The Pods behind the address."""
    space, name = client.address.namespace or client.by.namespace, client.address.name
    for one in predictors:
        if one.by.namespace == space and name in (one.name, one.by.name):
            parts = [part for _, part in pod_parts(one.by)]
            owner = next(o for o in links.of("InferenceService") if o.resource is one.by)
            return [Pods(owner, {}, part) for part in parts]
    services = links.nearest("Service", space, name, client.by, "")
    wanted = as_dict(services[0].get("spec", "selector")) if services else {}
    return links.selected(services[0].namespace, wanted) if wanted else []


def _clients(context: Context) -> Iterator[Client]:
    rows = _rows()
    for pod in pod_specs(context):
        for path, container in pod.containers():
            yield from _of_container(pod.resource, (*pod.path, *path), container, rows)
    for config, path, found in _routers(context):
        yield from _of_router(config, path, found, rows["routers"])


def _routers(context: Context) -> Iterator[tuple[Resource, Path, Mapping[str, Any]]]:
    """The configurations of LiteLLM in ConfigMaps."""
    for config in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(config.get("data")).items():
            if isinstance(value, str) and "model_list:" in value:
                for document in parse(value, str(key), learning=False):
                    yield config, ("data", key), as_dict(document.data)


def _embedded(context: Context) -> Violations:
    """A provider of LiteLLM that runs an engine in the proxy, beside the address of a server."""
    for config, path, found in _routers(context):
        for _, entry in maps(found.get("model_list")):
            given = as_dict(entry.get("litellm_params"))
            model = text(given.get("model"))
            provider = model.partition("/")[0]
            if provider in _rows()["routers"]["embedded"] and text(given.get("api_base")):
                yield violation(
                    f"{visible(model)} runs {provider} in LiteLLM and calls no server; the "
                    f"provider of a server is hosted_{provider}",
                    Place(config, path),
                )


def _of_container(
    by: Resource, path: Path, container: Mapping[str, Any], rows: Mapping[str, Any]
) -> Iterator[Client]:
    """The variables of a container: the only address of a server, and the only name of a model."""
    env = [
        (i, text(one.get("name")), one["value"])
        for i, one in maps(container.get("env"))
        if isinstance(one.get("value"), str)
    ]
    bases = [one for one in env if regex(rows["addresses"]).fullmatch(one[1])]
    models = [one for one in env if regex(rows["models"]).fullmatch(one[1]) and plain(one[2])]
    for i, name, value in bases:
        found = list(addresses_in(value, (*path, "env", i, "value")))
        alone = len(bases) == len(models) == len(found) == 1 and bool(models[0][2])
        j, _, model = models[0] if alone else (0, "", "")
        for one in found:
            based = bool(regex(rows["based"]).fullmatch(name))
            yield Client(by, one.path, one, based, model, (*path, "env", j, "value"))


def _of_router(
    by: Resource, path: Path, config: Mapping[str, Any], rows: Mapping[str, Any]
) -> Iterator[Client]:
    """The models of a configuration of LiteLLM."""
    for _, entry in maps(config.get("model_list")):
        given = as_dict(entry.get("litellm_params"))
        provider, _, model = text(given.get("model")).partition("/")
        if provider in rows["providers"]:
            based = provider in rows["based"]
            for one in addresses_in(text(given.get("api_base")), path):
                yield Client(by, path, one, based, model if plain(model) else "", path)


@cache
def _rows() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "model_clients.yaml")
    return found
