"""The typed spec of what the models stand on: who installs it, and who brings the secrets."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_LABEL, DNS_SUBDOMAIN, spec_field

OWNERS = ["managed", "existing"]


def _part(description: str) -> Traced[str | None]:
    part: Traced[str | None] = spec_field(
        f"{description} What `all` says unless given.", None, enum=OWNERS
    )
    return part


@record
class Platform:
    """Who installs the software below the models. What exists is counted on, and not rendered."""

    all: Traced[str] = spec_field(
        "What holds for every part that is not named. managed: the stack installs it. existing: it "
        "is in the cluster already, in the release's versions and namespaces.",
        "managed",
        enum=OWNERS,
    )
    certManager: Traced[str | None] = _part("The operator of cert-manager, and what it installs.")
    istio: Traced[str | None] = _part(
        "The operator of Istio, and istiod. "
        "An existing one needs ENABLE_GATEWAY_API_INFERENCE_EXTENSION."
    )
    lws: Traced[str | None] = _part("The LeaderWorkerSet operator.")
    secretOperator: Traced[str | None] = _part(
        "External Secrets or Reflector, whichever `secrets.manager` names."
    )
    kserve: Traced[str | None] = _part(
        "The KServe controller with its presets, its certificate authority, and the ConfigMap of "
        "that authority's certificate beside the gateway."
    )


@record
class Secrets:
    """Who puts Secrets into the cluster. Their values are never rendered."""

    manager: Traced[str] = spec_field(
        "external-secrets: External Secrets copies them from Google Secret Manager. reflector: "
        "Reflector copies them from one namespace. sops: Flux decrypts files of the repository. "
        "existing: they are there already.",
        "external-secrets",
        enum=["external-secrets", "reflector", "sops", "existing"],
    )
    sourceNamespace: Traced[str] = spec_field(
        "Namespace of the Secrets that Reflector copies; used with reflector.",
        "shared-secrets",
        pattern=DNS_LABEL,
    )
    path: Traced[str] = spec_field(
        "Folder of encrypted files in the repository; the environment's are in a folder of its "
        "name below it. Used with sops.",
        "secrets",
        pattern=r"^[^/\s][^\s]*[^/\s]$",
        allowed="a relative path without / at the ends",
    )
    keySecret: Traced[str] = spec_field(
        "Secret in flux-system with the key that decrypts them; used with sops.",
        "sops-age",
        pattern=DNS_SUBDOMAIN,
    )
