"""Delivery: the objects with which Flux or Argo CD syncs the layers, each after what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.layers import mesh
from stackgen.layers.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.layers.argocd import application_spec, out_path
from stackgen.layers.folders import Folders
from stackgen.layers.objects import Made, obj
from stackgen.layers.platform import operands
from stackgen.layers.platform.sources import FLUX
from stackgen.origin import Because, Traced, literal, text
from stackgen.plan.model import Plan
from stackgen.record import record

WORKLOAD = "delivery/workload-cluster"
MANAGEMENT = "delivery/management-cluster"


@record
class Step:
    """One folder of `out/`, what it comes after, and what must be healthy before the next."""

    folder: str
    health: tuple[tuple[str, str, str, str], ...] = ()
    minutes: int = 10

    @property
    def name(self) -> str:
        return self.folder.rpartition("/")[2]


def steps(plan: Plan, folders: Folders) -> list[Step]:
    """The steps of the workload cluster, in order; only folders that hold something."""
    release = plan.release
    cert, lws = (release.value("namespaces", k).value for k in ("cert_manager", "lws_operator"))
    controller = release.value("kserve", "controller").value
    kserve = release.value("kserve", "namespace").value
    deployment = ("apps/v1", "Deployment")
    running = (
        # CertManager and LeaderWorkerSetOperator count as healthy at once: wait for what they run.
        *((*deployment, n, cert) for n in ("cert-manager", "cert-manager-cainjector")),
        (*deployment, "cert-manager-webhook", cert),
        (*deployment, "lws-controller-manager", lws),
    )
    inner = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
    controller_up = ((*inner, "kserve-controller", FLUX), (*deployment, controller, kserve))
    presets = ((*inner, "kserve-presets", FLUX),)
    budget = max((_startup_minutes(plan, i) for i in range(len(plan.models))), default=0)
    every = [
        Step("2-platform/sources"),
        Step("2-platform/secret-operator"),
        Step("2-platform/secrets"),
        Step("2-platform/operators"),
        Step(operands.FOLDER, running, 15),
        Step("2-platform/pki"),
        Step("2-platform/kserve", controller_up),
        Step("2-platform/kserve-presets", presets),
        Step("3-gateway"),
        Step("4-serving", (), budget + 30),
        Step("5-network"),
        Step("6-observe"),
    ]
    return [step for step in every if step.folder in folders]


def _startup_minutes(plan: Plan, index: int) -> int:
    model = plan.models[index]
    return -(-model.startup_period.value * model.startup_failures.value // 60)


def layer(plan: Plan, folders: Folders) -> Iterator[Made]:
    """The delivery objects for the folders that the layers filled."""
    engine = plan.stack.spec.delivery.engine
    if engine.value == "flux":
        yield from _flux(plan, folders)
    elif engine.value == "argocd":
        yield from _argocd(plan, folders)


def _name(plan: Plan, step: str) -> Traced[str]:
    return text("{}-" + step, plan.stack.metadata.name)


# -- Flux ------------------------------------------------------------------------------------


def _flux(plan: Plan, folders: Folders) -> Iterator[Made]:
    managed = plan.stack.spec.cluster.managed
    yield _repository(plan, MANAGEMENT, managed)
    yield _repository(plan, WORKLOAD)
    yield _kustomization(plan, MANAGEMENT, Step("1-cluster", (), 60), None, folders, managed)
    before: Step | None = None
    for step in steps(plan, folders):
        yield _kustomization(plan, WORKLOAD, step, before, folders)
        before = step


def _repository(plan: Plan, folder: str, when: Traced[bool] | None = None) -> Made:
    delivery = plan.stack.spec.delivery
    ignore = delivery.path.map("ignore list", "only the rendered files", _only)
    spec = {
        "interval": "1m",
        "url": delivery.repository,
        "ref": {"branch": delivery.branch},
        "ignore": ignore,
    }
    return obj(
        plan, folder, "source.toolkit.fluxcd.io/v1", "GitRepository", plan.stack.metadata.name,
        {"spec": spec}, namespace=FLUX, given=(delivery.engine,), when=when,
        rule="delivery/repository", why="where the rendered files are synced from",
    )  # fmt: skip


def _only(path: str) -> str:
    return f"/*\n!/{path.split('/', maxsplit=1)[0]}\n"


def _kustomization(
    plan: Plan, folder: str, step: Step, before: Step | None, folders: Folders,
    when: Traced[bool] | None = None,
) -> Made:  # fmt: skip
    spec: dict[str, Any] = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": _timeout(plan, step),
        "sourceRef": {"kind": "GitRepository", "name": plan.stack.metadata.name},
        "path": out_path(plan, step.folder).map("path", "", lambda p: f"./{p}"),
        "prune": True,
    }
    if before is not None:
        spec["dependsOn"] = Because(
            [{"name": _name(plan, before.name)}],
            "delivery/order", "each step needs what the one before it set up",
            (folders[before.folder],),
        )  # fmt: skip
    if step.health:
        spec["healthChecks"] = Because(
            [*(_health(*check) for check in step.health), *_more_health(plan, step)],
            "delivery/health", "waits for what the operators run, not for their settings",
        )  # fmt: skip
    else:
        spec["wait"] = True
    return obj(
        plan, folder, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", _name(plan, step.name),
        {"spec": spec}, namespace=FLUX, when=when,
        given=(plan.stack.spec.delivery.engine, _filled(step, folders)),
        rule="delivery/step", why=f"applies {step.folder} and waits until it is healthy",
    )  # fmt: skip


def _filled(step: Step, folders: Folders) -> Traced[bool]:
    """Whether the step's folder holds anything."""
    return folders.get(step.folder) or literal(False, "delivery/step", "nothing to apply")


def _more_health(plan: Plan, step: Step) -> list[Any]:
    return mesh.health(plan) if step.folder == operands.FOLDER else []


def _timeout(plan: Plan, step: Step) -> Any:
    value = f"{step.minutes}m"
    if step.folder != "4-serving":
        return value
    origins = tuple(m.startup_failures for m in plan.models)
    return Traced(value, text("{}" * len(origins), *origins).origin)


def _health(api: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    check = {"apiVersion": api, "kind": kind, "name": name}
    return {**check, "namespace": namespace} if namespace else check


# -- Argo CD ---------------------------------------------------------------------------------


def _argocd(plan: Plan, folders: Folders) -> Iterator[Made]:
    managed = plan.stack.spec.cluster.managed
    yield _project(plan, MANAGEMENT, managed)
    yield _project(plan, WORKLOAD)
    yield _application(plan, MANAGEMENT, [Step("1-cluster")], folders, managed)
    ordered = steps(plan, folders)
    for wave in range(len(ordered)):
        yield _application(plan, WORKLOAD, ordered[: wave + 1], folders)


def _project(plan: Plan, folder: str, when: Traced[bool] | None = None) -> Made:
    delivery, release = plan.stack.spec.delivery, plan.release
    repositories: list[Any] = [delivery.repository]
    if folder == WORKLOAD:
        repositories += [
            release.value("sources", "charts", "url"),
            release.value("sources", "kserve", "url"),
            release.value("sources", "trust_manager", "registry"),
            release.value("sources", "external_secrets", "registry"),
        ]
    spec = {
        "sourceRepos": repositories,
        "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    name = _project_name(plan, folder)
    return obj(
        plan, folder, "argoproj.io/v1alpha1", "AppProject", name,
        {"spec": spec}, namespace=ARGO_NAMESPACE, given=(delivery.engine,), when=when,
        rule="delivery/project", why="which repositories the stack's Applications may use",
    )  # fmt: skip


def _project_name(plan: Plan, folder: str) -> Traced[str]:
    """Two projects: a management cluster may be the workload cluster of another stack."""
    return plan.stack.metadata.name if folder == WORKLOAD else _name(plan, "cluster")


def _application(
    plan: Plan, folder: str, until: list[Step], folders: Folders, when: Traced[bool] | None = None
) -> Made:
    """The Application of the last of `until`; its wave is how many come before it."""
    step = until[-1]
    delivery = plan.stack.spec.delivery
    source = {
        "repoURL": delivery.repository,
        "targetRevision": delivery.branch,
        "path": out_path(plan, step.folder),
    }
    project = _project_name(plan, folder)
    return obj(
        plan, folder, "argoproj.io/v1alpha1", "Application", _name(plan, step.name),
        {"spec": application_spec(plan, None, source, project=project)},
        namespace=ARGO_NAMESPACE, given=(delivery.engine, _filled(step, folders)), when=when,
        annotations={"argocd.argoproj.io/sync-wave": Because(
            str(len(until) - 1), "delivery/order",
            "each step needs what the one before it set up",
            tuple(_filled(one, folders) for one in until),
        )},
        rule="delivery/step", why=f"applies {step.folder}",
        notes=(
            "Waves across Applications need health for argoproj.io/Application in argocd-cm.",
        ),
    )  # fmt: skip
