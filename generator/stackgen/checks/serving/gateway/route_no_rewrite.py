"""A prefix that reaches the model server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import Names

# What vLLM serves: requests with these paths need no rewriting.
_KNOWN = (
    "/v1", "/v2", "/health", "/ping", "/version", "/metrics", "/tokenize", "/detokenize", "/load",
    "/invocations", "/pooling", "/classify", "/score", "/rerank", "/generate", "/docs",
    "/openapi.json", "/server_info", "/inference",
)  # fmt: skip


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
