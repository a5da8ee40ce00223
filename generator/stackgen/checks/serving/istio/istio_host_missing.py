"""A host of Istio's configuration that is no Service of its namespace."""

from __future__ import annotations

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import is_final
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.istio.istiod import Istiod, istiods
from stackgen.checks.serving.isvc_services import predictor_services
from stackgen.checks.serving.mesh import NETWORKING, full_host, namespaces
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.settled import settled
from stackgen.facts.shape import as_list, at, maps, matches, plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.profile import half_seen
from stackgen.regex import regex

_HOSTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "DestinationRule": (("spec", "host"),),
    "VirtualService": tuple(
        ("spec", protocol, "*", *field, "host")
        for protocol in ("http", "tcp", "tls")
        for field in (("route", "*", "destination"), ("mirror",))
    ),
}
_SUFFIX = ".svc.cluster.local"
_SERVICE = ("extensionProviders", "*", "*", "service")
_OF_POOL = regex(r"-ip-[0-9a-f]{8}\Z")  # a Service that Istio makes for an InferencePool


def check(context: Context) -> Violations:
    """Hosts of Services that the input does not have, and has in another namespace or almost so."""
    known = provided(context)
    entries = {
        str(host)
        for entry in context.bundle.of_kind("ServiceEntry", NETWORKING)
        for host in as_list(entry.get("spec", "hosts"))
    }
    yield from _of_providers(context)
    for kind, paths in _HOSTS.items():
        for rule in context.bundle.of_kind(kind, NETWORKING):
            told: set[str] = set()
            for pattern in paths:
                for path, written in matches(rule.data, pattern):
                    host = full_host(written, rule.namespace) if isinstance(written, str) else ""
                    name, _, space = host.removesuffix(_SUFFIX).partition(".")
                    if not host.endswith(_SUFFIX) or not plain(host) or "*" in host:
                        continue
                    if host in entries | told or "." in space or _OF_POOL.search(name):
                        continue
                    if known.has("Service", space, name):
                        continue
                    told.add(host)
                    if is_completed(context, rule) and not is_final(context, rule, path):
                        continue  # a patch has another host
                    if (missing := known.missing("Service", space, name, rule)) is not None:
                        yield violation(
                            f"there is no Service {name} in namespace {space or 'default'}"
                            f"{missing[1]}",
                            Place(rule, path),
                        )
                    elif there := _elsewhere(context, rule, space, name):
                        yield violation(
                            f"Service {name} is in namespace {there}, and the input has none in "
                            f"{space}",
                            Place(rule, path),
                        )


def _elsewhere(context: Context, rule: Resource, space: str, name: str) -> str:
    """The only namespace with the Service, where the input is all that is applied."""
    if rule.file not in settled(context).delivered or half_seen(space):
        return ""
    seen = {x.namespace for x in context.bundle.objects} | namespaces(context).keys()
    if space in seen and (not space or provided(context).hides(space)):
        return ""
    made = {one.by.namespace for one in predictor_services(context) if one.name == name}
    own = provided(context).only_space("Service", name)
    return own or (next(iter(made)) if len(made) == 1 else "")


def _of_providers(context: Context) -> Violations:
    """The Services of the mesh's providers, which do the tracing and the external checks."""
    known = provided(context)
    for mesh in istiods(context):
        by = mesh.place.resource
        if by is None:
            continue
        for path, written in matches(mesh.mesh, _SERVICE):
            if not isinstance(written, str) or not plain(written) or "*" in written:
                continue
            prefix, slash, host = written.rpartition("/")
            host = full_host(host, prefix if slash else "")
            name, _, space = host.removesuffix(_SUFFIX).partition(".")
            if not host.endswith(_SUFFIX) or not space or "." in space:
                continue
            yield from _port(context, mesh, path, space, name)
            if known.has("Service", space, name):
                continue
            if (missing := known.missing("Service", space, name, by)) is not None:
                yield violation(
                    f"there is no Service {name} in namespace {space}{missing[1]}, which "
                    f"{path[2]} of provider {mesh.mesh['extensionProviders'][path[1]].get('name')} "
                    "names",
                    mesh.place,
                )


def _port(context: Context, mesh: Istiod, path: Path, space: str, name: str) -> Violations:
    """A port of a provider that its Service does not have."""
    given = at(mesh.mesh, *path[:-1], "port")
    service = chain(context).find("Service", space, name, "")
    listed = maps(service.get("spec", "ports")) if service is not None else ()
    ports = [entry.get("port") for _, entry in listed]
    if ports and isinstance(given, int) and given not in ports:
        provider = at(mesh.mesh, *path[:2], "name")
        yield violation(
            f"Service {name} has no port {given}, which {path[2]} of provider {provider} names; "
            f"it has {', '.join(map(str, ports))}",
            mesh.place,
        )
