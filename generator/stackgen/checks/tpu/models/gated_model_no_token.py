"""A gated model, and no token to download it with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, pod_runs
from stackgen.checks.serving.provided import provided
from stackgen.checks.tpu.view import View, view
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.facts.workloads import Container, Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.regex import regex

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
            lacks = _no_variable(server) or _optional(context, workload.resource, server.data)
        else:
            hub = text(workload.resource.get(*model.path)).startswith("hf://")
            lacks = _no_account(seen, workload) if service.downloads and hub else ""
        if lacks:
            yield violation(
                f"{model.row.key} is gated, and {lacks}", Place(workload.resource, model.path)
            )
    known = {id(w.resource) for w in seen.workloads if seen.model(w) is not None}
    for _, _, run in pod_runs(context):
        if id(run.resource) not in known:
            yield from _of_family(context, run)


def _of_family(context: Context, run: EngineRun) -> Violations:
    """A model that the catalog does not have, of a family that is gated."""
    model = run.line.model.value if run.line.model else None
    model = model or run.line.text("model") or run.line.text("model-path") or ""
    if not any(regex(pattern).match(model) for pattern in _families()):
        return
    unmade = _optional(context, run.resource, run.container)
    if unmade:
        yield violation(f"{model} is gated, and {unmade}", run.place("name"))
        return
    given = {*run.config, *(name for _, name, _ in run.variables())} & set(TOKENS)
    # A volume may have the model already.
    stored = any(
        "cache" in text(m.get("mountPath")) for _, m in maps(run.container.get("volumeMounts"))
    )
    flags = ("hf-token", "download-dir", "load-format")
    if given or stored or run.open_env or any(f in run.line.flags for f in flags):
        return
    if run.line.complete:
        name = text(run.container.get("name"))
        yield violation(
            f"{model} is gated, and container {name} has no HF_TOKEN", run.place("name")
        )


@cache
def _families() -> tuple[str, ...]:
    return tuple(shipped(__file__, "gated_families.yaml")["families"])


def _no_variable(server: Container) -> str:
    given = any(name in server.env for name in TOKENS) or server.data.get("envFrom")
    mounted = any(name in str(server.data.get("args")) for name in ("hf-token", "HF_TOKEN"))
    return "" if given or mounted else f"container {server.name} has no HF_TOKEN"


def _optional(context: Context, resource: Resource, container: Mapping[str, Any]) -> str:
    """The token is in a Secret that may be absent, and nothing makes it."""
    for _, one in maps(container.get("env")):
        ref = as_dict(at(one, "valueFrom", "secretKeyRef"))
        secret = text(ref.get("name"))
        if one.get("name") in TOKENS and ref.get("optional") is True and plain(secret):
            space = resource.namespace
            known = provided(context)
            if known.has("Secret", space, secret):
                continue
            if known.missing("Secret", space, secret, resource) is not None:
                where = f"in namespace {space or 'default'}"
                return (
                    f"{one['name']} is of the optional Secret {secret}, which nothing in the input "
                    f"provides {where}"
                )
    return ""


def _no_account(seen: View, workload: Workload) -> str:
    """The download reads the ServiceAccount's Secrets; of one elsewhere they are unknown."""
    name = workload.spec.get("serviceAccountName")
    for account in seen.context.bundle.of_kind("ServiceAccount", ""):
        same = account.name == name and account.namespace == workload.resource.namespace
        if same and not account.get("secrets"):
            return f"ServiceAccount {name} names no Secret with a token"
    return ""
