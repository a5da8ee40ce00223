"""Layer 4-serving: the models, as the serving platform has them, with what they need to start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.layers import model_cache
from stackgen.layers.compute_class import compute_classes
from stackgen.layers.dynamic_slices import dynamic_slices
from stackgen.layers.mesh import serving_policies
from stackgen.layers.quota import quota
from stackgen.manifest.resource import Resource
from stackgen.origin import (
    Because,
    Origin,
    Traced,
    When,
    all_of,
    any_of,
    flatten,
    given_or,
    is_set,
    is_value,
    literal,
    text,
)
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.model_cache import SERVERS
from stackgen.plan.pod_template import usual
from stackgen.platforms.registry import rendering_of
from stackgen.render.autoscaling import authentication
from stackgen.render.model_pod import FOLDER
from stackgen.render.objects import Rendered, Scope, file_name, obj
from stackgen.render.pool_route import rewrite
from stackgen.schema.store import namespaced
from stackgen.spec.serving import Model


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.serving.namespace)


def layer(plan: Plan) -> Iterator[Rendered]:
    """Identity and secrets first, then the models and their disruption budgets."""
    yield from serving_policies(plan)
    yield quota(plan, FOLDER)
    used = any_of(*(usual(m.spec) for m in plan.models))
    first = plan.release.quirk("service-account-first")
    yield _service_account(plan, SERVERS, all_of(first, used))
    yield _token(plan)
    yield authentication(plan)
    yield from compute_classes(plan)
    yield from dynamic_slices(plan)
    for model in plan.models:
        name = model.spec.names.serviceAccount
        yield _service_account(plan, name.value or "", is_set(name), model.spec)
        platform = rendering_of(plan)
        yield from platform.model(plan, model)
        yield from rewrite(plan, model, platform.labels.pool(plan, model))
        yield _disruption_budget(plan, model)
        if model.prefill is not None:
            yield _disruption_budget(plan, model.prefill)
    for extra in plan.stack.spec.extraObjects:
        yield _extra_object(plan, extra)


def _of_model(plan: Plan, model: Model | None) -> Scope:
    """The scope of objects of a model, with its labels and annotations."""
    if model is None:
        return _scope(plan)
    return replace(_scope(plan), labels=model.labels, annotations=model.annotations)


def _service_account(
    plan: Plan, name: str, when: Traced[bool], model: Model | None = None
) -> Rendered:
    serving = plan.stack.spec.serving
    token, pull = serving.huggingFaceToken.secret, serving.imagePullSecret
    by_account = plan.release.quirk("token-through-service-account")
    mine = any_of(*(usual(m.spec) for m in plan.models)) if model is None else usual(model)
    body = {
        "automountServiceAccountToken": When(mine, Because(
            False, "serving/no-api-token", "model servers never call the API server"
        )),
        "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
        "secrets": When(all_of(is_set(token), by_account), Because(
            [{"name": token}], "serving/token", "read by the download"
        )),
    }  # fmt: skip
    return obj(
        _of_model(plan, model), "v1", "ServiceAccount", name, body,
        rule="serving/service-account", why="identity and secrets of the model servers", when=when,
    )  # fmt: skip


def _token(plan: Plan) -> Rendered:
    spec = plan.stack.spec
    secret = spec.serving.huggingFaceToken.secret
    managed = all_of(is_set(secret), is_value(spec.secrets.manager, "external-secrets"))
    name = given_or(secret, literal("huggingface-token", "serving/token", "none is named"))
    body = {
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "gcp-secret-manager"},
            "target": {"name": name, "creationPolicy": "Owner"},
            "data": [
                {
                    "secretKey": plan.release.serving("hf_token_key"),
                    "remoteRef": {"key": name},
                }
            ],
        }
    }
    filled = any(m.cache.filled.value for m in plan.models)  # a Job needs it before the servers do
    scope = replace(_scope(plan), folder=model_cache.FOLDER if filled else FOLDER)
    return obj(
        scope, "external-secrets.io/v1", "ExternalSecret", name, body, when=managed,
        rule="serving/token", why="copies the token for gated models from Secret Manager",
    )  # fmt: skip


def _disruption_budget(plan: Plan, model: ModelPlan) -> Rendered:
    several = model.fewest.map(
        "more than one", "a budget for one replica would block node upgrades", lambda n: n > 1
    )
    return obj(
        _of_model(plan, model.spec), "policy/v1", "PodDisruptionBudget",
        text("{}", model.spec.name),
        {"spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": rendering_of(plan).labels.server(model)},
        }},
        when=all_of(several, model.spec.disruptionBudget), rule="serving/disruption-budget",
        why="node upgrades take one model server at a time",
    )  # fmt: skip


def _extra_object(plan: Plan, given: Traced[Any]) -> Rendered:
    """An object of the spec as it is; a namespaced one without a namespace gets the models'."""
    rule, why = "serving/extra-object", "an object that the spec contains"
    flat = flatten(given, Origin("rule", rule, why))
    data, origins = flat.data, dict(flat.origins)
    kind, metadata = str(data["kind"]), data["metadata"]
    space = metadata.get("namespace")
    group = str(data["apiVersion"]).rpartition("/")[0]
    if space is None and namespaced(group, kind):
        space = plan.stack.spec.serving.namespace.value
        data = {**data, "metadata": {**metadata, "namespace": space}}
        origins["metadata", "namespace"] = plan.stack.spec.serving.namespace.origin
    name = "-".join(filter(None, (group, str(metadata["name"]), space)))
    return Resource(
        data=data, file=f"{FOLDER}/extra/{file_name(kind, name)}", layer=FOLDER,
        origins=origins, absent=flat.absent,
    )  # fmt: skip
