"""A gated model, and no token to download it with."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.workloads import Container, Workload
from stackgen.findings.model import Place, Violations, violation

TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE")


def check(context: Context) -> Violations:
    """One finding for each such server; where the profile names gated models, a policy speaks."""
    seen = view(context)
    for workload in seen.workloads:
        model, server = seen.model(workload), workload.server
        if model is None or server is None or not model.row.data.get("gated"):
            continue
        service = workload.service
        flag = server.line.flags.get("model") or server.line.model
        if service is None and flag is not None and str(flag.value).startswith("/"):
            continue  # a folder, into which another program brings the model
        if not workload.whole or (service is not None and "gatedModels" in context.profile):
            continue
        if service is None:
            lacks = _no_variable(server)
        else:
            lacks = _no_account(seen, workload) if service.downloads else ""
        if lacks:
            yield violation(
                f"{model.row.key} is gated, and {lacks}", Place(workload.resource, model.path)
            )


def _no_variable(server: Container) -> str:
    given = any(name in server.env for name in TOKENS) or server.data.get("envFrom")
    mounted = any(name in str(server.data.get("args")) for name in ("hf-token", "HF_TOKEN"))
    return "" if given or mounted else f"container {server.name} has no HF_TOKEN"


def _no_account(seen: View, workload: Workload) -> str:
    """The download reads the ServiceAccount's Secrets; of one elsewhere they are unknown."""
    name = workload.spec.get("serviceAccountName")
    for account in seen.context.bundle.of_kind("ServiceAccount", ""):
        same = account.name == name and account.namespace == workload.resource.namespace
        if same and not account.get("secrets"):
            return f"ServiceAccount {name} names no Secret with a token"
    return ""
