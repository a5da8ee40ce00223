"""The typed spec of where requests come in (listeners, certificates, who may call) and the mesh."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_LABEL, DNS_SUBDOMAIN, IPV4_RANGE, spec_field

PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"


@record
class ListenerTls:
    """The certificate of an HTTPS listener; from the stack's own CA when neither is given."""

    issuer: Traced[str | None] = spec_field(
        "ClusterIssuer of cert-manager that signs the certificate. Without one the stack's own CA "
        "signs it, and clients must trust this CA.",
        None,
        pattern=DNS_SUBDOMAIN,
        examples=["letsencrypt"],
    )
    secret: Traced[str | None] = spec_field(
        "Name of a Secret of type kubernetes.io/tls that is there already, in the Gateway's "
        "namespace.",
        None,
        pattern=DNS_SUBDOMAIN,
    )


@record
class Listener:
    """One listener of the Gateway."""

    name: Traced[str] = spec_field("Name of the listener.", pattern=DNS_LABEL)
    port: Traced[int] = spec_field("Port.", minimum=1, maximum=65535)
    protocol: Traced[str] = spec_field(
        "Protocol. Beside an HTTPS listener, HTTP listeners only redirect to it.",
        "HTTP",
        enum=["HTTP", "HTTPS"],
    )
    hostname: Traced[str | None] = spec_field(
        "Only requests for this hostname; any host if not set. The certificate is for it.",
        None,
        pattern=r"^(\*\.)?" + DNS_SUBDOMAIN[1:],
        allowed="a host name, *. allowed in front",
        maxLength=253,
    )
    tls: ListenerTls = spec_field("Certificate of an HTTPS listener.", ())


@record
class Jwt:
    """Tokens of one issuer that callers may show."""

    issuer: Traced[str] = spec_field(
        "Issuer, as in the claim iss of the tokens.",
        minLength=1,
        examples=["https://accounts.google.com"],
    )
    jwksUri: Traced[str | None] = spec_field(
        "Where the issuer's public keys are; found by OpenID discovery unless given.",
        None,
        pattern=rf"^https?://[A-Za-z0-9.-]+(:{PORT})?(/[^\s]*)?$",
        allowed="an address such as https://login.example.com/keys",
        examples=["https://www.googleapis.com/oauth2/v3/certs"],
    )
    audiences: tuple[Traced[str], ...] = spec_field(
        "Only tokens for one of these (claim aud); any unless given.", ()
    )


@record
class Authentication:
    """Who may call."""

    jwt: tuple[Jwt, ...] = spec_field(
        "Requests need a token of one of these issuers (Authorization: Bearer).", ()
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
        "GatewayClass. istio: proxies in the cluster. gke-l7-...: Google's load balancer, no mesh; "
        "-rilb is reachable from the VPC only, -regional-external-managed from everywhere.",
        "istio",
        enum=["istio", "gke-l7-regional-external-managed", "gke-l7-rilb"],
    )
    proxyOnlySubnet: Traced[str | None] = spec_field(
        "Address range of the region's proxy-only subnet, where the requests of a gke-l7-... class "
        "come from.",
        None,
        pattern=f"^{IPV4_RANGE}$",
        allowed="an IPv4 range such as 10.129.0.0/23",
        examples=["10.129.0.0/23"],
    )
    exposure: Traced[str] = spec_field(
        "external: a load balancer with a public address. internal: reachable from the VPC only.",
        "external",
        enum=["external", "internal"],
    )
    listeners: tuple[Listener, ...] = spec_field("Listeners.", minItems=1)
    authentication: Authentication = spec_field("Client authentication. Not set: none.", ())


@record
class Mesh:
    """Istio beside the pods, not only at the gateway."""

    sidecars: Traced[bool] = spec_field(
        "Give every pod of the serving namespace a sidecar, with strict mTLS and no allowed "
        "connections, except on the ports with the TLS of KServe.",
        False,
    )
