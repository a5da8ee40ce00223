"""The typed spec of who may call, and how much: authentication, tenants and limits."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_1035, DNS_LABEL, DNS_SUBDOMAIN, PORT, spec_field

_MOST = 1_000_000_000


@record
class Jwt:
    """One issuer of accepted tokens."""

    issuer: Traced[str] = spec_field(
        "Issuer, as in the iss claim of the tokens.",
        minLength=1,
        examples=["https://accounts.google.com"],
    )
    jwksUri: Traced[str | None] = spec_field(
        "URI of the public keys of the issuer. Class envoy needs it. Default: from OpenID "
        "discovery.",
        None,
        pattern=rf"^https?://[A-Za-z0-9.-]+(:{PORT})?(/[^\s]*)?$",
        allowed="an address such as https://login.example.com/keys",
        examples=["https://www.googleapis.com/oauth2/v3/certs"],
    )
    audiences: tuple[Traced[str], ...] = spec_field(
        "Accepted audiences (claim aud). Default: any audience.", ()
    )


@record
class ApiKey:
    """A client with an API key."""

    name: Traced[str] = spec_field(
        "Name of the client.", pattern=DNS_LABEL, examples=["mobile-app"]
    )
    secret: Traced[str] = spec_field(
        "Name of the Secret with its key, in the namespace of the gateway (class envoy) or of "
        "Kuadrant (class istio). The value is never in the repository.",
        pattern=DNS_SUBDOMAIN,
        examples=["mobile-app-key"],
    )


@record
class Authentication:
    """Who may call. Clients send `Authorization: Bearer`, with a token or an API key."""

    jwt: tuple[Jwt, ...] = spec_field(
        "Issuers of accepted tokens (Authorization: Bearer). Requests without a valid token are "
        "rejected.",
        (),
    )
    apiKeys: tuple[ApiKey, ...] = spec_field(
        "Clients with an API key (Authorization: Bearer). Class istio: Kuadrant verifies the keys, "
        "beside tokens. Class envoy: Envoy Gateway does, and `jwt` must be empty.",
        (),
    )


@record
class Claim:
    """A claim of tokens that tells the tenant. `name` and `value` are required together."""

    name: Traced[str | None] = spec_field(
        "Name of the claim.",
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$",
        allowed="a name of letters, digits, _ and -",
        examples=["tenant"],
    )
    value: Traced[str | None] = spec_field(
        "Value of the claim, a string.",
        None,
        pattern=r"^[A-Za-z0-9@_./:-]+$",
        allowed="letters, digits and @_./:-",
        examples=["team-a"],
    )


def _limit(description: str) -> Traced[int | None]:
    limit: Traced[int | None] = spec_field(
        f"{description} Default: no limit.", None, minimum=1, maximum=_MOST
    )
    return limit


@record
class Tenant:
    """Clients that share a quota. With tenants, a client that belongs to none is rejected."""

    name: Traced[str] = spec_field("Name of the tenant.", pattern=DNS_LABEL, examples=["team-a"])
    apiKeys: tuple[Traced[str], ...] = spec_field(
        "Names of its clients in `authentication.apiKeys`.", ()
    )
    claim: Claim = spec_field("Claim of its tokens.", ())
    models: tuple[Traced[str], ...] = spec_field(
        "Names of the models that it may call. Default: all.", ()
    )
    tokensPerMinute: Traced[int | None] = _limit(
        "Prompt and output tokens in a minute, of all its models."
    )
    tokensPerDay: Traced[int | None] = _limit(
        "Prompt and output tokens in a day, of all its models."
    )
    requestsPerMinute: Traced[int | None] = _limit("Requests in a minute, to all its models.")


@record
class Limits:
    """Limits of the requests of all clients. They apply before the endpoint picker."""

    requestsPerMinute: Traced[int | None] = _limit("Requests in a minute, to all models.")
    requestMiB: Traced[int | None] = spec_field(
        "Largest body of a request, in MiB. Class envoy. Default: no limit of the gateway.",
        None,
        minimum=1,
        maximum=1024,
    )
    concurrentRequests: Traced[int | None] = spec_field(
        "Requests to one model at the same time, counted by each Pod of the gateway. More get 503. "
        "Class envoy. Default: 1024, that of Envoy.",
        None,
        minimum=1,
        maximum=1_000_000,
    )
    securityPolicy: Traced[str | None] = spec_field(
        "Name of a security policy of Cloud Armor, in the project and region of the cluster, such "
        "as one that limits the rate of each client address. GKE classes. Default: none.",
        None,
        pattern=DNS_1035,
        examples=["limit-clients"],
    )
    requestSeconds: Traced[int] = spec_field(
        "Longest time of a whole response, in seconds. Not for models of KServe behind Istio.",
        3600,
        minimum=1,
        maximum=86_400,
    )
