"""Redis, in which the rate limit service of Envoy Gateway counts requests and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Because, Traced, computed
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered, Scope, obj

NAME = "redis"
LABELS = {"app.kubernetes.io/name": NAME}


def rate_limit(plan: Plan) -> dict[str, Any]:
    """What Envoy Gateway is told. Without Redis requests pass: a lost counter stops no model."""
    address = computed(
        "address of Redis", "an existing one, or the stack's own", _address,
        plan.managed.redis, plan.stack.spec.platform.redisAddress,
        plan.release.value("namespaces", "redis"), plan.release.value("redis", "port"),
    )  # fmt: skip
    why = "a rate limit service that does not answer must not stop the models"
    return {
        "backend": {"type": "Redis", "redis": {"url": address}},
        "failClosed": Because(False, "access/fail-open", why),
    }


def _address(managed: bool, given: str | None, namespace: str, port: int) -> str:
    return f"{NAME}.{namespace}.svc.cluster.local:{port}" if managed or given is None else given


def phase(plan: Plan) -> Iterator[Rendered]:
    """One Pod, in memory alone: after a restart, quotas begin again."""
    if "redis" not in plan.release.row.data:
        return
    scope = Scope(
        plan, "2-platform/operands", plan.release.value("namespaces", "redis"), plan.managed.redis
    )
    port, why = plan.release.value("redis", "port"), "counts for the rate limit service"
    yield obj(
        scope, "apps/v1", "Deployment", NAME,
        {"spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": _pod(plan, port)},
        }},
        rule="access/redis", why=why,
    )  # fmt: skip
    yield obj(
        scope, "v1", "Service", NAME,
        {"spec": {"selector": LABELS, "ports": [{
            "name": "redis", "port": port, "targetPort": port,
        }]}},
        rule="access/redis", why=why,
    )  # fmt: skip


def _pod(plan: Plan, port: Traced[int]) -> dict[str, Any]:
    probe = {"tcpSocket": {"port": port}, "periodSeconds": 10}
    container = {
        "name": NAME,
        "image": plan.release.value("redis", "image"),
        "args": ["--save", "", "--appendonly", "no"],
        "ports": [{"name": "redis", "containerPort": port}],
        "readinessProbe": probe,
        "livenessProbe": probe,
        "resources": {
            "requests": plan.release.value("redis", "requests"),
            "limits": {"memory": plan.release.value("redis", "memory_limit")},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": plan.release.value("redis", "user"),
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
