"""The typed spec of where requests come in (listeners, certificates, who may call) and the mesh."""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.access import Authentication, Limits, Tenant
from stackgen.spec.fields import DNS_LABEL, DNS_SUBDOMAIN, IPV4_RANGE, PORT, PROJECT, spec_field


@record
class ListenerTls:
    """The certificate of an HTTPS listener; from the stack's own CA when neither is given."""

    issuer: Traced[str | None] = spec_field(
        "Name of the cert-manager ClusterIssuer that signs the certificate. Default: the CA of "
        "the stack, which clients must trust.",
        None,
        pattern=DNS_SUBDOMAIN,
        examples=["letsencrypt"],
    )
    secret: Traced[str | None] = spec_field(
        "Name of an existing Secret of type kubernetes.io/tls in the namespace of the Gateway.",
        None,
        pattern=DNS_SUBDOMAIN,
    )


@record
class Acme:
    """A ClusterIssuer for certificates of an ACME server, such as Let's Encrypt.

    Its challenges are DNS records in Cloud DNS: they need no listener, and no public address.
    """

    email: Traced[str | None] = spec_field(
        "Email address of the ACME account. If set, the stack renders the ClusterIssuer.",
        None,
        pattern=r"^[A-Za-z0-9][-+.A-Za-z0-9_]*@[A-Za-z0-9][-.A-Za-z0-9]*$",
        allowed="an e-mail address",
        examples=["platform@example.com"],
    )
    issuer: Traced[str] = spec_field(
        "Name of the ClusterIssuer, for `tls.issuer` of listeners.",
        "letsencrypt",
        pattern=DNS_SUBDOMAIN,
    )
    server: Traced[str] = spec_field(
        "Directory of the ACME server.",
        "https://acme-v02.api.letsencrypt.org/directory",
        pattern=rf"^https://[A-Za-z0-9.-]+(:{PORT})?(/[^\s]*)?$",
        allowed="an address such as https://acme.example.com/directory",
    )
    dnsProject: Traced[str | None] = spec_field(
        "Project of the Cloud DNS zones of the hostnames. Default: the project of the cluster.",
        None,
        pattern=PROJECT,
    )


@record
class Listener:
    """One listener of the Gateway."""

    name: Traced[str] = spec_field("Name of the listener.", pattern=DNS_LABEL, examples=["http"])
    port: Traced[int] = spec_field("Port.", minimum=1, maximum=65535, examples=[80, 443])
    protocol: Traced[str] = spec_field(
        "Protocol. If there is an HTTPS listener, HTTP listeners redirect to it.",
        "HTTP",
        enum=["HTTP", "HTTPS"],
    )
    hostname: Traced[str | None] = spec_field(
        "Hostname of the requests and of the certificate. Default: any host.",
        None,
        pattern=r"^(\*\.)?" + DNS_SUBDOMAIN[1:],
        allowed="a host name, *. allowed in front",
        maxLength=253,
    )
    tls: ListenerTls = spec_field("Certificate of an HTTPS listener.", ())
    allowedRoutes: Traced[str] = spec_field(
        "Namespaces whose routes may attach. Selector: that of the models. Same: that of the "
        "Gateway. All: every namespace.",
        "Selector",
        enum=["Selector", "Same", "All"],
    )


@record
class Gateway:
    """The inference gateway."""

    name: Traced[str] = spec_field("Name of the Gateway.", "inference-gateway", pattern=DNS_LABEL)
    namespace: Traced[str] = spec_field(
        "Namespace of the Gateway.", "opendatahub", pattern=DNS_LABEL
    )
    # `class` is a Python word; the key in the file is `class`.
    class_: Traced[str] = spec_field(
        "GatewayClass. istio: proxies in the cluster. envoy: the same, of Envoy Gateway with "
        "Envoy AI Gateway. gke-l7-...: a Google Cloud load balancer without a mesh. -rilb is "
        "reachable only from the VPC, -regional-external-managed from the internet.",
        "istio",
        enum=["istio", "envoy", "gke-l7-regional-external-managed", "gke-l7-rilb"],
    )
    proxyOnlySubnet: Traced[str | None] = spec_field(
        "Address range of the proxy-only subnet of the region. The proxies of a gke-l7-... class "
        "send requests from this range.",
        None,
        pattern=f"^{IPV4_RANGE}$",
        allowed="an IPv4 range such as 10.129.0.0/23",
        examples=["10.129.0.0/23"],
    )
    objects: Traced[str] = spec_field(
        "What the stack renders of the gateway. all: the Gateway, and the routes of the models. "
        "routes: the routes to a Gateway that exists, with this name, namespace and class. none: "
        "neither. Clients then call the Services of the models.",
        "all",
        enum=["all", "routes", "none"],
    )
    exposure: Traced[str] = spec_field(
        "external: a load balancer with a public address. internal: reachable only from the VPC.",
        "external",
        enum=["external", "internal"],
    )
    listeners: tuple[Listener, ...] = spec_field("Listeners.", minItems=1)
    labels: Traced[Any] = spec_field(
        "Labels of the Gateway.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
    annotations: Traced[Any] = spec_field(
        "Annotations of the Gateway.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
    acme: Acme = spec_field("Certificates of an ACME server.", ())
    authentication: Authentication = spec_field("Client authentication. Default: none.", ())
    tenants: tuple[Tenant, ...] = spec_field(
        "Clients that share quotas, and may call some models only. Default: none; then every "
        "authenticated client may call every model.",
        (),
    )
    limits: Limits = spec_field("Limits of all requests.", ())


@record
class Mesh:
    """Istio beside the Pods, not only at the gateway."""

    sidecars: Traced[bool] = spec_field(
        "Inject a sidecar into every Pod of the serving namespace, with strict mTLS and no "
        "allowed connections, except on the ports that use KServe's TLS.",
        False,
    )
