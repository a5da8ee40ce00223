"""What the controller makes for TLS: the Secret, and Istio's rules for its own backends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.platforms.kserve.names import (
    SCHEDULER_COMPONENT,
    WORKLOAD_COMPONENT,
    Names,
    common,
    obj,
)
from stackgen.platforms.kserve.release import Controller, StopError
from stackgen.platforms.kserve.scheduler import picker_service

_LONGEST = 63  # of the name of a Service
_MANAGED = {"llm-d.ai/managed": "true"}
_MODE = {"mode": "SIMPLE", "insecureSkipVerify": True}
Object = dict[str, Any]
Pools = Callable[[str, str, str], Object | None]
"""(API group, namespace, name) -> an InferencePool that is known."""


def certificate(controller: Controller, namespace: str, name: str) -> Object:
    """The Secret with the server's certificate and, where it has one, that of its authority."""
    keys = ("ca.crt", "tls.crt", "tls.key")
    body: Object = {"type": "kubernetes.io/tls", "data": dict.fromkeys(keys, "")}
    labels = common(name, WORKLOAD_COMPONENT)
    made = obj("v1", "Secret", namespace, Names(name).tls_secret, labels, body)
    made["metadata"]["annotations"] = {controller.expires: ""}
    return made


def destination_rules(
    controller: Controller, namespace: str, name: str, spec: Object, pools: Pools
) -> Iterator[Object]:
    """The DestinationRules of a routed service, where its gateway is Istio's."""
    router = as_dict(spec.get("router"))
    if not controller.destination_rules or not controller.serves_tls:
        return
    if not isinstance(router.get("route"), dict):
        return
    names, scheduler = Names(name), router.get("scheduler")
    server = _host(names.service, namespace)
    if isinstance(scheduler, dict):
        ref = str(as_dict(as_dict(scheduler.get("pool")).get("ref")).get("name") or "")
        picker = _host(_picker(controller, scheduler, namespace, name, ref, pools), namespace)
        rule = names.child("-kserve-scheduler")
        yield _rule(namespace, rule, name, SCHEDULER_COMPONENT, picker, {**_MODE, "sni": picker})
        # Istio calls the Service that stands for a pool <pool>-ip-<8 digits of a hash>.
        pool = ref or names.pool
        digest = hashlib.sha256(pool.encode()).hexdigest()[:8]
        ending = f"-ip-{digest}"
        shadow = _host(pool[: _LONGEST - len(ending)] + ending, namespace)
        yield _rule(
            namespace, names.child(controller.shadow_rule), name, controller.shadow_component,
            shadow, {**_MODE, "sni": server},
        )  # fmt: skip
    settings: Object = {**_MODE, "sni": server}
    if not isinstance(spec.get("prefill"), dict):
        settings |= {"insecureSkipVerify": False, "caCertificates": controller.ca_in_gateway}
    yield _rule(namespace, names.service, name, WORKLOAD_COMPONENT, server, settings)


def _picker(
    controller: Controller, scheduler: Object, namespace: str, name: str, ref: str, pools: Pools
) -> str:
    """The Service of the endpoint picker: of the pool that is referred to, or the service's own."""
    if not ref:
        return picker_service(controller, scheduler, name)
    pool = pools(controller.pool_ref_group, namespace, ref)
    if pool is None:
        raise StopError(f"InferencePool {ref} of {controller.pool_ref_group} is not in the input")
    spec = as_dict(pool.get("spec"))
    told = as_dict(spec.get("endpointPickerRef")) or as_dict(spec.get("extensionRef"))
    return str(told.get("name") or Names(name).scheduler_service)


def _host(service: str, namespace: str) -> str:
    return f"{service}.{namespace or 'default'}.svc.cluster.local"


def _rule(
    namespace: str, rule: str, name: str, component: str, host: str, settings: Object
) -> Object:
    body = {"spec": {"host": host, "exportTo": ["*"], "trafficPolicy": {"tls": settings}}}
    labels = {**common(name, component), **_MANAGED}
    return obj("networking.istio.io/v1", "DestinationRule", namespace, rule, labels, body)
