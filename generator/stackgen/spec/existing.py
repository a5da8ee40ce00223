"""The typed spec of how objects of a model are called and reached, where they exist already."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_1035, DNS_SUBDOMAIN, spec_field


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
class ServiceSpec:
    """The Service of the servers of a model, without an endpoint picker."""

    port: Traced[int | None] = spec_field(
        "Port of the Service. Default: the port of the servers.", None, minimum=1, maximum=65535
    )
    type: Traced[str] = spec_field(
        "Type of the Service. LoadBalancer: it has an address outside of the cluster, and no "
        "client authentication.",
        "ClusterIP",
        enum=["ClusterIP", "LoadBalancer"],
    )
