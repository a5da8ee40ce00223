"""A Helm chart as the delivery engine installs it: HelmRelease (Flux) or Application (Argo CD)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from stackgen.origin import Traced, When, all_of, is_value, literal
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.render.argocd import NAMESPACE as ARGO_NAMESPACE
from stackgen.render.argocd import application_spec, out_path
from stackgen.render.delivery import FLUX
from stackgen.render.objects import Rendered, Scope, obj, yaml_text


@record
class Chart:
    """One chart. `git` names a source with a path; otherwise `oci` names a registry source.

    dropped: kinds the chart renders that this stack renders itself. shared_crds: CRDs of the chart
    that others may have installed, which must not be replaced. replaced: under Argo CD, the
    folder of `out/` whose objects take the place of the chart's. skip_crds: the chart's CRDs come
    from elsewhere. after: the chart that must be
    installed before, which Argo CD finds out by trying again.
    """

    name: str
    namespace: Traced[str]
    why: str
    git: str = ""
    path: Traced[str] | None = None
    oci: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    dropped: Traced[list[str]] | None = None
    shared_crds: Traced[list[str]] | None = None
    replaced: str = ""
    skip_crds: bool = False
    after: str = ""
    when: Traced[bool] | None = None


def install(plan: Plan, folder: str, chart: Chart) -> Iterator[Rendered]:
    """The object for the engine in use (the other one is recorded as left out)."""
    engine = plan.stack.spec.delivery.engine
    wanted = chart.when or literal(True, f"platform/{chart.name}", chart.why)
    flux, argo = is_value(engine, "flux"), is_value(engine, "argocd")
    yield obj(
        Scope(plan, folder, FLUX), "helm.toolkit.fluxcd.io/v2", "HelmRelease", chart.name,
        {"spec": _release(plan, chart)}, when=all_of(flux, wanted), rule=f"platform/{chart.name}",
        why=chart.why,
    )  # fmt: skip
    yield obj(
        Scope(plan, folder, ARGO_NAMESPACE), "argoproj.io/v1alpha1", "Application", chart.name,
        {"spec": application_spec(
            plan, chart.namespace, *_argo_sources(plan, chart), prune=False,
            made_once=chart.shared_crds,
        )},
        when=all_of(argo, wanted), rule=f"platform/{chart.name}", why=chart.why,
    )  # fmt: skip


def _release(plan: Plan, chart: Chart) -> dict[str, Any]:
    crds: str | Traced[str] = "CreateReplace"
    if chart.shared_crds is not None:
        crds = chart.shared_crds.map("crds", "others may have newer ones", lambda _: "Create")
    if chart.skip_crds:
        crds = "Skip"
    keep_trying = {"crds": crds, "strategy": {"name": "RetryOnFailure"}}
    spec: dict[str, Any] = {
        "interval": "12h",
        "timeout": "10m",
        "releaseName": chart.name,
        "targetNamespace": chart.namespace,
        "storageNamespace": chart.namespace,
    }
    if chart.after:
        first: Any = [{"name": chart.after}]
        # What comes first may be installed already, and is then no HelmRelease of the stack.
        part = chart.after in plan.release.row.data["charts"]
        spec["dependsOn"] = When(plan.installs(chart.after), first) if part else first
    if chart.git:
        spec["chart"] = {
            "spec": {
                "chart": chart.path,
                "sourceRef": {"kind": "GitRepository", "name": chart.git},
                "reconcileStrategy": "Revision",
            }
        }
    else:
        name = plan.release.value("sources", chart.oci, "chart")
        spec["chartRef"] = {"kind": "OCIRepository", "name": name}
    spec["install"] = {**keep_trying, "createNamespace": False, "disableOpenAPIValidation": True}
    spec["upgrade"] = {**keep_trying, "disableOpenAPIValidation": True}
    if chart.values:
        spec["values"] = chart.values
    if chart.dropped is not None:
        why = "the stack renders these itself, or others own them"
        spec["postRenderers"] = When(plan.release.quirk("chart-crs"), chart.dropped.map(
            "platform/own-operands", why,
            lambda kinds: [{"kustomize": {"patches": [delete(kind) for kind in kinds]}}],
        ))  # fmt: skip
    return spec


def _argo_sources(plan: Plan, chart: Chart) -> tuple[dict[str, Any], ...]:
    """The chart; then, of two sources with one object the later counts, what replaces it."""
    first = _argo_source(plan, chart)
    if not chart.replaced:
        return (first,)
    delivery = plan.stack.spec.delivery
    second = {
        "repoURL": delivery.repository,
        "targetRevision": delivery.branch,
        "path": out_path(plan, chart.replaced),
    }
    return first, second


def _argo_source(plan: Plan, chart: Chart) -> dict[str, Any]:
    helm: dict[str, Any] = {"releaseName": chart.name}
    if chart.skip_crds:
        helm["skipCrds"] = True
    if chart.values:
        helm["valuesObject"] = chart.values
    if chart.git:
        return {
            "repoURL": plan.release.value("sources", chart.git, "url"),
            "targetRevision": plan.release.value("sources", chart.git, "commit"),
            "path": chart.path,
            "helm": helm,
        }
    return {
        "repoURL": plan.release.value("sources", chart.oci, "registry"),
        "chart": plan.release.value("sources", chart.oci, "chart"),
        "targetRevision": plan.release.value("sources", chart.oci, "version"),
        "helm": helm,
    }


def delete(kind: str) -> dict[str, Any]:
    """A Kustomize patch that drops every object of `kind`."""
    tree = {"$patch": "delete", "apiVersion": "v1", "kind": kind, "metadata": {"name": "any"}}
    why = "Kustomize needs a name; the target selects by kind"
    return {"target": {"kind": kind}, "patch": yaml_text(tree, "platform/drop", why)}
