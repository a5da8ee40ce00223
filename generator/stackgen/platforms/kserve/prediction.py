"""What KServe's controller makes of a service, as pods: its side of the seam for any manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.shape import as_dict
from stackgen.facts.workloads import Count
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve import inference_service, predictor_pods, webhook
from stackgen.platforms.kserve.configs import expanded, expanded_in_all
from stackgen.platforms.kserve.names import (
    COMPONENT,
    CONFIG_KIND,
    KIND,
    KSERVE_COMPONENT,
    MAIN,
    SCHEDULER_COMPONENT,
    TOKENIZER_COMPONENT,
)
from stackgen.platforms.kserve.presets import preset
from stackgen.platforms.kserve.rejected import problems_of
from stackgen.platforms.kserve.release import (
    GROUP,
    OLD_POOLS,
    V1_POOLS,
    controllers,
    fitting,
    meant,
    of_row,
)
from stackgen.platforms.kserve.signs import signs
from stackgen.platforms.kserve.workloads import PLATFORM, described, group_size, templates_of
from stackgen.platforms.model import (
    Kinds,
    PredictedObjects,
    PredictedPod,
    Prediction,
    Rollout,
)
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog, variants

# What policies are told of a preset's container.
_DROPPED = ("schema-unknown-field",)
_TOLD = ("startupProbe", "livenessProbe", "readinessProbe", "securityContext", "ports")


def _pods(
    bundle: Bundle, release: Row | None, catalog: Catalog
) -> Callable[[Resource], Iterator[PredictedPod]]:
    """Tells the Pods of a service of the bundle: servers, prefill servers, and endpoint picker.

    Roles: `model`, `model-worker` (further hosts of a group), `model-prefill`,
    `model-prefill-worker`, `scheduler`, `tokenizer`.
    """
    named = of_row(release) if release is not None else None
    known = [named] if named is not None else []

    def pods(service: Resource) -> Iterator[PredictedPod]:
        if not known:  # a bundle without services needs no row of the catalog
            kinds = [(r.group, r.version, r.kind) for r in bundle.objects]
            known.append(meant(catalog, "", kinds)[0])
        for data in expanded(bundle, service, known[0]).objects:
            for name, template in templates_of(data):
                yield PredictedPod(name, data["kind"], _role(template), template)

    return pods


def _role(template: dict[str, Any]) -> str:
    labels = template["metadata"]["labels"]
    component = labels.get(COMPONENT, "")
    if component == SCHEDULER_COMPONENT:
        return "scheduler"
    if component == TOKENIZER_COMPONENT:
        return "tokenizer"
    role = "model-prefill" if component.endswith("-prefill") else "model"
    return role if KSERVE_COMPONENT in labels else f"{role}-worker"


def _objects(bundle: Bundle, release: Row) -> Callable[[Resource], PredictedObjects]:
    controller = of_row(release)
    assert controller is not None, release.key

    schemas = _schemas(release)

    def objects(service: Resource) -> PredictedObjects:
        refused = _refusal(service, release) or webhook.refusal(
            service.data, service.version, service.namespace, service.name, controller
        )
        if refused:
            return PredictedObjects((), lambda: (f"the cluster refuses {service.name}: {refused}",))
        made = expanded_in_all(bundle, service, controller)
        if made.failed:
            what = "not all objects" if made.objects else "nothing"
            note = f"{controller.name} makes {what} of {service.name}: {made.failed}"
            return PredictedObjects(made.objects, lambda: (note,))
        return PredictedObjects(made.objects, lambda: _rejected(made.objects, schemas))

    return objects


def _pools(bundle: Bundle, release: Row, service: Resource) -> list[dict[str, Any]]:
    controller = of_row(release)
    assert controller is not None, release.key
    made = expanded(bundle, service, controller).objects
    return [data for data in made if data["kind"] == "InferencePool"]


def _schemas(release: Row) -> SchemaCatalog:
    named = as_dict(release.data.get("schemas")).values()
    return SchemaCatalog((), tuple(label for label in named if label in variants()))


def _rejected(objects: tuple[dict[str, Any], ...], schemas: SchemaCatalog) -> tuple[str, ...]:
    """The first object that the API server rejects: the controller makes none after it."""
    for data in objects:
        for _, problem in problems_of(data, partial(validate, catalog=schemas)):
            title = f"{data['kind']} {data['metadata']['name']}"
            told = f"the API server rejects {title}, and the objects after it are not made"
            return (f"{told}: {problem.message}",)
    return ()


def _refusal(service: Resource, release: Row) -> str:
    """Why the API server does not take the service; "" when it does. It drops unknown fields."""
    for problem in validate(service.data, catalog=_schemas(release)):
        if problem.rule not in _DROPPED:
            path = ".".join(map(str, problem.path))
            return f"{path}: {problem.message}" if path else problem.message
    return ""


def _releases(catalog: Catalog, kinds: Kinds) -> tuple[Row, ...]:
    rows = (catalog.release(c.name) for c in fitting(controllers(catalog), kinds))
    return tuple(row for row in rows if row is not None)


def _group_size(service: Resource) -> Count | None:
    return group_size(service) if service.get("spec", "worker") else None


def _policy_data(release: Row) -> dict[str, Any]:
    """Whether servers speak TLS, whether the preset's command takes `args` as further flags, and
    the container `main` of a single-host server's preset.
    """
    controller = of_row(release)
    assert controller is not None, release.key
    (main,) = preset("template", controller, "", "", {})["template"]["containers"]
    told = {key: main[key] for key in _TOLD if key in main}
    return {
        "servesTLS": controller.serves_tls,
        "appendsArgs": controller.args == "flags",
        "presets": {MAIN: told},
    }


PREDICTION = Prediction(
    name=PLATFORM,
    services=frozenset({(GROUP, KIND)}),
    configs=frozenset({(GROUP, CONFIG_KIND)}),
    groups=frozenset({GROUP, OLD_POOLS, V1_POOLS}),
    rollout=Rollout(
        strategy=("spec", "rolloutStrategy"),
        elsewhere=frozenset({"replicas", "router", "scaling", "rolloutStrategy"}),
    ),
    releases=_releases,
    pods=_pods,
    objects=_objects,
    pools=_pools,
    workloads=described,
    group_size=_group_size,
    policy_data=_policy_data,
    signs=signs,
    others={(GROUP, inference_service.INFERENCE_SERVICE): inference_service.described},
    part_pods={(GROUP, inference_service.INFERENCE_SERVICE): predictor_pods.pods},
)
