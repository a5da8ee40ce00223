"""The typed spec, and the one source of truth of its shape.

`spec/schema.py` turns these classes into `schemas/stack.schema.json`; `spec/bind.py` fills them.
Every leaf is `Traced`: it knows the line that said it, or that it is a default.
"""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    GOOGLE_ACCOUNT,
    IPV4_RANGE,
    PORT,
    PROJECT,
    spec_field,
)
from stackgen.spec.gateway import Gateway, Mesh
from stackgen.spec.node_pools import NodePool
from stackgen.spec.observe import Observe
from stackgen.spec.platform import Platform, Secrets
from stackgen.spec.serving import Serving

API_VERSION = "stackgen.dev/v1alpha1"
_LABEL = r"[a-zA-Z0-9./_-]+=[a-zA-Z0-9._-]*"
ALLOW_END = (
    rf"^(models|schedulers|gateway|{IPV4_RANGE}|"
    rf"[a-z0-9][-a-z0-9]*/(\*|{_LABEL}(,{_LABEL})*))$"
)
ALLOW_END_WORDS = "models, schedulers, gateway, an IPv4 range, or Pods such as monitoring/app=probe"
KIND = "Stack"
EXTRA_OBJECT = {
    "type": "object",
    "description": "A Kubernetes object.",
    "required": ["apiVersion", "kind", "metadata"],
    "properties": {
        "apiVersion": {"type": "string", "minLength": 1, "description": "API version."},
        "kind": {"type": "string", "minLength": 1, "description": "Kind."},
        "metadata": {
            "type": "object",
            "description": "Metadata of the object.",
            "required": ["name"],
            "properties": {"name": {"type": "string", "minLength": 1, "description": "Name."}},
        },
    },
}


@record
class Metadata:
    """Metadata of the stack."""

    name: Traced[str] = spec_field(
        "Name of the stack. The cluster and the delivery objects get this name.",
        pattern=DNS_LABEL,
        maxLength=40,
        examples=["llm"],
    )


@record
class Cluster:
    """The GKE cluster and its node pools."""

    project: Traced[str] = spec_field(
        "Google Cloud project ID.",
        pattern=PROJECT,
        examples=["my-project"],
    )
    location: Traced[str] = spec_field(
        "Zone (zonal cluster) or region (regional cluster).",
        pattern=r"^[a-z]+-[a-z]+[0-9]+(-[a-z0-9]+)?$",
        allowed="a region such as europe-west4 or a zone such as europe-west4-a",
        examples=["europe-west4-a", "europe-west4"],
    )
    nodePools: tuple[NodePool, ...] = spec_field("The node pools.", minItems=1)
    name: Traced[str | None] = spec_field(
        "Name of the cluster. Default: the name of the stack.",
        None,
        pattern=DNS_LABEL,
        maxLength=40,
    )
    releaseChannel: Traced[str] = spec_field(
        "GKE release channel.", "REGULAR", enum=["RAPID", "REGULAR", "STABLE"]
    )
    controlPlaneCidr: Traced[str | None] = spec_field(
        "Address range of the API server as Pods see it, for the network policies. `kubectl get "
        "endpoints kubernetes` prints the address. If not set, the policies allow all addresses "
        "on port 443, and the network proof reports what depends on it as unknown.",
        None,
        pattern=f"^{IPV4_RANGE}$",
        allowed="an IPv4 range such as 172.16.0.0/28",
        examples=["172.16.0.0/28", "34.90.12.7/32"],
    )
    dns: Traced[str] = spec_field(
        "DNS provider of the cluster: kube-dns (with or without NodeLocal DNSCache) or Cloud DNS.",
        "kube-dns",
        enum=["kube-dns", "cloud-dns"],
    )
    gatewayApi: Traced[str] = spec_field(
        "Source of the Gateway API CRDs. gke: GKE installs and upgrades them. stack: the stack "
        "installs the version of the release. existing: they are already installed.",
        "gke",
        enum=["gke", "stack", "existing"],
    )
    managed: Traced[bool] = spec_field(
        "Render the cluster and its node pools as Config Connector objects. false: another tool "
        "creates them (`stackgen cluster` prints them for gcloud and Terraform). stackgen still "
        "plans and checks them.",
        True,
    )
    configConnectorNamespace: Traced[str] = spec_field(
        "Namespace of the Config Connector objects in the management cluster.",
        "gcp-infra",
        pattern=DNS_LABEL,
    )
    configConnectorServiceAccount: Traced[str | None] = spec_field(
        "Email address of the Google service account of Config Connector in namespaced mode. The "
        "stack then renders the ConfigConnectorContext of the namespace. Default: cluster mode, or "
        "another tool creates the ConfigConnectorContext.",
        None,
        pattern=GOOGLE_ACCOUNT,
    )
    nodeServiceAccount: Traced[str | None] = spec_field(
        "Email address of the Google service account of the nodes. Default: the Compute Engine "
        "default service account.",
        None,
        pattern=GOOGLE_ACCOUNT,
    )


@record
class Tpu:
    """TPU environment."""

    env: Traced[str] = spec_field(
        "explicit: write the TPU environment variables, derived from the topology, into the Pod. "
        "injected: GKE sets them, with the same values.",
        "explicit",
        enum=["explicit", "injected"],
    )


@record
class Allow:
    """An additional connection to allow."""

    from_: Traced[str] = spec_field(
        "Source: models, schedulers or gateway (of this stack), Pods by label as "
        "NAMESPACE/KEY=VALUE,..., all Pods of a namespace as NAMESPACE/*, or an IPv4 range.",
        pattern=ALLOW_END,
        allowed=ALLOW_END_WORDS,
        examples=["monitoring/app=blackbox-exporter", "gateway"],
    )
    to: Traced[str] = spec_field(
        "Destination, in the same form as `from`.",
        pattern=ALLOW_END,
        allowed=ALLOW_END_WORDS,
        examples=["models", "10.20.0.0/24"],
    )
    ports: tuple[Traced[int], ...] = spec_field(
        "Destination ports: those of the Pods, not of a Service.",
        minItems=1,
        items={"minimum": 1, "maximum": 65535},
    )
    reason: Traced[str] = spec_field("Why the connection is needed.", minLength=1)
    protocol: Traced[str] = spec_field("Protocol.", "TCP", enum=["TCP", "UDP", "SCTP"])


@record
class Network:
    """Network policies."""

    defaultDeny: Traced[bool] = spec_field(
        "Deny all traffic in the serving and gateway namespaces except the flows that the stack "
        "needs.",
        True,
    )
    allow: tuple[Allow, ...] = spec_field(
        "Additional connections to allow. stackgen renders policies for each and adds it to the "
        "network proof.",
        (),
    )


@record
class Delivery:
    """How `out/` is synced to the cluster."""

    engine: Traced[str] = spec_field("GitOps engine.", "flux", enum=["flux", "argocd", "none"])
    repository: Traced[str | None] = spec_field(
        "Git repository that contains `out/`.",
        None,
        pattern=rf"^(https|ssh)://([^\s/@]*@)?(\[[0-9a-fA-F:.]+\]|[^\s/:@]+)(:{PORT})?(/[^\s]*)?$",
        allowed="an address that begins with https:// or ssh://, and a port of 1 to 65535 if any",
        examples=["https://github.com/acme/llm-platform"],
    )
    secret: Traced[str | None] = spec_field(
        "Name of a Secret with the credentials of the repository, in the namespace of the engine.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    branch: Traced[str] = spec_field("Branch to sync.", "main", minLength=1)
    path: Traced[str] = spec_field(
        "Path of `out/` in the repository.",
        "out",
        pattern=r"^[^/\s][^\s]*[^/\s]$",
        allowed="a relative path without / at the ends",
    )


@record
class PatchTarget:
    """Which rendered object a patch changes."""

    kind: Traced[str] = spec_field("Kind of the object.")
    name: Traced[str] = spec_field("Name of the object.")
    namespace: Traced[str | None] = spec_field(
        "Namespace of the object. Required if several objects have the same kind and name.", None
    )


@record
class Patch:
    """A change to one rendered object: maps merge, lists merge by their key, null removes."""

    target: PatchTarget = spec_field("The object.")
    patch: Traced[Any] = spec_field("The fields to merge into the object.")


@record
class Suppress:
    """An accepted finding."""

    rule: Traced[str] = spec_field("Id of the rule.")
    reason: Traced[str] = spec_field(
        "Why it is accepted.", minLength=1, examples=["Accepted until the next release."]
    )
    object: Traced[str | None] = spec_field(
        "Only for this object: KIND/NAME or KIND/NAMESPACE/NAME. * matches any name.", None
    )
    until: Traced[str | None] = spec_field(
        "Last day on which the finding is accepted, in quotes.",
        None,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        allowed="a date such as 2027-03-31, in quotes",
    )


@record
class Budget:
    """Maximum cost of the stack, with each pool at its maximum number of nodes."""

    currency: Traced[str] = spec_field(
        "Currency. The catalog has prices in USD only.", "USD", enum=["USD"]
    )
    perDay: Traced[float | None] = spec_field(
        "Maximum cost of a day (24 hours).", None, minimum=0, maximum=1000000000
    )
    perMonth: Traced[float | None] = spec_field(
        "Maximum cost of a month (730 hours).", None, minimum=0, maximum=1000000000
    )


@record
class Policies:
    """Settings of the security policies."""

    stage: Traced[str | None] = spec_field(
        "Purpose of the environment. In `dev`, images and models do not have to be pinned by "
        "digest or revision, and accelerator pools must be able to scale to zero.",
        None,
        enum=["dev", "test", "prod"],
    )
    allowedRegistries: tuple[Traced[str], ...] = spec_field(
        "Registries, with or without a path, that images may come from. Default: any registry.",
        (),
        examples=[["registry.redhat.io", "europe-docker.pkg.dev/my-project"]],
    )


@record
class CatalogMaxAgeDays:
    """Maximum age of catalog rows in days. Older rows are stale."""

    prices: Traced[int] = spec_field("Maximum age of prices.", 90, minimum=1, maximum=3650)
    others: Traced[int] = spec_field("Maximum age of all other rows.", 365, minimum=1, maximum=3650)


@record
class Spec:
    """The stack."""

    release: Traced[str] = spec_field(
        "Release row of the catalog. It sets the serving platform, and the versions of the "
        "platform, Istio, Gateway API and the operators.",
        examples=["llm-d-infra-xks-0.15", "llm-d-0.9"],
    )
    cluster: Cluster = spec_field("The GKE cluster.")
    gateway: Gateway = spec_field("The inference gateway.")
    serving: Serving = spec_field("The models.")
    mesh: Mesh = spec_field("Service mesh.", ())
    tpu: Tpu = spec_field("TPU settings.", ())
    network: Network = spec_field("Network policies.", ())
    platform: Platform = spec_field("The software that the models need, and who installs it.", ())
    secrets: Secrets = spec_field("Secrets.", ())
    observe: Observe = spec_field("Monitoring.", ())
    delivery: Delivery = spec_field("GitOps delivery.", ())
    budget: Budget = spec_field("Maximum cost of the stack.", ())
    policies: Policies = spec_field("Settings of the security policies.", ())
    catalogMaxAgeDays: CatalogMaxAgeDays = spec_field("Maximum age of catalog rows, in days.", ())
    extraObjects: tuple[Traced[Any], ...] = spec_field(
        "Kubernetes objects to render as they are, beside the models. A namespaced object without "
        "a namespace gets that of the models.",
        (),
        items=EXTRA_OBJECT,
    )
    patches: tuple[Patch, ...] = spec_field("Changes to rendered objects.", ())
    suppress: tuple[Suppress, ...] = spec_field("Accepted findings.", ())


@record
class Stack:
    """The whole file."""

    apiVersion: Traced[str] = spec_field("Version of this format.", enum=[API_VERSION])
    kind: Traced[str] = spec_field("Kind of this file.", enum=[KIND])
    metadata: Metadata = spec_field("Metadata of the stack.")
    spec: Spec = spec_field("The stack.")
