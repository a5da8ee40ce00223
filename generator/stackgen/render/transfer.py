"""What the Pods of prefill and decode have besides a model server's: the connector, the sidecar."""

from __future__ import annotations

from stackgen.origin import Because, When, literal, text
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.prefill import DECODE

_POD_IP = {"fieldRef": {"fieldPath": "status.podIP"}}


def transfer_variables(model: ModelPlan) -> tuple[Because, ...]:
    """The address and the ports that the connector announces to the other role."""
    if model.transfer is None:
        return ()
    rule, why = "serving/kv-transfer", "the other role connects to the address of this Pod"
    address = {"name": model.transfer.host, "valueFrom": _POD_IP}
    ports = [
        {"name": name, "value": port.map("text", "a variable is text", str)}
        for name, port in model.transfer.ports.items()
    ]
    return tuple(Because(tree, rule, why) for tree in (address, *ports))


def sidecar(plan: Plan, model: ModelPlan) -> When:
    """The init containers of decode servers: what asks a prefill server first."""
    of_row, here = plan.release.row.data.get("prefill", {}), model.role == DECODE
    on = literal(here and "image" in of_row, "serving/routing-sidecar", "of decode servers alone")
    if not on.value:
        return When(on, [])
    port = plan.release.serving("port")
    args = [plan.release.value("prefill", "args", i) for i in range(len(of_row["args"]))]
    health = {"path": "/health", "port": port}
    container = {
        "name": plan.release.value("prefill", "container"),
        "image": plan.release.value("prefill", "image"),
        "args": [
            text("--port={}", port), text("--model-server-port={}", model.port), *args,
        ],
        "ports": [{"name": "sidecar", "containerPort": port}],
        "restartPolicy": "Always",
        # It answers immediately, whether or not the server beside it is ready.
        "livenessProbe": {"httpGet": health, "initialDelaySeconds": 10, "periodSeconds": 10},
        "readinessProbe": {"httpGet": health, "periodSeconds": 5},
        "resources": plan.release.value("prefill", "resources"),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": plan.release.value("prefill", "user"),
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }  # fmt: skip
    why = "sends the prompt to the prefill server that the endpoint picker chose"
    return When(on, Because([container], "serving/routing-sidecar", why))
