"""The seam: what stackgen asks of a serving platform, as two records of functions.

`platforms/<name>/rendering.py` holds `RENDERING`, for stacks. `platforms/<name>/prediction.py`
holds `PREDICTION`, for any manifests: a platform whose stack renders every Pod template has none.
`platforms/<name>/network.yaml` says which rendered Pods are servers, and what controllers need.

Ports, images and namespaces are data: the section of the release row with the platform's name,
which `Release.serving` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackgen.record import record

if TYPE_CHECKING:
    from stackgen.catalog.load import Catalog
    from stackgen.catalog.rows import Row
    from stackgen.facts.workloads import Count, Workload
    from stackgen.manifest.document import Path
    from stackgen.manifest.resource import Bundle, Resource
    from stackgen.origin import Because, Traced, When
    from stackgen.plan.model import ModelPlan, Plan
    from stackgen.render.delivery import Step
    from stackgen.render.objects import Rendered
    from stackgen.render.sources import Source


@record
class Labels:
    """Labels of the Pods of models, for selectors.

    servers: of every Pod that answers requests; server: of those of one model. workers: of every
    further host of a group; worker, leader: of those of one model. pickers: of every endpoint
    picker; picker: of that of one model. pool: the name of the InferencePool of a model. prefill:
    of every prefill server, where `servers` does not select them.
    """

    servers: dict[str, str]
    workers: dict[str, str]
    server: Callable[[ModelPlan], dict[str, Any] | Traced[Any]]
    leader: Callable[[ModelPlan], Because]
    worker: Callable[[ModelPlan], Because]
    pickers: Callable[[Plan], dict[str, Any]]
    picker: Callable[[Plan, ModelPlan], dict[str, Any]]
    pool: Callable[[Plan, ModelPlan], Traced[str]]
    prefill: dict[str, str] | None = None


@record
class Authority:
    """The certificate authority that signs for a platform's servers.

    issuer: the ClusterIssuer. bundle: the ConfigMap with its certificate, under bundle_key.
    gateway_mount: the folder of the gateway's Pods for it. mounted: whether the stack mounts it.
    """

    issuer: Traced[str]
    bundle: Traced[str]
    bundle_key: Traced[str]
    gateway_mount: Traced[str]
    mounted: Traced[bool]


@record
class TemplatePlace:
    """Where a part of a Pod template belongs in an object of the platform.

    source: the part, from the template on. target: its path in the object. worker: of the further
    hosts of a group, which answer no requests. prefill: of the prefill servers of the object.
    """

    source: Path
    target: Path
    worker: bool = False
    prefill: bool = False


Templates = Mapping[str, tuple[TemplatePlace, ...]]
# Of an endpoint picker that the stack renders, whatever the platform.
PICKER_TEMPLATES: Templates = {"Deployment": (TemplatePlace((), ("spec", "template")),)}


@record
class Rendering:
    """What a platform renders for a stack. Each function yields objects in order of application.

    namespaces: those of its controllers, and the gateway's where it comes with the platform.
    foreign_gateway: whether the gateway's namespace comes from elsewhere. sources: where the
    platform comes from. install: its phases of layer 2-platform, after the operators. steps: the
    same for delivery, each with what must be healthy. model: all that makes the servers of one
    model and leads requests to them. policies: network policies of its own pods. sidecar: settings
    of Istio's sidecars that its servers need. authority: None where it has none. unverified: hosts
    that sign their own certificates, which a gateway of Istio's therefore does not verify.
    templates: where the objects of a model, by kind, have the Pod templates of its servers.
    pods: a regular expression for the names of the Pods that answer, of the servers of a model.
    """

    labels: Labels
    templates: Templates
    namespaces: Callable[[Plan], Iterator[Rendered]]
    foreign_gateway: Callable[[Plan], Traced[bool]]
    sources: Callable[[Plan], Iterable[Source]]
    install: Callable[[Plan], Iterator[Rendered]]
    steps: Callable[[Plan], Iterable[Step]]
    model: Callable[[Plan, ModelPlan], Iterator[Rendered]]
    policies: Callable[[Plan], Iterator[Rendered]]
    sidecar: Callable[[Plan], When]
    authority: Callable[[Plan], Authority | None]
    unverified: Callable[[Plan], Iterable[Traced[str]]]
    pods: Callable[[ModelPlan], Traced[str]]


# Roles of Pods of which a controller makes more than the manifests say.
PARTS = ("predictor", "transformer", "explainer")


@record
class PredictedPod:
    """Pods that a controller makes for a service.

    kind: of the object that holds their template. role: `model`, `model-worker`, `model-prefill`,
    `model-prefill-worker` or `scheduler`; one of `PARTS` for Pods that are known in part: they may
    have more labels, unless labels_known. ports_known: their containers are all here. template:
    with `metadata` and `spec`.
    """

    name: str
    kind: str
    role: str
    template: dict[str, Any]
    ports_known: bool = True
    labels_known: bool = True


@record
class PredictedObjects:
    """What a controller makes of a service.

    tell: says in words what could not be seen. To find that out, all objects are validated.
    """

    objects: tuple[dict[str, Any], ...]
    tell: Callable[[], tuple[str, ...]]

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be seen, in words."""
        return self.tell()


@record
class Rollout:
    """How a controller replaces the Pods of a service.

    strategy: the field with `maxSurge` and `maxUnavailable`. elsewhere: fields below `spec`, or
    below a part of it, that do not reach the pods.
    """

    strategy: Path
    elsewhere: frozenset[str]


Kinds = Iterable[tuple[str, str, str]]
"""Group, version and kind of objects."""


@record
class Sign:
    """Something in an input that tells a release. weight: how sure it is. what: for messages."""

    weight: int
    what: str


@record
class Prediction:
    """What the controllers of a platform make of manifests that anyone wrote.

    name: in messages. services: group and kind of the objects of which they make Pods; configs: of
    those that services inherit from. groups: the API groups whose versions tell releases apart.
    releases: the rows whose controllers serve every kind, the newest first. pods: tells the Pods of
    a service of the bundle, by a release row of the platform, or by the newest row that fits.
    objects: all objects of a service, by a row. pools: the InferencePools of a service, by a row,
    in a cluster that may have more than the bundle, where no fewer are made. workloads: the Pod
    templates of a service or config of a bundle, with the presets of a release, or of the newest
    one for "". group_size: Pods in a group of a service, when it has groups. policy_data: what
    policies know of a release, as `data.stackgen` has it. signs: what in the objects tells that a
    row is the installed release. others: further kinds of model servers, whose objects are not
    predicted, and the Pod templates of one of a bundle. part_pods: the Pods of these kinds, as far
    as they are known.
    """

    name: str
    services: frozenset[tuple[str, str]]
    configs: frozenset[tuple[str, str]]
    groups: frozenset[str]
    rollout: Rollout
    releases: Callable[[Catalog, Kinds], tuple[Row, ...]]
    pods: Callable[[Bundle, Row | None, Catalog], Callable[[Resource], Iterator[PredictedPod]]]
    objects: Callable[[Bundle, Row], Callable[[Resource], PredictedObjects]]
    pools: Callable[[Bundle, Row, Resource], list[dict[str, Any]]]
    workloads: Callable[[Catalog, str, Bundle], Callable[[Resource], Iterator[Workload]]]
    group_size: Callable[[Resource], Count | None]
    policy_data: Callable[[Row], dict[str, Any]]
    signs: Callable[[Row, Iterable[Resource]], Iterator[Sign]]
    others: Mapping[tuple[str, str], Callable[[Bundle, Resource], Iterator[Workload]]]
    part_pods: Mapping[tuple[str, str], Callable[[Bundle, Resource], Iterator[PredictedPod]]]
