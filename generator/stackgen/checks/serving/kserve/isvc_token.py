"""A token that the storage initializer of an InferenceService does not get."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource

_GROUP = "serving.kserve.io"
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def check(context: Context) -> Violations:
    """One finding for each variable with a token, of a predictor that downloads by storageUri.

    What the Secrets of a ServiceAccount give is for serving-credentials.
    """
    if any(_sets_token(x) for x in context.bundle.of_kind("ClusterStorageContainer", _GROUP)):
        return
    for service in context.bundle.of_kind("InferenceService", _GROUP):
        uri = text(service.get("spec", "predictor", "model", "storageUri"))
        account = text(service.get("spec", "predictor", "serviceAccountName"))
        name = account or "default"
        seen = list(context.bundle.named("ServiceAccount", service.namespace, name))
        listed = any(True for one in seen for _ in maps(one.get("secrets")))
        if not uri.startswith("hf://") or not plain(uri) or listed:
            continue
        for i, variable in maps(service.get("spec", "predictor", "model", "env")):
            if variable.get("name") in TOKENS:
                yield violation(
                    f"{variable['name']} is set for the server; the storage initializer downloads "
                    f"{uri} without it",
                    Place(service, ("spec", "predictor", "model", "env", i)),
                    severity=Severity.WARNING if account and not seen else None,
                )


def _sets_token(container: Resource) -> bool:
    env = maps(container.get("spec", "container", "env"))
    return any(variable.get("name") in TOKENS for _, variable in env)
