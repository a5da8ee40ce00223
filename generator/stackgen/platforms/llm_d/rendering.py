"""What llm-d renders for a stack: its side of the seam."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import Traced, When, literal
from stackgen.plan.model import Plan
from stackgen.platforms.llm_d import install, model
from stackgen.platforms.llm_d.labels import LABELS
from stackgen.platforms.model import Authority, Rendering, TemplatePlace
from stackgen.render.definitions import definition_sources
from stackgen.render.gateway_class import istio
from stackgen.render.pool_route import picker_host


def _sidecar(plan: Plan) -> When:
    """Nothing: a stack of this platform has no sidecars."""
    return When(literal(False, "mesh/ports-left-out", "there are no sidecars"), {})


def _authority(plan: Plan) -> Authority | None:
    """None: the servers speak plain HTTP."""
    return None


def _unverified(plan: Plan) -> Iterator[Traced[str]]:
    """The endpoint pickers, behind a gateway of Istio's."""
    if istio(plan).value:
        yield from (picker_host(plan, m) for m in plan.models if m.spec.scheduler.value)


_GROUP = ("spec", "leaderWorkerTemplate")
_LABELS = ("metadata", "labels")
RENDERING = Rendering(
    labels=LABELS,
    templates={
        "Deployment": (TemplatePlace((), ("spec", "template")), TemplatePlace(_LABELS, _LABELS)),
        "LeaderWorkerSet": (
            TemplatePlace(_LABELS, _LABELS),
            TemplatePlace((), (*_GROUP, "leaderTemplate")),
            TemplatePlace((), (*_GROUP, "workerTemplate"), worker=True),
        ),
    },
    namespaces=install.namespaces,
    foreign_gateway=install.foreign_gateway,
    sources=definition_sources,
    install=install.phases,
    steps=install.steps,
    model=model.model,
    policies=install.policies,
    sidecar=_sidecar,
    authority=_authority,
    unverified=_unverified,
    pods=model.pods,
)
