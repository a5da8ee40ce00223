"""The typed spec, and the one source of truth of its shape.

`spec/schema.py` turns these classes into `schemas/stack.schema.json`; `spec/bind.py` fills them.
Every leaf is `Traced`: it knows the line that said it, or that it is a default.
"""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_LABEL, DNS_SUBDOMAIN, IPV4_RANGE, spec_field
from stackgen.spec.gateway import Gateway, Mesh
from stackgen.spec.platform import Platform, Secrets
from stackgen.spec.serving import Serving

API_VERSION = "stackgen.dev/v1alpha1"
_LABEL = r"[a-zA-Z0-9./_-]+=[a-zA-Z0-9._-]*"
ALLOW_END = (
    rf"^(models|schedulers|gateway|{IPV4_RANGE}|"
    rf"[a-z0-9][-a-z0-9]*/(\*|{_LABEL}(,{_LABEL})*))$"
)
ALLOW_END_WORDS = "models, schedulers, gateway, an IPv4 range, or pods such as monitoring/app=probe"
KIND = "Stack"


@record
class Metadata:
    """Names the stack."""

    name: Traced[str] = spec_field(
        "Name of the stack; names the cluster and the delivery objects.",
        pattern=DNS_LABEL,
        maxLength=40,
    )


@record
class NodeCount:
    """How far a node pool may scale."""

    min: Traced[int] = spec_field(
        "Fewest nodes the autoscaler keeps, per zone; whole slices where one has several hosts.",
        minimum=0,
        maximum=1000,
    )
    max: Traced[int] = spec_field(
        "Most nodes the autoscaler adds, per zone. Of slices over several hosts each is a node "
        "pool of its own, NAME-0, NAME-1 and so on: 8 nodes of 4-host slices are two.",
        minimum=1,
        maximum=1000,
    )


@record
class NodePool:
    """A GKE node pool: a machine type, a TPU generation with a topology, or a type of GPU."""

    name: Traced[str] = spec_field("Name of the node pool.", pattern=DNS_LABEL, maxLength=40)
    nodes: NodeCount = spec_field("How far the pool scales.")
    machineType: Traced[str | None] = spec_field(
        "Compute Engine machine type. Of a TPU pool it follows from accelerator and topology, of a "
        "GPU pool from accelerator, gpus and the memory that its models need.",
        None,
        examples=["n1-standard-4"],
    )
    accelerator: Traced[str | None] = spec_field(
        "TPU generation or type of GPU. GKE's labels, the machine type, chips and hosts follow "
        "from it.",
        None,
        enum=[
            "v4", "v5e", "v5p", "v6e", "tpu7x",
            "t4", "l4", "a100-40", "a100-80", "h100", "h200",
        ],
    )  # fmt: skip
    topology: Traced[str | None] = spec_field(
        "Shape of one TPU slice, such as 2x2 (v5e, v6e) or 2x2x1 (v4, v5p, tpu7x). On a shape of "
        "several hosts, such as 4x4, a model is served by a group of pods. auto: the cheapest on "
        "one host that fits every model of the pool.",
        None,
        pattern=r"^(auto|[1-9][0-9]*(x[1-9][0-9]*){1,2})$",
        allowed="two or three numbers joined by x, such as 2x2, or auto",
    )
    gpus: Traced[int | None] = spec_field(
        "GPUs of one node; the fewest that a machine of the type has, or those of machineType, "
        "unless given.",
        None,
        minimum=1,
        maximum=16,
    )
    zone: Traced[str | None] = spec_field(
        "Zone of the pool's nodes; needed for TPU and GPU pools of a regional cluster.",
        None,
        pattern=r"^[a-z]+-[a-z]+[0-9]+-[a-z0-9]+$",
        allowed="a zone such as europe-west4-a",
    )
    purchase: Traced[str] = spec_field(
        "How the machines are paid for. spot: cheaper, and taken away at short notice. flex-start: "
        "for seven days at most. 1-year, 3-year: the price under a commitment you have bought.",
        "on-demand",
        enum=["on-demand", "spot", "flex-start", "1-year", "3-year"],
    )
    reservation: Traced[str | None] = spec_field(
        "Name of a reservation of Compute Engine; the pool's machines come from it alone. "
        "projects/PROJECT/reservations/NAME for one that another project shares.",
        None,
        pattern=r"^(projects/[a-z][-a-z0-9]{4,28}[a-z0-9]/reservations/)?"
        r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?$",
        allowed="a reservation's name, or projects/PROJECT/reservations/NAME",
        examples=["tpu-reservation"],
    )
    diskSizeGb: Traced[int | None] = spec_field(
        "Boot disk size in GB. Model files are downloaded to it.", None, minimum=10, maximum=65536
    )
    explicitScheduling: Traced[bool] = spec_field(
        "Write the TPU taint and node labels into the pool although GKE adds the same by itself.",
        False,
    )


@record
class Cluster:
    """The GKE cluster and its node pools."""

    project: Traced[str] = spec_field(
        "Google Cloud project id.",
        pattern=r"^[a-z][-a-z0-9]{4,28}[a-z0-9]$",
        allowed="6 to 30 lower-case letters, digits and dashes, beginning with a letter",
    )
    location: Traced[str] = spec_field(
        "Zone (zonal cluster) or region (regional cluster).",
        pattern=r"^[a-z]+-[a-z]+[0-9]+(-[a-z0-9]+)?$",
        allowed="a region such as europe-west4 or a zone such as europe-west4-a",
        examples=["europe-west4-a", "europe-west4"],
    )
    nodePools: tuple[NodePool, ...] = spec_field("The node pools.", minItems=1)
    name: Traced[str | None] = spec_field(
        "Name of the cluster; the stack's name unless given.", None, pattern=DNS_LABEL, maxLength=40
    )
    releaseChannel: Traced[str] = spec_field(
        "GKE release channel.", "REGULAR", enum=["RAPID", "REGULAR", "STABLE"]
    )
    controlPlaneCidr: Traced[str | None] = spec_field(
        "Address range of the API server as pods see it, for the network policies. `kubectl get "
        "endpoints kubernetes` prints the address. While it is not set, the policies allow every "
        "address on port 443, and the proof calls what depends on it unknown.",
        None,
        pattern=f"^{IPV4_RANGE}$",
        allowed="an IPv4 range such as 172.16.0.0/28",
        examples=["172.16.0.0/28", "34.90.12.7/32"],
    )
    dns: Traced[str] = spec_field(
        "Who answers DNS inside the cluster: kube-dns (with or without NodeLocal DNSCache) or "
        "Cloud DNS.",
        "kube-dns",
        enum=["kube-dns", "cloud-dns"],
    )
    gatewayApi: Traced[str] = spec_field(
        "Who installs the CRDs of the Gateway API. gke: GKE does, and keeps them up to date. "
        "stack: the stack does, in the release's version. existing: they are there.",
        "gke",
        enum=["gke", "stack", "existing"],
    )
    managed: Traced[bool] = spec_field(
        "Render cluster and node pools as Config Connector objects. false: another tool creates "
        "them (`stackgen cluster` prints them for gcloud and Terraform); they are planned and "
        "checked all the same.",
        True,
    )
    configConnectorNamespace: Traced[str] = spec_field(
        "Namespace of the Config Connector objects in the management cluster.",
        "gcp-infra",
        pattern=DNS_LABEL,
    )
    nodeServiceAccount: Traced[str | None] = spec_field(
        "E-mail of the Google service account that the nodes run as; the Compute Engine default "
        "account unless given.",
        None,
        pattern=r"^[^@\s]+@[^@\s]+\.gserviceaccount\.com$",
        allowed="the e-mail address of a Google service account",
    )


@record
class Tpu:
    """TPU environment."""

    env: Traced[str] = spec_field(
        "explicit: write the TPU variables, derived from the topology, into the pod. injected: "
        "leave them to GKE, which sets the same values.",
        "explicit",
        enum=["explicit", "injected"],
    )


@record
class Allow:
    """A connection that the stack does not need by itself."""

    from_: Traced[str] = spec_field(
        "Who connects: models, schedulers or gateway (of this stack), pods as "
        "NAMESPACE/KEY=VALUE,... (or NAMESPACE/* for all of them), or an IPv4 range.",
        pattern=ALLOW_END,
        allowed=ALLOW_END_WORDS,
        examples=["monitoring/app=blackbox-exporter", "gateway"],
    )
    to: Traced[str] = spec_field(
        "Who is connected to, in the same words.",
        pattern=ALLOW_END,
        allowed=ALLOW_END_WORDS,
        examples=["models", "10.20.0.0/24"],
    )
    ports: tuple[Traced[int], ...] = spec_field(
        "Ports of the pods that are connected to (not of a Service).",
        minItems=1,
    )
    reason: Traced[str] = spec_field("Why it is needed.", minLength=1)
    protocol: Traced[str] = spec_field("Protocol.", "TCP", enum=["TCP", "UDP", "SCTP"])


@record
class Network:
    """Network policies."""

    defaultDeny: Traced[bool] = spec_field(
        "Deny all traffic of the serving and the gateway namespace but the flows the stack needs.",
        True,
    )
    allow: tuple[Allow, ...] = spec_field(
        "Further connections to allow. Each gets its policies, and its place in the proof.", ()
    )


@record
class Observe:
    """Monitoring."""

    engine: Traced[str] = spec_field(
        "gmp: Google Managed Prometheus. prometheus-operator: PodMonitor and PrometheusRule. "
        "none: nothing.",
        "gmp",
        enum=["gmp", "prometheus-operator", "none"],
    )
    namespace: Traced[str] = spec_field(
        "Namespace of Prometheus; used with prometheus-operator.", "monitoring", pattern=DNS_LABEL
    )
    smokeTest: Traced[bool] = spec_field(
        "Render a Job that asks every model for /v1/models and a completion.", False
    )


@record
class Delivery:
    """Who syncs `out/` to the cluster."""

    engine: Traced[str] = spec_field("GitOps engine.", "flux", enum=["flux", "argocd", "none"])
    repository: Traced[str | None] = spec_field(
        "Git repository that holds `out/`.",
        None,
        pattern=r"^(https|ssh)://[^\s]+$",
        allowed="an address that begins with https:// or ssh://",
    )
    secret: Traced[str | None] = spec_field(
        "Secret with the credentials of the repository, in the namespace of the engine.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    branch: Traced[str] = spec_field("Branch that is synced.", "main", minLength=1)
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
    namespace: Traced[str | None] = spec_field("Namespace, where the name is not enough.", None)


@record
class Patch:
    """A change to one rendered object: maps merge, lists merge by their key, null removes."""

    target: PatchTarget = spec_field("The object.")
    patch: Traced[Any] = spec_field("What to merge into it.")


@record
class Suppress:
    """A finding that is accepted."""

    rule: Traced[str] = spec_field("Id of the rule.")
    reason: Traced[str] = spec_field("Why it is accepted.", minLength=1)
    object: Traced[str | None] = spec_field(
        "Only for this object: KIND/NAME or KIND/NAMESPACE/NAME, * allowed.", None
    )
    until: Traced[str | None] = spec_field(
        "Last day it is accepted, in quotes.",
        None,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        allowed="a date such as 2027-03-31, in quotes",
    )


@record
class Budget:
    """What the stack may cost with every pool at its most nodes."""

    currency: Traced[str] = spec_field("Currency; prices are known in USD.", "USD", enum=["USD"])
    perDay: Traced[float | None] = spec_field("Most for a day of 24 hours.", None, minimum=0)
    perMonth: Traced[float | None] = spec_field("Most for a month of 730 hours.", None, minimum=0)


@record
class Policies:
    """What the security policies know about the environment, beside the objects."""

    stage: Traced[str | None] = spec_field(
        "What the environment is for. In `dev`, images and models need not be pinned to their "
        "content, and accelerator pools must be able to shrink to nothing.",
        None,
        enum=["dev", "test", "prod"],
    )
    allowedRegistries: tuple[Traced[str], ...] = spec_field(
        "Registries, or registries with a path, that images may come from; none named, any.",
        (),
        examples=[["registry.redhat.io", "europe-docker.pkg.dev/my-project"]],
    )


@record
class CatalogMaxAgeDays:
    """How old a catalogue row may be before it counts as stale."""

    prices: Traced[int] = spec_field("For prices.", 90, minimum=1, maximum=3650)
    others: Traced[int] = spec_field("For every other row.", 365, minimum=1, maximum=3650)


@record
class Spec:
    """The stack."""

    release: Traced[str] = spec_field(
        "Release row of the catalogue: which versions of KServe, Istio, Gateway API and the "
        "operators run, and their quirks.",
        examples=["llm-d-infra-xks-0.15"],
    )
    cluster: Cluster = spec_field("The GKE cluster.")
    gateway: Gateway = spec_field("The inference gateway.")
    serving: Serving = spec_field("The models.")
    mesh: Mesh = spec_field("Service mesh.", ())
    tpu: Tpu = spec_field("TPU settings.", ())
    network: Network = spec_field("Network policies.", ())
    platform: Platform = spec_field("What the models stand on, and who installs it.", ())
    secrets: Secrets = spec_field("Secrets.", ())
    observe: Observe = spec_field("Monitoring.", ())
    delivery: Delivery = spec_field("GitOps.", ())
    budget: Budget = spec_field("What the stack may cost.", ())
    policies: Policies = spec_field("What security policies know.", ())
    catalogMaxAgeDays: CatalogMaxAgeDays = spec_field("How old catalogue rows may be.", ())
    patches: tuple[Patch, ...] = spec_field("Changes to rendered objects.", ())
    suppress: tuple[Suppress, ...] = spec_field("Accepted findings.", ())


@record
class Stack:
    """The whole file."""

    apiVersion: Traced[str] = spec_field("Version of this format.", enum=[API_VERSION])
    kind: Traced[str] = spec_field("Kind of this file.", enum=[KIND])
    metadata: Metadata = spec_field("Names the stack.")
    spec: Spec = spec_field("The stack.")
