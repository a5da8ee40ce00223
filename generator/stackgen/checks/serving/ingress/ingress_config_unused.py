"""A configuration of GKE Ingress that nothing names."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, chain
from stackgen.checks.serving.ingress.ingresses import BACKEND_CONFIG, class_of, services_behind
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Violations, violation

_ANNOTATIONS = {
    BACKEND_CONFIG: "cloud.google.com/backend-config",
    "FrontendConfig": "networking.gke.io/v1beta1.FrontendConfig",
}
_GROUPS = {BACKEND_CONFIG: "cloud.google.com", "FrontendConfig": "networking.gke.io"}
_CLASSES = ("", "gce", "gce-internal")


def check(context: Context) -> Violations:
    """Judged in namespaces whose Ingresses of GKE and whose Services are in the input."""
    links = chain(context)
    ingresses = [i for i in links.of("Ingress", "networking.k8s.io") if class_of(i) in _CLASSES]
    for kind, annotation in _ANNOTATIONS.items():
        for config in context.bundle.of_kind(kind, _GROUPS[kind]):
            near = [i for i in ingresses if i.namespace == config.namespace]
            users = near
            if kind == BACKEND_CONFIG:
                near = [service for i in near for _, service in services_behind(links, i)]
                users = [s for s in links.of("Service", "") if s.namespace == config.namespace]
            if near and not any(_may_name(one, annotation, config.name) for one in users):
                who = "Service" if kind == BACKEND_CONFIG else "Ingress"
                yield violation(
                    f"no {who} names {kind} {config.name} in the annotation {annotation}",
                    Place(config, ("metadata", "name")),
                    near[0].place("metadata", "name"),
                )


def _may_name(user: ApiObject, annotation: str, name: str) -> bool:
    notes = as_dict(user.get("metadata", "annotations"))
    values = [text(notes.get(key)) for key in (annotation, f"beta.{annotation}")]
    return any(name in value or not plain(value) for value in values if value)
