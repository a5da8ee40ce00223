"""The typed spec of the software that models need, and of the source of secrets."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_LABEL, DNS_SUBDOMAIN, PORT, spec_field

OWNERS = ["managed", "existing"]


def _part(description: str) -> Traced[str | None]:
    part: Traced[str | None] = spec_field(
        f"{description} Default: the value of `all`.", None, enum=OWNERS
    )
    return part


@record
class Platform:
    """Who installs the software below the models. What exists is counted on, and not rendered."""

    all: Traced[str] = spec_field(
        "Default for every part below. managed: the stack installs it. existing: it is already "
        "installed, in the versions and namespaces of the release.",
        "managed",
        enum=OWNERS,
    )
    certManager: Traced[str | None] = _part("The cert-manager operator, and cert-manager.")
    istio: Traced[str | None] = _part(
        "The Istio operator, and istiod. An existing istiod needs "
        "ENABLE_GATEWAY_API_INFERENCE_EXTENSION."
    )
    envoyGateway: Traced[str | None] = _part(
        "Envoy Gateway and Envoy AI Gateway, for the class envoy. An existing one needs the "
        "extension for InferencePool, and the proxies in the namespace of their Gateway."
    )
    lws: Traced[str | None] = _part("The LeaderWorkerSet operator.")
    keda: Traced[str | None] = _part("KEDA, for `autoscaling` of models.")
    kuadrant: Traced[str | None] = _part(
        "Kuadrant with Authorino and Limitador, for API keys, tenants and request rates of class "
        "istio."
    )
    redis: Traced[str | None] = _part(
        "Redis, in which class envoy counts requests and tokens. An existing one needs "
        "`redisAddress`."
    )
    redisAddress: Traced[str | None] = spec_field(
        "Address of an existing Redis: HOST:PORT.",
        None,
        pattern=rf"^[A-Za-z0-9][-.A-Za-z0-9]*:{PORT}$",
        allowed="HOST:PORT",
        examples=["10.20.0.3:6379"],
    )
    secretOperator: Traced[str | None] = _part(
        "External Secrets or Reflector, whichever `secrets.manager` names."
    )
    kserve: Traced[str | None] = _part(
        "The serving platform. Of KServe: the controller with its presets and its certificate "
        "authority, and the ConfigMap with the CA certificate in the namespace of the gateway. "
        "Of llm-d: the CRDs."
    )


@record
class Secrets:
    """Who puts Secrets into the cluster. Their values are never rendered."""

    manager: Traced[str] = spec_field(
        "external-secrets: External Secrets copies them from Google Secret Manager. reflector: "
        "Reflector copies them from one namespace. sops: Flux decrypts files in the repository. "
        "existing: they already exist.",
        "external-secrets",
        enum=["external-secrets", "reflector", "sops", "existing"],
    )
    sourceNamespace: Traced[str] = spec_field(
        "Namespace of the Secrets that Reflector copies. Used with reflector.",
        "shared-secrets",
        pattern=DNS_LABEL,
    )
    path: Traced[str] = spec_field(
        "Folder of encrypted files in the repository, with a folder for each environment. Used "
        "with sops.",
        "secrets",
        pattern=r"^[^/\s][^\s]*[^/\s]$",
        allowed="a relative path without / at the ends",
    )
    keySecret: Traced[str] = spec_field(
        "Name of the Secret in flux-system with the decryption key. Used with sops.",
        "sops-age",
        pattern=DNS_SUBDOMAIN,
    )
