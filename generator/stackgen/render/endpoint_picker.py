"""The endpoint picker of a model, where no controller makes one.

Behind a GKE gateway KServe's own is of no use: its Service does not say that it speaks HTTP/2 over
TLS, which Google's load balancer has to be told, and its pool is of the older API group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from stackgen.manifest.yaml_out import dump
from stackgen.origin import (
    Because,
    Traced,
    When,
    all_of,
    computed,
    given_or,
    is_set,
    literal,
    text,
    tree_or,
)
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.picker import CONTAINER, configuration, metric_flag
from stackgen.plan.pod_template import plain
from stackgen.plan.traces import traced
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.render.tracing import picker_flag, variables

FOLDER = "4-serving"
GRPC = "grpc-ext-proc"  # the port of its Service, named as in the router's chart
POOLS = "inference.networking.k8s.io"
RBAC = "rbac.authorization.k8s.io"
PICKER = {
    "app.kubernetes.io/part-of": "inference-pool",
    "app.kubernetes.io/component": "endpoint-picker",
}
DIGEST = "stackgen.dev/picker-config"
# As in the chart of the router.
_VOLUME, _CONFIG = "plugins-config-volume", "/config"
RULE, WHY = "gke/endpoint-picker", "chooses the server for every request"


def picker_name(model: ModelPlan) -> Traced[str]:
    """Of the Deployment, the Service and the account."""
    return given_or(model.spec.names.picker, text("{}-picker", model.spec.name))


def pool_name(model: ModelPlan) -> Traced[str]:
    """Of the InferencePool, and of the policies for it."""
    return given_or(model.spec.names.pool, text("{}-pool", model.spec.name))


def labels_of_pool(model: ModelPlan) -> Traced[Any]:
    """More labels of the objects of the endpoint picker and of the pool; None for none."""
    return given_or(model.spec.picker.labels, model.spec.labels)


def picker_labels(model: ModelPlan) -> dict[str, Any]:
    """Of its pods."""
    return {"app.kubernetes.io/name": model.spec.name, **PICKER}


def _selected(model: ModelPlan) -> Traced[Any]:
    """The labels that its Deployment and its Service select."""
    return tree_or(model.spec.picker.selector, picker_labels(model))


def _template_labels(model: ModelPlan) -> Traced[Any]:
    """Those of its Pods: policies select them by the stack's."""
    usual = picker_labels(model)
    return model.spec.picker.selector.map(
        "labels", "yours and the stack's", lambda given: {**usual, **(given or {})}
    )


def endpoint_picker(plan: Plan, model: ModelPlan, when: Traced[bool]) -> Iterator[Rendered]:
    """Account and rights, then Deployment and Service. when: whether the stack renders them."""
    space, name = plan.stack.spec.serving.namespace, picker_name(model)
    scope = Scope(plan, FOLDER, space, when, labels_of_pool(model))
    pull = plan.stack.spec.serving.imagePullSecret
    yield obj(
        scope, "v1", "ServiceAccount", name,
        {"imagePullSecrets": When(is_set(pull), [{"name": pull}])}, rule=RULE, why=WHY,
    )  # fmt: skip
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": space}]
    for role, binding, rules in _roles(plan, model):
        why = "it watches its pool and the Pods in it"
        yield obj(scope, f"{RBAC}/v1", "Role", role, {"rules": rules}, rule=RULE, why=why)
        yield obj(
            scope, f"{RBAC}/v1", "RoleBinding", binding,
            {"roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role}, "subjects": subjects},
            rule=RULE, why=why,
        )  # fmt: skip
    ask = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "system:auth-delegator"}
    yield obj(
        replace(scope, namespace=None), f"{RBAC}/v1", "ClusterRoleBinding",
        text("{}-{}", space, name),
        {"roleRef": ask, "subjects": subjects}, rule=RULE,
        why="it asks the API server who reads its metrics",
    )  # fmt: skip
    yield obj(
        replace(scope, when=all_of(when, _mapped(model))), "v1", "ConfigMap",
        given_or(model.spec.picker.configMap.name, name), {"data": _files(plan, model)}, rule=RULE,
        why="its configuration",
    )  # fmt: skip
    labels, annotations = _template_labels(model), When(_mapped(model), _digest(plan, model))
    spec = {
        "replicas": model.spec.picker.replicas,
        # Two that choose for one pool would each know half of the requests.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": _selected(model)},
        "template": {
            "metadata": {"labels": labels, "annotations": annotations},
            "spec": _pod(plan, model),
        },
    }
    yield obj(
        scope, "apps/v1", "Deployment", name, {"spec": spec}, rule=RULE, why=WHY,
    )  # fmt: skip
    yield _service(plan, model, scope)


def _roles(plan: Plan, model: ModelPlan) -> Iterator[tuple[Traced[str], Traced[str], Any]]:
    """Name, name of the binding, and rules of each Role."""
    name = picker_name(model)
    for role in model.spec.picker.roles:
        yield role.name, given_or(role.binding, role.name), list(role.rules)
    if model.spec.picker.roles:
        return
    read = ["get", "list", "watch"]
    elect = {
        "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
        "verbs": [*read, "create", "update", "patch"],
    }  # fmt: skip
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": read},
        {"apiGroups": [POOLS], "resources": ["inferencepools"], "verbs": read},
        *(
            {
                "apiGroups": [group],
                "resources": plan.release.value("picker", "reads", group),
                "verbs": read,
            }
            for group in plan.release.row.data["picker"]["reads"]
        ),
        When(_elects(model), Because(elect, RULE, "endpoint pickers elect the one that answers")),
    ]
    yield name, name, rules


def _elects(model: ModelPlan) -> Traced[bool]:
    return model.spec.picker.replicas.map("elect", "one of several answers", lambda n: n > 1)


def _mapped(model: ModelPlan) -> Traced[bool]:
    """Whether the configuration is in a ConfigMap."""
    return is_set(model.spec.picker.configMap.name)


def _files(plan: Plan, model: ModelPlan) -> Traced[dict[str, str]]:
    given = model.spec.picker.configMap
    return computed(
        "files", "the configuration, and yours",
        lambda key, text, more: {**(more or {}), key: text},
        given.key, configuration(plan, model), plain(given.files),
    )  # fmt: skip


def _digest(plan: Plan, model: ModelPlan) -> dict[str, Traced[str]]:
    """An annotation that changes with the files: the endpoint picker reads them when it starts."""
    return {DIGEST: _files(plan, model).map(
        "SHA-256", "a change replaces the endpoint picker",
        lambda files: sha256(dump(files).encode()).hexdigest()[:16],
    )}  # fmt: skip


def _service(plan: Plan, model: ModelPlan, scope: Scope) -> Rendered:
    grpc = plan.release.serving("epp", "grpc_port")
    port = {
        "name": GRPC,
        "port": grpc,
        "targetPort": grpc,
        "appProtocol": plan.release.value("picker", "app_protocol"),
    }
    return obj(
        scope, "v1", "Service", picker_name(model),
        {"spec": {
            "selector": _selected(model),
            "ports": [port, *model.spec.picker.ports],
        }}, rule=RULE,
        why="where the load balancer asks",
    )  # fmt: skip


def _pod(plan: Plan, model: ModelPlan) -> dict[str, Any]:
    ports = {n: plan.release.serving("epp", f"{n}_port") for n in ("grpc", "health", "metrics")}
    mapped, config = _mapped(model), model.spec.picker.configMap
    inline = mapped.map("in the command line", "no ConfigMap", lambda mapped: not mapped)
    alone = plan.release.value("picker", "health_service")

    def probe(service: str) -> dict[str, Any]:
        # Replicas that elect a leader answer for these two names.
        told = computed(
            "service", "", lambda n, alone: service if n > 1 else alone, replicas, alone
        )
        return {"grpc": {"port": ports["health"], "service": told}}

    metric, replicas = metric_flag(plan, model), model.spec.picker.replicas
    container = {
        "name": CONTAINER,
        "image": plan.release.value("picker", "image"),
        "args": [
            text("--pool-name={}", pool_name(model)),
            text("--pool-namespace={}", plan.stack.spec.serving.namespace),
            f"--pool-group={POOLS}",
            text("--grpc-port={}", ports["grpc"]),
            text("--grpc-health-port={}", ports["health"]),
            text("--metrics-port={}", ports["metrics"]),
            "--secure-serving=true",
            "--zap-encoder=json",
            *_more_flags(plan),
            When(inline, "--config-text"),
            When(inline, configuration(plan, model)),
            When(mapped, text("--config-file={}/{}", literal(_CONFIG, RULE, ""), config.key)),
            When(_elects(model), Because("--ha-enable-leader-election", RULE, "one answers")),
            When(metric, text("--kv-cache-usage-percentage-metric={}", metric)),
        ],
        "env": When(traced(plan), variables(plan, "endpoint-picker")),
        "ports": [
            {"name": name, "containerPort": port}
            for name, port in (
                ("grpc", ports["grpc"]), ("grpc-health", ports["health"]),
                ("metrics", ports["metrics"]),
            )
        ],
        "livenessProbe": {**probe("liveness"), "initialDelaySeconds": 5, "periodSeconds": 10},
        "readinessProbe": {**probe("readiness"), "initialDelaySeconds": 5, "periodSeconds": 5},
        "volumeMounts": When(mapped, [{"name": _VOLUME, "mountPath": _CONFIG}]),
        "resources": {
            "requests": plan.release.serving("epp_requests"),
            "limits": {"memory": plan.release.value("picker", "memory_limit")},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "capabilities": {"drop": ["ALL"]},
        },
    }  # fmt: skip
    return {
        "serviceAccountName": picker_name(model),
        "terminationGracePeriodSeconds": 130,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": When(mapped, [{"name": _VOLUME, "configMap": {"name": config.name}}]),
    }


def _more_flags(plan: Plan) -> list[Traced[str]]:
    count = len(plan.release.row.data["picker"].get("flags", ()))
    flags = [plan.release.value("picker", "flags", i) for i in range(count)]
    return [picker_flag(plan, flag) for flag in flags]
