"""What the programs of Envoy Gateway need: its counter of requests, to Redis."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.network.needs import Need, need
from stackgen.checks.network.routed_needs import Routed
from stackgen.digits import to_int
from stackgen.facts.envoy_gateways import envoy_gateways
from stackgen.facts.shape import at, plain, text
from stackgen.manifest.resource import Bundle
from stackgen.net.model import Pod
from stackgen.regex import regex

_URL = regex(
    r"(?:rediss?://)?([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?\.?)?:(\d{2,5})"
)
# Source: envoyproxy/gateway, internal/infrastructure/kubernetes/ratelimit, rateLimitLabels.
_LABELS = {
    "app.kubernetes.io/name": "envoy-ratelimit",
    "app.kubernetes.io/component": "ratelimit",
    "app.kubernetes.io/managed-by": "envoy-gateway",
}


def of_rate_limits(bundle: Bundle, routed: Routed) -> Iterator[Need]:
    """The Pods of the counter to the Pods of Redis in the input."""
    for one in envoy_gateways(bundle):
        found = _URL.fullmatch(text(at(one.config, "rateLimit", "backend", "redis", "url")))
        service = routed.service(found[2], found[1]) if found is not None else None
        if found is None or service is None or not one.namespace or not plain(one.namespace):
            continue
        pods, ports = routed.behind(service, to_int(found[3]))
        for pod in pods:
            counter = Pod(one.namespace, "envoy-ratelimit", labels=_LABELS, complete=False)
            what = "the rate limit service of Envoy Gateway"
            yield need(pod, "ingress", (counter,), ports, what)
