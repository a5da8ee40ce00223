"""A platform without a controller: Deployments, each with a Service and an HTTPRoute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Because, Traced, When, literal
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.model import Labels, Rendering, TemplatePlace
from stackgen.render.delivery import Step
from stackgen.render.model_pod import FOLDER, server_pod
from stackgen.render.objects import NAMESPACES, Rendered, Scope, namespace, obj
from stackgen.render.sources import Source

ALL = {"plain.example/part": "server"}
WORKERS = {"plain.example/part": "worker"}


def _server(model: ModelPlan) -> dict[str, Any]:
    return {"plain.example/model": model.spec.name, **ALL}


def _group(model: ModelPlan) -> Because:
    return Because({"plain.example/model": model.spec.name, **WORKERS}, "plain/group", "of it")


def _picker(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    return {"plain.example/picker": model.spec.name}


def _pickers(plan: Plan) -> dict[str, Any]:
    return {"plain.example/part": "picker"}


def _namespaces(plan: Plan) -> Iterator[Rendered]:
    yield namespace(Scope(plan, NAMESPACES), plan.stack.spec.gateway.namespace, "runs the gateway")


def _foreign(plan: Plan) -> Traced[bool]:
    return literal(False, "plain/gateway", "the namespace is the stack's")


def _sources(plan: Plan) -> list[Source]:
    return []


def _nothing(plan: Plan) -> Iterator[Rendered]:
    yield from ()


def _steps(plan: Plan) -> list[Step]:
    return []


def _model(plan: Plan, model: ModelPlan) -> Iterator[Rendered]:
    scope = Scope(plan, FOLDER, plan.stack.spec.serving.namespace)
    labels, name, port = _server(model), model.spec.name, plan.release.serving("port")
    rule, why = "plain/model", "serves the model"
    template = {"metadata": {"labels": labels}, "spec": server_pod(plan, model)}
    yield obj(
        scope, "apps/v1", "Deployment", name,
        {"spec": {
            "replicas": model.spec.replicas, "selector": {"matchLabels": labels},
            "template": template,
        }},
        rule=rule, why=why,
    )  # fmt: skip
    yield obj(
        scope, "v1", "Service", name,
        {"spec": {"selector": labels, "ports": [{"name": "http", "port": port}]}},
        rule=rule, why=why,
    )  # fmt: skip
    gateway = plan.stack.spec.gateway
    yield obj(
        scope, "gateway.networking.k8s.io/v1", "HTTPRoute", name,
        {"spec": {
            "parentRefs": [{"name": gateway.name, "namespace": gateway.namespace}],
            "rules": [{"backendRefs": [{"name": name, "port": port}]}],
        }},
        rule=rule, why=why,
    )  # fmt: skip


def _sidecar(plan: Plan) -> When:
    return When(literal(False, "plain/sidecar", "nothing is left out"), {})


def _authority(plan: Plan) -> None:
    """No server of it has a certificate."""


RENDERING = Rendering(
    labels=Labels(
        servers=ALL, workers=WORKERS, server=_server, leader=_group, worker=_group,
        pickers=_pickers, picker=_picker,
        pool=lambda plan, model: model.spec.name,
    ),
    templates={"Deployment": (TemplatePlace((), ("spec", "template")),)},
    namespaces=_namespaces, foreign_gateway=_foreign, sources=_sources, install=_nothing,
    steps=_steps, model=_model, policies=_nothing, sidecar=_sidecar, authority=_authority,
    unverified=lambda plan: (), pods=lambda model: model.service,
)  # fmt: skip
