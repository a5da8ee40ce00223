"""One model over several hosts: a leader and workers, joined by Ray before vLLM starts.

The LeaderWorkerSet controller tells each Pod which host of the slice it is (TPU_WORKER_ID and
TPU_WORKER_HOSTNAMES) and where its leader is (LWS_LEADER_ADDRESS), so nothing here says so.
"""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, Traced, When, computed
from stackgen.plan.model import ModelPlan
from stackgen.plan.slices import is_dynamic

# One group stays on one node pool, which is one slice.
EXCLUSIVE = "leaderworkerset.sigs.k8s.io/exclusive-topology"
NODE_POOL = "cloud.google.com/gke-nodepool"

# Ray counts a host once it offers its chips; vLLM would start on fewer.
_WAIT = """\
python3 - <<'WAIT'
import time, ray
ray.init(address="auto", logging_level="error")
while sum(n["Alive"] and n["Resources"].get("TPU", 0) > 0 for n in ray.nodes()) < {hosts}:
    time.sleep(5)
WAIT
"""
_LEADER = (
    "set -e\n"
    "ray start --head --port={port} --object-store-memory={store}\n"
    + _WAIT
    + 'exec {server} "$@"\n'
)
_WORKER = """\
until timeout 5 bash -c "</dev/tcp/$LWS_LEADER_ADDRESS/{port}" 2>/dev/null; do sleep 5; done
exec ray start --block --address="$LWS_LEADER_ADDRESS:{port}" --object-store-memory={store}
"""


def several(model: ModelPlan) -> Traced[bool]:
    """Whether a server of the model is a group of pods."""
    hosts = model.server.devices.hosts
    return hosts.map("several hosts", "follows from the topology", lambda n: n > 1)


def one_slice(model: ModelPlan) -> When:
    """The annotation that the controller passes on to the LeaderWorkerSet."""
    why = "pods of one group on two slices could not reach each other's chips"
    dynamic = is_dynamic(model.pool.spec)  # Kueue places the group, and others beside it
    static = computed(
        "static", why, lambda several, dynamic: several and not dynamic, several(model), dynamic
    )
    return When(static, Because({EXCLUSIVE: NODE_POOL}, "serving/one-slice", why))


def leader_command(model: ModelPlan, server: Traced[Any]) -> list[Any]:
    """Starts Ray, waits for the other hosts, then `server` with the container's args."""
    words = server.map("words", "starts vLLM", " ".join)
    return ["/bin/bash", "-c", _script(_LEADER, model, server=words), "--"]


def worker_start(model: ModelPlan) -> dict[str, Any]:
    """Waits for the leader, then lends it this host until the leader is gone."""
    if model.group is None:
        return {}
    why = "the leader's vLLM uses this host through Ray"
    command = Because(["/bin/bash", "-c"], "serving/worker", why)
    return {"command": command, "args": [_script(_WORKER, model)]}


def _script(template: str, model: ModelPlan, **more: Traced[str]) -> Traced[str]:
    assert model.group is not None
    why = "Ray spans the hosts of the slice, and vLLM uses what Ray found"
    return computed(
        "script", why, template.format, hosts=model.server.devices.hosts, port=model.group.port,
        store=model.group.object_store, **more,
    )  # fmt: skip


def environment(model: ModelPlan) -> list[Any]:
    """Variables that every host needs besides those of the topology."""
    found = {
        "TPU_MULTIHOST_BACKEND": ("ray", "the TPU backend uses one host only unless told"),
        "RAY_EXPERIMENTAL_NOSET_TPU_VISIBLE_CHIPS": (
            "1", "Ray would remove the bounds of the slice from the environment of its workers"
        ),
        "RAY_USAGE_STATS_ENABLED": ("0", "nothing is reported outside the cluster"),
    }  # fmt: skip
    return [
        When(several(model), Because(
            {"name": name, "value": value}, "serving/several-hosts", why
        ))
        for name, (value, why) in found.items()
    ]  # fmt: skip
