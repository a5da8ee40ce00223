"""What KServe's controller makes of a service, as pods: its side of the seam for any manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.configs import configs_of
from stackgen.platforms.kserve.expand import expand
from stackgen.platforms.kserve.names import COMPONENT, KSERVE_COMPONENT, SCHEDULER_COMPONENT
from stackgen.platforms.kserve.release import GROUP, meant, of_row
from stackgen.platforms.model import PredictedPod, Prediction

SERVICE = "LLMInferenceService"


def _pods(
    bundle: Bundle, release: Row | None, catalog: Catalog
) -> Callable[[Resource], Iterator[PredictedPod]]:
    """Tells the pods of a service of the bundle: servers, prefill servers, and endpoint picker.

    Roles: `model`, `model-worker` (further hosts of a group), `model-prefill`,
    `model-prefill-worker`, `scheduler`.
    """
    configs = configs_of(bundle)
    named = of_row(release) if release is not None else None
    known = [named] if named is not None else []

    def pods(service: Resource) -> Iterator[PredictedPod]:
        if not known:  # a bundle without services needs no row of the catalogue
            kinds = [(r.group, r.version, r.kind) for r in bundle.objects]
            known.append(meant(catalog, "", kinds)[0])
        for data in expand(service.data, known[0], configs).objects:
            for name, template in _templates(data):
                yield PredictedPod(name, data["kind"], _role(template), template)

    return pods


def _templates(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod templates of an object, each with the name of its pods."""
    name, spec = data["metadata"]["name"], data.get("spec", {})
    if data["kind"] == "Deployment":
        yield name, spec["template"]
    elif data["kind"] == "LeaderWorkerSet":
        group = spec["leaderWorkerTemplate"]
        leader = group.get("leaderTemplate")
        if leader is not None:
            yield name, leader
        # Without a leader's template the workers serve, and are labelled so.
        yield name if leader is None else f"{name}-worker", group["workerTemplate"]


def _role(template: dict[str, Any]) -> str:
    labels = template["metadata"]["labels"]
    component = labels.get(COMPONENT, "")
    if component == SCHEDULER_COMPONENT:
        return "scheduler"
    role = "model-prefill" if component.endswith("-prefill") else "model"
    return role if KSERVE_COMPONENT in labels else f"{role}-worker"


PREDICTION = Prediction(services=frozenset({(GROUP, SERVICE)}), pods=_pods)
