"""A token that the storage initializer of an InferenceService does not get."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Violations, violation

TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def check(context: Context) -> Violations:
    """One finding for each variable with a token, of a predictor that downloads by storageUri."""
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        uri = text(service.get("spec", "predictor", "model", "storageUri"))
        if not uri.startswith("hf://") or not plain(uri):
            continue
        for i, variable in maps(service.get("spec", "predictor", "model", "env")):
            if variable.get("name") in TOKENS:
                yield violation(
                    f"{variable['name']} is set for the server; the storage initializer downloads "
                    f"{uri} without it",
                    Place(service, ("spec", "predictor", "model", "env", i)),
                )
