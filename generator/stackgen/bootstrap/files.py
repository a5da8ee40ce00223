"""The files of a bootstrap, by cluster: what the engine is told once, and how."""

from __future__ import annotations

from typing import Any

from stackgen.bootstrap import terraform, verify
from stackgen.bootstrap.clusters import management_steps, workload_steps
from stackgen.bootstrap.needs import Needs, google_cloud, needs
from stackgen.bootstrap.project import project_steps
from stackgen.bootstrap.quotas import Quotas, quotas
from stackgen.bootstrap.readme import readme
from stackgen.bootstrap.script import Step, script
from stackgen.bootstrap.secret_values import sealing_steps
from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.machines import gcloud
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.shipped import shipped_text
from stackgen.manifest.yaml_out import render
from stackgen.plan.model import Plan


def checks(catalog: Catalog) -> dict[str, str]:
    """The checks by Argo CD's name of the kind: those that it does not have, or left out.

    Until the condition is true the object is in progress.
    """
    found = {}
    for name in catalog.names("readiness"):
        kind, _, group = name.partition(".")
        row = catalog.copy().readiness(group, kind)
        if row is not None and row.data["argocd"] == "bootstrap":
            # An Application is as healthy as what it applied.
            application = shipped_text(__file__, "scripts/application.lua")
            own = application if name == "Application.argoproj.io" else _condition(row)
            found[f"{group}_{kind}"] = own
    return dict(sorted(found.items()))


def _condition(row: Row) -> str:
    # As Flux does: what is said about an older generation of the object does not count.
    # Each item of a list, such as `ancestors`, may have conditions of its own.
    each = row.get("of")
    text = shipped_text(__file__, f"scripts/condition{'' if each is None else '_of'}.lua")
    return text.replace("NAME", row.data["condition"]).replace("LIST", str(each))


MANAGEMENT, WORKLOAD = "management-cluster", "workload-cluster"
PARTS = {"app.kubernetes.io/part-of": "argocd"}


def files(plan: Plan, bundle: Bundle) -> dict[str, str]:
    """Every file by its path. bundle: that of the environment."""
    objects = bundle.objects
    engine = plan.stack.spec.delivery.engine.value
    made: dict[str, str] = {}
    for cluster in (MANAGEMENT, WORKLOAD):
        if cluster == MANAGEMENT and not plan.stack.spec.cluster.managed.value:
            continue
        roots = _flux(plan, objects, cluster) if engine == "flux" else _argocd(plan, cluster)
        for data in roots:
            name = f"{data['kind'].lower()}-{data['metadata']['name']}.yaml"
            made[f"{cluster}/{name}"] = render(data)
        made[f"{cluster}/kustomization.yaml"] = _index(roots)
    if engine == "argocd":
        settings = [_health(plan), _progressive()]
        for data in settings:
            made[f"argocd/configmap-{data['metadata']['name']}.yaml"] = render(data)
        made["argocd/kustomization.yaml"] = _index(settings)
    machines = [*objects, *bundle.outside]
    (made_cluster,) = (r for r in machines if r.kind == "ContainerCluster")
    wanted = needs(plan, made_cluster)
    steps = _scripts(plan, wanted, quotas(plan, made_cluster))
    if wanted.managed:
        made |= _connector(plan, wanted)
    else:
        pools = [r for r in machines if r.kind == "ContainerNodePool"]
        made["cluster.sh"] = gcloud.script(made_cluster, pools, wanted.project)
    title = f"{plan.stack.metadata.name.value} ({plan.env})"
    for script_name, (about, some) in steps.items():
        made[script_name] = script(f"{about} of {title}", some)
    made["project.tf.json"] = terraform.document(wanted)
    made[verify.FILE] = verify.verify(plan, objects)
    made["README.md"] = readme(plan, wanted, {name: some for name, (_, some) in steps.items()})
    return made


def _scripts(plan: Plan, wanted: Needs, limits: Quotas) -> dict[str, tuple[str, list[Step]]]:
    """What each script is about, and its steps, by name, in the order in which they run."""
    sealing = list(sealing_steps(plan))
    return {
        "project.sh": ("The Google Cloud project", list(project_steps(plan, wanted, limits))),
        **({"secrets.sh": ("The encrypted Secrets", sealing)} if sealing else {}),
        **(
            {"management-cluster.sh": (
                "The management cluster", list(management_steps(plan, wanted)),
            )} if wanted.managed else {}
        ),
        "workload-cluster.sh": ("The cluster", list(workload_steps(plan, wanted))),
    }  # fmt: skip


def _connector(plan: Plan, wanted: Needs) -> dict[str, str]:
    """The objects of Config Connector's operator, in namespaced mode."""
    facts = google_cloud()["config_connector"]
    space = plan.stack.spec.cluster.configConnectorNamespace.value
    specs = {
        "ConfigConnector": {"mode": "namespaced", "stateIntoSpec": "Absent"},
        "ConfigConnectorContext": {
            "googleServiceAccount": wanted.connector.email, "stateIntoSpec": "Absent",
        },
    }  # fmt: skip
    if plan.stack.spec.cluster.configConnectorServiceAccount.value is not None:
        del specs["ConfigConnectorContext"]  # delivery applies it
    made = {}
    for kind, spec in specs.items():
        metadata = {"name": facts["names"][kind], "labels": _labels(plan)}
        if kind == "ConfigConnectorContext":
            metadata["namespace"] = space
        made[f"config-connector/{kind.lower()}.yaml"] = render({
            "apiVersion": facts["api_version"], "kind": kind, "metadata": metadata, "spec": spec,
        })  # fmt: skip
    return made


def _index(objects: list[Any]) -> str:
    names = [f"{data['kind'].lower()}-{data['metadata']['name']}.yaml" for data in objects]
    api = "kustomize.config.k8s.io/v1beta1"
    return render({"apiVersion": api, "kind": "Kustomization", "resources": names})


def _path(plan: Plan, cluster: str) -> str:
    return f"{plan.stack.spec.delivery.path.value}/{plan.env}/delivery/{cluster}"


def _root(plan: Plan, cluster: str) -> str:
    """Two names: a management cluster may be the workload cluster of another stack."""
    name = plan.stack.metadata.name.value
    return f"{name}-delivery" if cluster == WORKLOAD else f"{name}-cluster-delivery"


def _labels(plan: Plan) -> dict[str, str]:
    name = plan.stack.metadata.name.value
    return {"app.kubernetes.io/managed-by": "stackgen", "app.kubernetes.io/part-of": name}


def _flux(plan: Plan, objects: tuple[Resource, ...], cluster: str) -> list[Any]:
    """The repository as delivery has it, and what keeps the delivery objects themselves in step."""
    name = plan.stack.metadata.name.value
    (repository,) = (
        r.data for r in objects
        if r.kind == "GitRepository" and r.name == name and f"/delivery/{cluster}/" in r.file
    )  # fmt: skip
    root = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "name": _root(plan, cluster), "namespace": "flux-system", "labels": _labels(plan),
        },
        "spec": {
            "interval": "10m",
            "retryInterval": "2m",
            "timeout": "5m",
            "sourceRef": {"kind": "GitRepository", "name": name},
            "path": f"./{_path(plan, cluster)}",
            "prune": True,
            "wait": False,
        },
    }  # fmt: skip
    return [repository, root]


def _argocd(plan: Plan, cluster: str) -> list[Any]:
    """The Application of the delivery objects, in Argo CD's own project: theirs is among them."""
    delivery = plan.stack.spec.delivery
    return [{
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": _root(plan, cluster),
            "namespace": "argocd",
            "labels": _labels(plan),
        },
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "argocd"},
            "source": {
                "repoURL": delivery.repository.value,
                "targetRevision": delivery.branch.value,
                "path": _path(plan, cluster),
            },
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["ServerSideApply=true"],
            },
        },
    }]  # fmt: skip


def _health(plan: Plan) -> Any:
    found = checks(plan.catalog)
    return _settings(
        "argocd-cm",
        {f"resource.customizations.health.{kind}": text for kind, text in found.items()},
    )


def _progressive() -> Any:
    key = "applicationsetcontroller.enable.progressive.syncs"
    return _settings("argocd-cmd-params-cm", {key: "true"})


def _settings(name: str, data: dict[str, str]) -> Any:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "argocd", "labels": PARTS},
        "data": data,
    }
