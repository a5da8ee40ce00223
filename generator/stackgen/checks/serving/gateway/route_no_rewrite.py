"""A prefix that reaches the model server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.mesh import NETWORKING, full_host
from stackgen.checks.serving.served_names import ServedNames
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import Names

# What vLLM serves: requests with these paths need no rewriting.
_KNOWN = (
    "/v1", "/v2", "/health", "/ping", "/version", "/metrics", "/tokenize", "/detokenize", "/load",
    "/invocations", "/pooling", "/classify", "/score", "/rerank", "/generate", "/docs",
    "/openapi.json", "/server_info", "/inference",
)  # fmt: skip

# Of a rule of a VirtualService: what changes the path, or answers by itself.
_CHANGES = frozenset({"rewrite", "redirect", "directResponse", "delegate"})
_SUFFIX = ".svc.cluster.local"


def check(context: Context) -> Violations:
    """Rules that send a prefix of their own to a server or pool of KServe's."""
    links = chain(context)
    children = {
        (s.namespace, name)
        for s in links.view.services
        for name in (Names(s.name).service, Names(s.name).pool)
    }
    for route in links.routes:
        for i, rule in maps(route.get("spec", "rules")):
            backends = [b for _, b in maps(rule.get("backendRefs"))]
            ours = any(
                (text(b.get("namespace")) or route.namespace, text(b.get("name"))) in children
                for b in backends
            )
            filters = [f.get("type") for _, f in maps(rule.get("filters"))]
            filters += [f.get("type") for b in backends for _, f in maps(b.get("filters"))]
            if not ours or "URLRewrite" in filters or "ExtensionRef" in filters:
                continue
            for j, match in maps(rule.get("matches")):
                path = as_dict(match.get("path"))
                value = text(path.get("value"))
                if path.get("type") == "RegularExpression" or value in ("", "/"):
                    continue
                if not value.startswith(_KNOWN) and plain(value):
                    yield violation(
                        f"requests reach the server with the path prefix {value}",
                        route.place("spec", "rules", i, "matches", j, "path", "value"),
                    )
    yield from _of_istio(context, links)


def _of_istio(context: Context, links: Chain) -> Violations:
    """Routes of Istio's own API that lead to vLLM alone, and rewrite nothing."""
    served = ServedNames(context)
    for route in context.bundle.of_kind("VirtualService", NETWORKING):
        for i, rule in maps(route.get("spec", "http")):
            if not rule.get("route") or _CHANGES & rule.keys():
                continue
            hosts = [
                text(as_dict(to.get("destination")).get("host")) for _, to in maps(rule["route"])
            ]
            servers = [pods for host in hosts for pods in _behind(links, route, host)]
            runs = [run for pods in servers for run in served.runs(pods)]
            plain_ones = [run.line.vllm and run.line.complete for run in runs]
            if not runs or not all(plain_ones) or any("root-path" in x.line.flags for x in runs):
                continue
            if not all(served.runs(pods) for pods in servers):
                continue
            for j, match in maps(rule.get("match")):
                kind, value = next(iter(as_dict(match.get("uri")).items()), ("", ""))
                known = not isinstance(value, str) or value in ("", "/") or value.startswith(_KNOWN)
                if kind in ("prefix", "exact") and not known and plain(value):
                    yield violation(
                        f"requests reach vLLM with the path {value}, which it does not serve",
                        Place(route, ("spec", "http", i, "match", j, "uri", kind)),
                    )


def _behind(links: Chain, route: Resource, host: str) -> list[Pods]:
    """The Pods of the Service of a host."""
    full = full_host(host, route.namespace) if host and plain(host) else ""
    name, _, space = full.removesuffix(_SUFFIX).partition(".")
    services = links.named("Service", space, name) if full.endswith(_SUFFIX) else []
    wanted = as_dict(services[0].get("spec", "selector")) if len(services) == 1 else {}
    return links.selected(space, wanted) if wanted else []
