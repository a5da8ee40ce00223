"""A client whose path or model name does not fit the server of its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, Pods, chain
from stackgen.checks.serving.engine_runs import EngineRun
from stackgen.checks.serving.engines.asked_models import asked_models
from stackgen.checks.serving.engines.chart_clients import chart_clients
from stackgen.checks.serving.engines.model_routers import (
    Router,
    router_names,
    routers,
    unknown_fallbacks,
)
from stackgen.checks.serving.forwards import forwarded
from stackgen.checks.serving.gateway.ai_gateway_models import routed_models
from stackgen.checks.serving.isvc_services import PredictorService, predictor_services
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.served_names import ServedNames
from stackgen.digits import to_int
from stackgen.escape import visible
from stackgen.facts.command_line import CommandLine
from stackgen.facts.containers import words
from stackgen.facts.generated_config import generated_literals
from stackgen.facts.pod_templates import pod_parts
from stackgen.facts.service_addresses import ServiceAddress, addresses_in
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex
from stackgen.spelling import nearest

_CERTIFICATE = "ssl-certfile"


@record
class Client:
    """One address with a model. based: the client adds the path of the API to the address.

    model: "" where it is not known. model_path: where it stands. context: the tokens that it sends
    at the most, and where that is said.
    """

    by: Resource
    path: Path
    address: ServiceAddress
    based: bool
    model: str
    model_path: Path
    context: tuple[int, Path] | None = None


def check(context: Context) -> Violations:
    """One finding for each client and mistake, where all servers behind the address are engines."""
    yield from _embedded(context)
    yield from unknown_fallbacks(context)
    links, predictors = chain(context), predictor_services(context)
    asked = list(_forwarded(context, links))
    yield from asked_models(context, {id(one.by) for one in asked})
    served: ServedNames | None = None
    for client in (*_clients(context), *asked, *_routed(links)):
        pods = _servers(links, predictors, client)
        if not pods:
            continue
        groups = set[str]().union(*(router_names(context, one) for one in pods))
        if groups and client.model and not _asks(client, groups):
            yield _unserved(client, groups, Place(pods[0].owner.resource, ("spec",)))
        served = served or ServedNames(context)
        lines = [run.line for one in pods for run in served.runs(one)]
        if not all(served.known(one) for one in pods):
            continue
        root = any("root-path" in line.flags for line in lines)
        if client.based and not root and not client.address.rest.strip("/"):
            yield violation(
                "the address has no path /v1, to which the client adds /chat/completions",
                Place(client.by, client.path),
            )
        yield from _by_scheme(context, client, pods, lines)
        yield from _too_long(client, [run for one in pods for run in served.runs(one)])
        names = served.of(pods)
        if client.model and names and not _asks(client, names):
            said = lines[0].path if lines else ("spec", "model")
            yield _unserved(client, names, Place(pods[0].owner.resource, said))


def _by_scheme(
    context: Context, client: Client, pods: list[Pods], lines: list[CommandLine]
) -> Violations:
    """An address for plain HTTP of servers with TLS, or the contrary.

    A DestinationRule may add TLS on the way.
    """
    scheme, name = client.address.scheme, client.address.name
    secure = {_CERTIFICATE in line.flags for line in lines}
    hosts = [text(x.get("spec", "host")) for x in context.bundle.of_kind("DestinationRule")]
    if len(secure) != 1 or any(host.partition(".")[0] in (name, "*", "") for host in hosts):
        return
    if scheme == "http" and secure == {True}:
        yield violation(
            f"the address begins with http://, and the servers of Service {name} use TLS "
            f"(--{_CERTIFICATE})",
            Place(client.by, client.path),
            remedy="Write https:// in the address.",
        )
    # A proxy in the Pods, and the presets of a platform, may add TLS.
    alone = all(len(list(maps(x.spec.get("containers")))) == 1 for x in pods)
    known = alone and all(line.complete and "config" not in line.flags for line in lines)
    own = not any(one.owner.service for one in pods) and client.address.given
    if scheme == "https" and secure == {False} and known and own:
        yield violation(
            f"the address begins with https://, and the servers of Service {name} use no TLS",
            Place(client.by, client.path),
            remedy="Write http:// in the address.",
        )


def _too_long(client: Client, runs: list[EngineRun]) -> Violations:
    """A client that sends more tokens than each server takes."""
    lengths = [run.line.number("max-model-len", least=1) for run in runs]
    most = max((one for one in lengths if one), default=0)
    if client.context is not None and None not in lengths and client.context[0] > most > 0:
        yield violation(
            f"the client sends up to {client.context[0]} tokens, and --max-model-len of Service "
            f"{client.address.name} is {most}",
            Place(client.by, client.context[1]),
            replace(runs[0].flag("max-model-len"), note="the server"),
            severity=Severity.WARNING,
        )


def _forwarded(context: Context, links: Chain) -> Iterator[Client]:
    """Requests of a script that forwards a port of one Service only."""
    files: dict[str, list[ApiObject]] = {}
    for command, service in forwarded(context, links):
        files.setdefault(command.file, []).append(service)
    for one in context.bundle.outside if files else ():
        services = {(s.namespace, s.name) for s in files.get(one.file, ())}
        if one.kind == "Request" and len(services) == 1:
            (space, name), path = services.pop(), ("spec", "model")
            address = ServiceAddress(name, space, 0, True, False, path)
            yield Client(one, path, address, False, text(one.get(*path)), path)


def _routed(links: Chain) -> Iterator[Client]:
    """Routes of Envoy AI Gateway."""
    for route, path, model, address in routed_models(links):
        yield Client(route.resource, path, address, False, model, path)


def _asks(client: Client, names: set[str]) -> bool:
    """Whether the server has the model, of which LiteLLM takes the provider off."""
    provider, _, model = client.model.partition("/")
    return client.model in names or (
        provider in client_rows()["routers"]["providers"] and model in names
    )


def _unserved(client: Client, names: set[str], server: Place) -> Violation:
    """The server of the address has no model of this name."""
    close = nearest(client.model, sorted(names))
    return violation(
        f"Service {client.address.name} serves {', '.join(map(visible, sorted(names)))}, "
        f"not {visible(client.model)}" + (f'; did you mean "{visible(close)}"?' if close else ""),
        Place(client.by, client.model_path),
        replace(server, note="the server"),
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
    rows = client_rows()
    for pod in pod_specs(context):
        for path, container in pod.containers():
            where = (*pod.path, *path)
            yield from _of_container(context, pod.resource, where, container, rows)
            yield from _of_words(pod.resource, where, container, rows)
    yield from _of_files(context, rows)
    yield from _of_charts(context, rows)
    for router in routers(context):
        yield from _of_router(router, rows["routers"])


def _embedded(context: Context) -> Violations:
    """A provider of LiteLLM that runs an engine in the proxy, beside the address of a server."""
    for router in routers(context):
        for _, entry in maps(router.settings.get("model_list")):
            given = as_dict(entry.get("litellm_params"))
            model = text(given.get("model"))
            provider = model.partition("/")[0]
            if provider in client_rows()["routers"]["embedded"] and text(given.get("api_base")):
                yield violation(
                    f"{visible(model)} runs {provider} in LiteLLM and calls no server; the "
                    f"provider of a server is hosted_{provider}",
                    Place(router.by, router.path),
                )


def _of_container(
    context: Context,
    by: Resource,
    path: Path,
    container: Mapping[str, Any],
    rows: Mapping[str, Any],
) -> Iterator[Client]:
    """The variables of a container: the only address of a server, and the only name of a model."""
    env: list[tuple[Resource, Path, str, str]] = [
        (by, (*path, "env", i, "value"), text(one.get("name")), one["value"])
        for i, one in maps(container.get("env"))
        if isinstance(one.get("value"), str)
    ]
    for _, source in maps(container.get("envFrom")):
        name = text(as_dict(source.get("configMapRef")).get("name"))
        for config in context.bundle.named("ConfigMap", by.namespace, name, ""):
            for key, value in as_dict(config.get("data")).items():
                if isinstance(value, str):
                    variable = text(source.get("prefix")) + str(key)
                    env.append((config, ("data", key), variable, value))
        for index, place, key, value in generated_literals(context.bundle).get(name, ()):
            env.append((index, place, text(source.get("prefix")) + key, value))
    bases = [one for one in env if regex(rows["addresses"]).fullmatch(one[2])]
    models = [one for one in env if regex(rows["models"]).fullmatch(one[2]) and plain(one[3])]
    limits = [x for x in env if regex(rows["contexts"]).fullmatch(x[2]) and x[3].isdecimal()]
    for holder, where, name, value in bases:
        limit = limits[0] if len(limits) == len(bases) == 1 and limits[0][0] is holder else None
        most = (to_int(limit[3]) or 0, limit[1]) if limit is not None else None
        found = list(addresses_in(value, where))
        alone = len(bases) == len(models) == len(found) == 1 and bool(models[0][3])
        # A client has one object for both places.
        alone = alone and models[0][0] is holder
        _, place, _, model = models[0] if alone else (holder, where, "", "")
        for one in found:
            based = bool(regex(rows["based"]).fullmatch(name))
            yield Client(holder, one.path, one, based, model, place, most)


def _of_words(
    by: Resource, path: Path, container: Mapping[str, Any], rows: Mapping[str, Any]
) -> Iterator[Client]:
    """A text of a command with one address and one model, such as the body of a request."""
    for inner, word in words(container):
        where = (*path, *inner)
        found = list(addresses_in(word, where))
        models = {next(filter(None, one)) for one in regex(rows["said"]).findall(word)}
        if len(found) == len(models) == 1:
            (model,) = models
            if plain(model):
                yield Client(by, where, found[0], False, model, where)


def _of_files(context: Context, rows: Mapping[str, Any]) -> Iterator[Client]:
    """A section of a file in a ConfigMap with an address and a model."""
    for config in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(config.get("data")).items():
            if isinstance(value, str) and "model" in value and "://" in value:
                if "model_list:" in value or not str(key).endswith((".yaml", ".yml", ".json")):
                    continue
                for document in parse(value, str(key), learning=False):
                    for section in _sections(document.data):
                        yield from _of_section(config, ("data", key), section, rows)


def _of_charts(context: Context, rows: Mapping[str, Any]) -> Iterator[Client]:
    """Values of charts. A model is that of an address if each is the only one."""
    for one in chart_clients(context, rows):
        models = [(path, name) for path, name in one.models if plain(name) and "," not in name]
        alone = len(one.bases) == len(models) == len(one.models) == 1
        for path, value in one.bases:
            where, model = models[0] if alone else (path, "")
            for to in addresses_in(value, one.path(path)):
                if to.namespace and ";" not in value:
                    holder = one.values.holder
                    yield Client(holder, one.path(path), to, True, model, one.path(where))


def _sections(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a file."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def _of_section(
    config: Resource, path: Path, section: Mapping[str, Any], rows: Mapping[str, Any]
) -> Iterator[Client]:
    given = {str(key): value for key, value in section.items() if isinstance(value, str)}
    bases = [value for key, value in given.items() if key in rows["sections"]["addresses"]]
    models = [value for key, value in given.items() if key in rows["sections"]["models"]]
    found = list(addresses_in(bases[0], path)) if len(bases) == len(models) == 1 else []
    if len(found) == 1 and plain(models[0]):
        yield Client(config, path, found[0], False, models[0], path)


def _of_router(router: Router, rows: Mapping[str, Any]) -> Iterator[Client]:
    """The models of a configuration of LiteLLM."""
    by, path = router.by, router.path
    for _, entry in maps(router.settings.get("model_list")):
        given = as_dict(entry.get("litellm_params"))
        provider, _, model = text(given.get("model")).partition("/")
        if provider in rows["providers"]:
            based = provider in rows["based"]
            for one in addresses_in(text(given.get("api_base")), path):
                if one.namespace or router.namespace is not None:
                    to = replace(one, namespace=one.namespace or router.namespace or "")
                    name = model if plain(model) else ""
                    most = as_dict(entry.get("model_info")).get("max_input_tokens")
                    limit = (most, path) if isinstance(most, int) else None
                    yield Client(by, path, to, based, name, path, limit)


@cache
def client_rows() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "model_clients.yaml")
    return found
