"""The pods that the KServe controller makes of an LLMInferenceService, with their labels.

Source: kserve/kserve and opendatahub-io/kserve release-v0.15, pkg/controller/v1alpha1/llmisvc
(workload_single_node.go, workload_multi_node.go, scheduler.go); unchanged on master as of
2026-11-20.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.net.model import Pod

PART_OF = "llminferenceservice"
SCHEDULER_PORTS: Mapping[tuple[str, str], int] = {
    ("TCP", "grpc"): 9002,
    ("TCP", "grpc-health"): 9003,
    ("TCP", "metrics"): 9090,
    ("TCP", "zmq"): 5557,
}


def pods_of_service(resource: Resource) -> Iterator[Pod]:
    """Servers (one host or a group), prefill servers, and the endpoint picker.

    Roles: `model`, `model-worker` (further hosts of a group), `model-prefill`,
    `model-prefill-worker`, `scheduler`; the owner is the service.
    """
    spec = resource.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    prefill = spec.get("prefill")
    role = "decode" if isinstance(prefill, dict) else "both"
    yield from _servers(resource, spec, "", role)
    if isinstance(prefill, dict):
        yield from _servers(resource, prefill, "-prefill", "prefill")
    scheduler = resource.get("spec", "router", "scheduler")
    if isinstance(scheduler, dict) and not resource.get("spec", "router", "scheduler", "pool"):
        yield _pod(
            resource, "-kserve-router-scheduler", "Deployment", "scheduler",
            {"app.kubernetes.io/component": "llminferenceservice-router-scheduler"},
            SCHEDULER_PORTS,
        )  # fmt: skip


def _servers(resource: Resource, spec: dict[str, Any], suffix: str, role: str) -> Iterator[Pod]:
    component = "app.kubernetes.io/component"
    serving = {"kserve.io/component": "workload", "llm-d.ai/role": role}
    base = "llminferenceservice-workload"
    if not isinstance(spec.get("worker"), dict):
        yield _pod(
            resource, f"-kserve{suffix}", "Deployment", f"model{suffix}",
            {component: f"{base}{suffix}", **serving},
        )  # fmt: skip
        return
    leader = isinstance(spec.get("template"), dict)
    if leader:
        yield _pod(
            resource, f"-kserve-mn{suffix}", "LeaderWorkerSet", f"model{suffix}",
            {component: f"{base}-leader{suffix}", **serving},
        )  # fmt: skip
    # Without a leader template the workers serve, and are labelled so.
    yield _pod(
        resource, f"-kserve-mn{suffix}-worker" if leader else f"-kserve-mn{suffix}",
        "LeaderWorkerSet", f"model{suffix}-worker" if leader else f"model{suffix}",
        {component: f"{base}-worker{suffix}", **({} if leader else serving)},
    )  # fmt: skip


def _pod(
    resource: Resource, suffix: str, kind: str, role: str, labels: dict[str, str],
    ports: Mapping[tuple[str, str], int] | None = None,
) -> Pod:  # fmt: skip
    return Pod(
        resource.namespace or "default", resource.name + suffix, kind,
        {
            "app.kubernetes.io/name": resource.name,
            "app.kubernetes.io/part-of": PART_OF,
            **labels,
        },
        ports or {}, role=role, owner=resource.name, resource=resource,
    )  # fmt: skip
