"""The typed spec of monitoring: metrics, alerts, traces."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_LABEL, PORT, spec_field

_LABEL = r"[a-zA-Z0-9./_-]+=[a-zA-Z0-9._-]*"


@record
class Traces:
    """OpenTelemetry traces of requests. Default: none."""

    endpoint: Traced[str | None] = spec_field(
        "Address of the OpenTelemetry Collector (OTLP, gRPC). The port is also that of its Pods.",
        None,
        pattern=rf"^https?://[a-z0-9]([-a-z0-9.]*[a-z0-9])?:{PORT}$",
        allowed="an address with a port of 1 to 65535 such as http://otel-collector.tracing.svc:4317",
        examples=["http://otel-collector.tracing.svc:4317"],
    )
    collector: Traced[str | None] = spec_field(
        "Pods of the collector as NAMESPACE/KEY=VALUE,..., or its IPv4 range, for the network "
        "policies.",
        None,
        pattern=rf"^([0-9.]+/[0-9]+|[a-z0-9][-a-z0-9]*/(\*|{_LABEL}(,{_LABEL})*))$",
        allowed="pods such as tracing/app=otel-collector, or an IPv4 range",
        examples=["tracing/app=otel-collector"],
    )
    percent: Traced[float] = spec_field(
        "Share of requests that are traced, in percent.", 5.0, minimum=0, maximum=100
    )


@record
class Observe:
    """Monitoring."""

    engine: Traced[str] = spec_field(
        "gmp: Google Cloud Managed Service for Prometheus. prometheus-operator: PodMonitor and "
        "PrometheusRule. none: no monitoring objects.",
        "gmp",
        enum=["gmp", "prometheus-operator", "none"],
    )
    objects: Traced[str] = spec_field(
        "What the stack renders for monitoring. all: monitors of models, endpoint pickers, gateway "
        "and platform, alerts, and a dashboard. monitors: the monitors of the model servers alone.",
        "all",
        enum=["all", "monitors"],
    )
    namespace: Traced[str] = spec_field(
        "Namespace of Prometheus. Used with prometheus-operator.", "monitoring", pattern=DNS_LABEL
    )
    intervalSeconds: Traced[int] = spec_field(
        "Seconds between two collections of metrics.",
        30,
        minimum=5,
        maximum=300,
        why="the alerts need two samples a minute",
    )
    tpuMetrics: Traced[bool] = spec_field(
        "Collect the metrics of the TPU device plugin of GKE (TensorCore, HBM), and render their "
        "dashboard.",
        False,
    )
    traces: Traces = spec_field("OpenTelemetry traces of requests. Default: none.", ())
    smokeTest: Traced[bool] = spec_field(
        "Render a Job that sends a /v1/models request and a completion request to every model.",
        False,
    )
