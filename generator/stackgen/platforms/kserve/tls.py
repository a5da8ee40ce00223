"""What the controller makes for TLS: the Secret, and Istio's rules for its own backends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from stackgen.platforms.kserve.names import WORKLOAD_COMPONENT, Names, common
from stackgen.platforms.kserve.objects import obj
from stackgen.platforms.kserve.pools import has_scheduler
from stackgen.platforms.kserve.release import Controller


def tls(
    controller: Controller, namespace: str, name: str, spec: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The Secret with the certificate, and the DestinationRules of a routed service."""
    names = Names(name)
    labels = common(name, WORKLOAD_COMPONENT)
    body = {"type": "kubernetes.io/tls", "data": {"tls.crt": "", "tls.key": ""}}
    yield obj("v1", "Secret", namespace, names.tls_secret, labels, body)
    router = spec.get("router")
    routed = isinstance(router, dict) and isinstance(router.get("route"), dict)
    if not controller.destination_rules or not controller.serves_tls or not routed:
        return
    server = _host(names.service, namespace)
    unverified = {"mode": "SIMPLE", "insecureSkipVerify": True}
    if has_scheduler(spec):
        picker = _host(names.scheduler_service, namespace)
        rule = names.child("-kserve-scheduler")
        yield _rule(namespace, rule, picker, {**unverified, "sni": picker})
        # Istio calls the Service that stands for a pool <pool>-ip-<8 digits of a hash>.
        digest = hashlib.sha256(names.pool.encode()).hexdigest()[:8]
        shadow = _host(f"{names.pool}-ip-{digest}", namespace)
        yield _rule(
            namespace, names.child(controller.shadow_rule), shadow, {**unverified, "sni": server}
        )
    if not isinstance(spec.get("prefill"), dict):
        settings = {"mode": "SIMPLE", "caCertificates": controller.ca_in_gateway}
        yield _rule(namespace, names.service, server, settings)


def _host(service: str, namespace: str) -> str:
    return f"{service}.{namespace or 'default'}.svc.cluster.local"


def _rule(namespace: str, name: str, host: str, settings: dict[str, Any]) -> dict[str, Any]:
    body = {"spec": {"host": host, "exportTo": ["*"], "trafficPolicy": {"tls": settings}}}
    labels = {"llm-d.ai/managed": "true"}
    return obj("networking.istio.io/v1", "DestinationRule", namespace, name, labels, body)
