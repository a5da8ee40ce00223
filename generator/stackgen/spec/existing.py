"""The typed spec of how objects of a model are called and reached, where they exist already."""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_1035, DNS_SUBDOMAIN, spec_field

_LABELS: dict[str, Any] = {
    "type": "object", "minProperties": 1, "additionalProperties": {"type": "string"},
}  # fmt: skip
_PORT_NAME: dict[str, Any] = {
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 15,
    "allowed": "up to 15 lower-case letters, digits and '-'", "examples": ["http"],
}  # fmt: skip


@record
class Names:
    """Names of objects of a model. Kubernetes does not rename an object in place."""

    serviceAccount: Traced[str | None] = spec_field(
        "Name of the ServiceAccount of the model servers. Default: model-server.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    service: Traced[str | None] = spec_field(
        "Name of the Service of the model servers, without an endpoint picker. Default: the name "
        "of the model.",
        None,
        pattern=DNS_1035,
    )
    prefill: Traced[str | None] = spec_field(
        "Name of the Deployment or LeaderWorkerSet of the prefill servers. Default: NAME-prefill.",
        None,
        pattern=DNS_1035,
    )
    pool: Traced[str | None] = spec_field(
        "Name of the InferencePool, and of the Google Cloud policies for it. Default: NAME-pool.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    picker: Traced[str | None] = spec_field(
        "Name of the Deployment, Service and ServiceAccount of the endpoint picker. Default: "
        "NAME-picker.",
        None,
        pattern=DNS_1035,
    )
    route: Traced[str | None] = spec_field(
        "Name of the HTTPRoute. Default: the name of the model.", None, pattern=DNS_SUBDOMAIN
    )
    monitor: Traced[str | None] = spec_field(
        "Name of a PodMonitoring or PodMonitor for this model alone. Default: one monitor for the "
        "servers of all models.",
        None,
        pattern=DNS_SUBDOMAIN,
    )


@record
class Route:
    """The HTTPRoute of a model."""

    path: Traced[str | None] = spec_field(
        "Path prefix of the requests. The gateway removes it. Default: /NAMESPACE/NAME.",
        None,
        pattern=r"^/([A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*)?$",
        allowed="a path such as / or /models/qwen",
        maxLength=1024,
        examples=["/"],
    )


@record
class Pool:
    """The InferencePool of a model."""

    selector: Traced[Any] = spec_field(
        "Labels that select the Pods in the pool. Default: those that select the model servers.",
        None,
        **_LABELS,
    )
    failureMode: Traced[str | None] = spec_field(
        "Where requests go without an endpoint picker. FailOpen: to any server. FailClose: they "
        "fail. Default: FailClose with prefill servers, or else that of the release.",
        None,
        enum=["FailOpen", "FailClose"],
    )
    healthCheckPolicy: Traced[bool] = spec_field(
        "Behind a Gateway of GKE: render a HealthCheckPolicy for the pool. GKE accepts one for a "
        "pool.",
        True,
    )
    backendPolicy: Traced[bool] = spec_field(
        "Behind a Gateway of GKE: render a GCPBackendPolicy for the pool, with the timeout of "
        "requests and a log of them. GKE accepts one for a pool.",
        True,
    )


@record
class Monitor:
    """A PodMonitoring or PodMonitor for one model."""

    port: Traced[str | None] = spec_field(
        "Name of the port of the container that has the metrics. Default: the port of the servers, "
        "by its number.",
        None,
        **_PORT_NAME,
    )
    selector: Traced[Any] = spec_field(
        "Labels that select the Pods. Default: those that select the model servers.",
        None,
        **_LABELS,
    )


@record
class ServiceSpec:
    """The Service of the servers of a model, without an endpoint picker."""

    port: Traced[int | None] = spec_field(
        "Port of the Service. Default: the port of the servers.", None, minimum=1, maximum=65535
    )
    type: Traced[str] = spec_field(
        "Type of the Service. LoadBalancer: it has an address outside of the cluster, and no "
        "client authentication. none: the stack renders no Service, and no route to it.",
        "ClusterIP",
        enum=["ClusterIP", "LoadBalancer", "none"],
    )
    portName: Traced[str] = spec_field("Name of the port of the Service.", "http", **_PORT_NAME)
    targetPort: Traced[str | None] = spec_field(
        "Name of the port of the container. Default: the port of the servers, by its number.",
        None,
        **_PORT_NAME,
    )
