"""What every Argo CD Application of the stack has in common."""

from __future__ import annotations

from functools import partial
from typing import Any

from stackgen.origin import Because, Traced, text
from stackgen.plan.model import Plan

NAMESPACE = "argocd"

SERVER = "https://kubernetes.default.svc"


def out_path(plan: Plan, folder: str) -> Traced[str]:
    """Where a folder of this environment's output is in the repository."""
    return text("{}/" + plan.env + "/" + folder, plan.stack.spec.delivery.path)


def application_spec(
    plan: Plan,
    namespace: str | Traced[str] | None,
    *sources: dict[str, Any],
    project: Traced[str] | None = None,
    prune: bool = True,
    prune_last: str = "true",
    made_once: Traced[list[str]] | None = None,
) -> dict[str, Any]:
    """An Application's spec: project, destination, source (or several) and how it is synced.

    prune: whether what vanishes from the source is deleted; not where CRDs come from it.
    prune_last: `true` when it is deleted after the rest is healthy.
    made_once: names of CRDs that are made where missing and then left as they are.
    """
    destination: dict[str, Any] = {"server": SERVER}
    if namespace is not None:
        destination["namespace"] = namespace
    return {
        "project": project or plan.stack.metadata.name,
        "destination": destination,
        **({"source": sources[0]} if len(sources) == 1 else {"sources": list(sources)}),
        "syncPolicy": Because(
            {
                "automated": {"prune": prune, "selfHeal": True},
                "syncOptions": [
                    "ServerSideApply=true",
                    "SkipDryRunOnMissingResource=true",
                    "RespectIgnoreDifferences=true",
                    f"PruneLast={prune_last}",
                ],
                "retry": {
                    "refresh": True,  # a fix does not wait for the tries of the commit before
                    "limit": 10,
                    "backoff": {"duration": "15s", "factor": 2, "maxDuration": "5m"},
                },
            },
            "argocd/sync", "the CRDs exceed client-side apply; some appear only later",
        ),
        "ignoreDifferences": [
            Because(
                {
                    "group": "admissionregistration.k8s.io",
                    "kind": kind,
                    "jqPathExpressions": [".webhooks[]?.clientConfig.caBundle"],
                },
                "argocd/ca-bundles", "cert-manager and istiod write the CA into their webhooks",
            )
            for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
        ] + _left_alone(made_once),
    }  # fmt: skip


def _left_alone(names: Traced[list[str]] | None) -> list[Any]:
    """With RespectIgnoreDifferences, an ignored field is set only when the object is created."""
    if names is None:
        return []
    found = {
        "group": "apiextensions.k8s.io",
        "kind": "CustomResourceDefinition",
        "jsonPointers": ["/spec"],
    }
    why = "others may have newer ones"
    return [
        Because({**found, "name": names.map("name", why, partial(_item, i))}, "argocd/shared", why)
        for i in range(len(names.value))
    ]


def _item(i: int, names: list[str]) -> str:
    return names[i]
