"""OTLP to a port of the other protocol, or with TLS to a server that has none."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.collector_pipeline import all_configurations
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

# The usual ports of the receiver: OTLP over gRPC, and over HTTP.
_GRPC, _HTTP = "4317", "4318"
_PORT = regex(r":(\d{2,5})(?:/|\Z)")
_CLUSTER = regex(r"[a-z0-9-]+(?:\.[a-z0-9-]+(?:\.svc(?:\.cluster\.local)?\.?)?)?:\d{2,5}\Z")
_ENGINE = "--otlp-traces-endpoint"
_PROTOCOL = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"


def check(context: Context) -> Violations:
    """One finding for each exporter of a collector, and each model server."""
    for resource, path, config, inside in all_configurations(context):
        for name, exporter in as_dict(config.get("exporters")).items():
            where = path if inside else (*path, "exporters", name, "endpoint")
            said = _wrong(str(name), as_dict(exporter))
            if said:
                yield violation(said, Place(resource, where))
    yield from _engines(context)


def _wrong(name: str, exporter: dict[str, Any]) -> str:
    kind, endpoint = name.partition("/")[0], text(exporter.get("endpoint"))
    port = _PORT.search(endpoint)
    if not endpoint or not plain(endpoint):
        return ""
    if kind in ("otlp", "otlp_grpc") and port is not None and port[1] == _HTTP:
        return f"exporter {visible(name)} sends gRPC to port {_HTTP}, which is for OTLP over HTTP"
    if kind in ("otlphttp", "otlp_http") and port is not None and port[1] == _GRPC:
        return f"exporter {visible(name)} sends HTTP to port {_GRPC}, which is for OTLP over gRPC"
    tls = exporter.get("tls")
    # No public authority signs for names of a cluster, so a server with TLS needs `ca_file`.
    if kind in ("otlp", "otlp_grpc") and not tls and _CLUSTER.match(endpoint):
        return (
            f"exporter {visible(name)} uses TLS, the default, to {visible(endpoint)} in the "
            "cluster, and trusts no authority that can sign for this name"
        )
    return ""


def _engines(context: Context) -> Violations:
    """vLLM sends traces by gRPC unless a variable says otherwise."""
    for pod in pod_specs(context):
        for path, container in pod.containers():
            other = any(
                one.get("name") in (_PROTOCOL, "OTEL_EXPORTER_OTLP_PROTOCOL")
                for _, one in maps(container.get("env"))
            )
            words = [text(one) for one in as_list(container.get("args"))]
            for i, word in enumerate(words if not other and not container.get("envFrom") else ()):
                flag, equals, value = word.partition("=")
                value = value if equals else (words[i + 1] if i + 1 < len(words) else "")
                port = _PORT.search(value)
                if flag == _ENGINE and port is not None and port[1] == _HTTP:
                    yield violation(
                        f"vLLM sends traces by gRPC to port {_HTTP}, which is for OTLP over HTTP; "
                        f"{_PROTOCOL} is not set",
                        pod.place(*path, "args", i if equals else i + 1),
                    )
