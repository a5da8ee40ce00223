"""A prefix that reaches the model server."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.names import Names
from stackgen.kserve.shape import mapping, maps, plain, text

RULE = Rule(
    id="route-no-rewrite",
    family="serving",
    severity=Severity.WARNING,
    summary="The route adds a prefix that the model server does not know, and does not remove it.",
    impact="vLLM answers 404 to every request of the rule.",
    remedy="Add a URLRewrite filter with ReplacePrefixMatch, as the routes of KServe have.",
    source=(
        "KServe config-llm-router-route: every rule with a prefix rewrites it; vLLM serves /v1, "
        "/health, ..."
    ),
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /chat}}]
      backendRefs: [{name: qwen-kserve-workload-svc, port: 8000}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /chat}}]
      filters:
        - type: URLRewrite
          urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}
      backendRefs: [{name: qwen-kserve-workload-svc, port: 8000}]
""",
)


# What vLLM serves: requests with these paths need no rewriting.
_KNOWN = (
    "/v1", "/v2", "/health", "/ping", "/version", "/metrics", "/tokenize", "/detokenize", "/load",
    "/invocations", "/pooling", "/classify", "/score", "/rerank", "/generate", "/docs",
    "/openapi.json", "/server_info", "/inference",
)  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
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
                path = mapping(match.get("path"))
                value = text(path.get("value"))
                if path.get("type") == "RegularExpression" or value in ("", "/"):
                    continue
                if not value.startswith(_KNOWN) and plain(value):
                    yield RULE.finding(
                        f"requests reach the server with {value} in front of their path",
                        route.place("spec", "rules", i, "matches", j, "path", "value"),
                    )
