"""The steps of a delivery: what is applied after what, and what must be healthy in between."""

from __future__ import annotations

from dataclasses import replace
from operator import or_

from stackgen.layers import model_cache, smoke
from stackgen.layers.folders import Folders
from stackgen.layers.platform import operands, redis
from stackgen.origin import ANY, Traced, all_of, computed, is_value, literal, text
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.delivery import DEPLOYMENT, Check, Step

WORKLOAD = "delivery/workload-cluster"
MANAGEMENT = "delivery/management-cluster"


CLUSTER = Step("1-cluster")


def steps(plan: Plan, folders: Folders) -> list[Step]:
    """The steps of the workload cluster, each after those it needs; also those without objects."""
    found: list[Step] = []
    for step in _every(plan):
        there, filled = _there(plan, step, folders), folders.get(step.folder)
        sealed = there.value and not (filled is not None and filled.value)
        found.append(replace(step, there=there, sealed=sealed))
    return found


def _every(plan: Plan) -> list[Step]:
    release, mine = plan.release, plan.managed
    cert, lws = (release.value("namespaces", k) for k in ("cert_manager", "lws_operator"))
    istio = release.value("istio", "namespace")
    running = (
        # CertManager and LeaderWorkerSetOperator count as healthy immediately. Wait for what they
        # run.
        *(
            Check(*DEPLOYMENT, name, cert, mine.cert_manager)
            for name in ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook")
        ),
        Check(*DEPLOYMENT, "lws-controller-manager", lws, mine.lws),
        Check(*DEPLOYMENT, "istiod", istio, mine.istio),
        *(
            Check(*DEPLOYMENT, name, release.value("namespaces", "kuadrant"), mine.kuadrant)
            for name in ("authorino", "limitador-limitador")
            if "kuadrant" in release.row.data["namespaces"]
        ),
        *(
            Check(*DEPLOYMENT, redis.NAME, release.value("namespaces", "redis"), mine.redis)
            for _ in range("redis" in release.row.data["namespaces"])
        ),
        Check("sailoperator.io/v1", "Istio", "default", "", mine.istio),
        Check(
            "apps/v1",
            "DaemonSet",
            "istio-cni-node",
            release.value("istio", "cni", "namespace"),
            all_of(plan.stack.spec.mesh.sidecars, mine.istio),
        ),
    )
    platform = list(rendering_of(plan).steps(plan))
    ready = ("namespaces", "secrets", "gateway-api", "operands", "5-network")
    return [
        Step("2-platform/namespaces"),
        Step("2-platform/sources"),
        Step("2-platform/gateway-api", ("sources",)),
        # Before all Pods that they are about.
        Step("5-network", ("namespaces",)),
        # Alerts say what is wrong with the steps below: they wait for none of them.
        Step("6-observe", ("namespaces",)),
        Step("2-platform/secret-operator", ("namespaces", "sources")),
        Step("2-platform/secrets", ("namespaces", "secret-operator")),
        # Kuadrant looks once, at its start, whether the Gateway API is there.
        Step("2-platform/operators", ("namespaces", "sources", "secrets", "gateway-api")),
        Step(operands.FOLDER, ("operators",), running),
        *platform,
        Step("3-gateway", (*ready, *_for("3-gateway", platform))),
        Step(model_cache.FOLDER, ("namespaces", "secrets", "5-network")),
        # Not after the gateway: a model starts without it, and is ready once both are there.
        # A model that goes makes room in the quota for the one that comes.
        Step(
            "4-serving", (*ready, *_for("4-serving", platform), model_cache.FOLDER),
            prune_last=False,
        ),
        Step(smoke.FOLDER, ("3-gateway", "4-serving")),
    ]  # fmt: skip


def _for(layer: str, platform: list[Step]) -> tuple[str, ...]:
    return tuple(step.name for step in platform if layer in step.needed_by)


def _there(plan: Plan, step: Step, folders: Folders) -> Traced[bool]:
    """Whether the step has anything to apply: files of `out/`, or encrypted ones."""
    filled = folders.get(step.folder)
    if filled is None:
        filled = literal(False, "delivery/step", "nothing to apply")
    if step.folder != "2-platform/secrets":
        return filled
    sops = is_value(plan.stack.spec.secrets.manager, "sops")
    return computed(ANY, "", or_, filled, sops)


def named(plan: Plan, step: str) -> Traced[str]:
    """The name of the delivery object of a step."""
    return text("{}-" + step, plan.stack.metadata.name)
