"""A webhook that has to answer before the Pods that serve it can be created."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.selectors import labels_of, selector

_KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_NAME = "kubernetes.io/metadata.name"


def check(context: Context) -> Violations:
    """Webhooks that judge the creation of Pods, also of their own, and fail closed."""
    links = chain(context)
    spaces = {n.name: labels_of(n.metadata) for n in context.bundle.of_kind("Namespace", "")}
    for kind in _KINDS:
        for one in context.bundle.of_kind(kind, "admissionregistration.k8s.io"):
            for i, hook in maps(one.data.get("webhooks")):
                ref = as_dict(as_dict(hook.get("clientConfig")).get("service"))
                space = text(ref.get("namespace"))
                service = links.find("Service", space, text(ref.get("name")), "")
                if service is None or text(hook.get("failurePolicy")) == "Ignore":
                    continue
                pods = links.selected(space, as_dict(service.get("spec", "selector")))
                labels = {_NAME: space, **spaces.get(space, {})}
                known = space in spaces or not as_dict(hook.get("namespaceSelector"))
                own = [pod for pod in pods if _judges(hook, labels, pod.labels)]
                if known and own and not hook.get("matchConditions"):
                    yield violation(
                        f"{text(hook.get('name'))} judges the Pods of Service {space}/"
                        f"{service.name}, which answers it, and fails if there is no answer",
                        Place(one, ("webhooks", i, "rules"), key=True),
                        Place(own[0].owner.resource, ("kind",), note="the Pods"),
                    )


def _judges(hook: dict[str, Any], space: dict[str, str], labels: Any) -> bool:
    """Whether the webhook is called for a new Pod with these labels in this namespace."""
    for word, given in (("namespaceSelector", space), ("objectSelector", labels)):
        wanted = as_dict(hook.get(word))
        if wanted and selector(wanted).matches(dict(given)) is not True:
            return False
    return any(
        {"CREATE", "*"} & set(as_list(rule.get("operations")))
        and {"", "*"} & set(as_list(rule.get("apiGroups")))
        and {"pods", "*", "*/*"} & set(as_list(rule.get("resources")))
        for _, rule in maps(hook.get("rules"))
    )
