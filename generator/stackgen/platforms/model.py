"""The seam: what stackgen asks of a serving platform, as two records of functions.

`platforms/<name>/rendering.py` holds `RENDERING`, for stacks. `platforms/<name>/prediction.py`
holds `PREDICTION`, for any manifests: a platform whose stack renders every pod template has none.
`platforms/<name>/network.yaml` says which rendered pods are servers, and what controllers need.

Ports, images and namespaces are data: the section of the release row with the platform's name,
which `Release.serving` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from stackgen.record import record

if TYPE_CHECKING:
    from stackgen.catalog.load import Catalog
    from stackgen.catalog.rows import Row
    from stackgen.manifest.resource import Bundle, Resource
    from stackgen.origin import Because, Traced, When
    from stackgen.plan.model import ModelPlan, Plan
    from stackgen.render.delivery import Step
    from stackgen.render.objects import Rendered
    from stackgen.render.sources import GitSource


@record
class Labels:
    """Labels of the pods of models, for selectors.

    servers: of every pod that answers requests; server: of those of one model. workers: of every
    further host of a group; worker, leader: of those of one model. pickers: of every endpoint
    picker; picker: of that of one model.
    """

    servers: dict[str, str]
    workers: dict[str, str]
    server: Callable[[ModelPlan], dict[str, Any]]
    leader: Callable[[ModelPlan], Because]
    worker: Callable[[ModelPlan], Because]
    pickers: Callable[[Plan], dict[str, Any]]
    picker: Callable[[Plan, ModelPlan], dict[str, Any]]


@record
class Rendering:
    """What a platform renders for a stack. Each function yields objects in order of application.

    namespaces: those of its controllers, and the gateway's where it comes with the platform.
    foreign_gateway: whether the gateway's namespace comes from elsewhere. sources: where the
    platform comes from. install: its phases of layer 2-platform, after the operators. steps: the
    same for delivery, each with what must be healthy. model: all that makes the servers of one
    model and leads requests to them. policies: network policies of its own pods. sidecar: settings
    of Istio's sidecars that its servers need.
    """

    labels: Labels
    namespaces: Callable[[Plan], Iterator[Rendered]]
    foreign_gateway: Callable[[Plan], Traced[bool]]
    sources: Callable[[Plan], Iterable[GitSource]]
    install: Callable[[Plan], Iterator[Rendered]]
    steps: Callable[[Plan], Iterable[Step]]
    model: Callable[[Plan, ModelPlan], Iterator[Rendered]]
    policies: Callable[[Plan], Iterator[Rendered]]
    sidecar: Callable[[Plan], When]


@record
class PredictedPod:
    """Pods that a controller makes for a service.

    kind: of the object that holds their template. role: `model`, `model-worker`, `model-prefill`,
    `model-prefill-worker` or `scheduler`. template: with `metadata` and `spec`.
    """

    name: str
    kind: str
    role: str
    template: dict[str, Any]


@record
class Prediction:
    """What the controllers of a platform make of manifests that anyone wrote.

    services: group and kind of the objects of which they make pods. pods: tells the pods of such an
    object of a bundle, by a release row of the platform, or by the newest row of the catalogue that
    fits the bundle.
    """

    services: frozenset[tuple[str, str]]
    pods: Callable[[Bundle, Row | None, Catalog], Callable[[Resource], Iterator[PredictedPod]]]
