"""Prefill servers that get no requests, or requests that are not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Pods, chain
from stackgen.checks.serving.pickers.picker_configs import config_of, picker_configs
from stackgen.checks.serving.pickers.pickers import pickers, pools_of
from stackgen.checks.serving.split_servers import ROLE, Half, is_sidecar, sidecar_of, splits
from stackgen.escape import visible
from stackgen.facts import command_line
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.platforms.kserve.names import KIND

# Handlers of profiles that choose a prefill server, and filters by the role of a server.
# Source: llm-d-router@ebab687 pkg/epp/framework/plugins/scheduling.
HANDLERS = ("pd-profile-handler", "disagg-profile-handler")
_FILTERS = {"prefill": ("prefill-filter",), "decode": ("decode-filter",)}
# Flags of the sidecar for the port of the server beside it, and the port of vLLM without --port.
# Source: llm-d-router@0186107 pkg/sidecar/proxy/options.go; vLLM's --help.
_SERVER_PORT, _VLLM_PORT = ("model-server-port", "vllm-port"), 8000
_BY_LABEL = ("label-selector-filter", "by-label", "by-label-selector")


def check(context: Context) -> Violations:
    """Decode without a sidecar, a sidecar without prefill, and configurations that do not split."""
    for split in splits(context):
        for half, beside in sidecar_of(split):
            if beside is not None:
                yield from _behind(half, *beside)
            elif half.run.resource.kind != KIND:
                yield violation(
                    f"{half.name} has no routing sidecar, so it does not use the prefill "
                    f"server {split.prefill[0].name}",
                    half.place(),
                    Place(split.prefill[0].run.resource, split.prefill[0].base, key=True),
                )
    yield from _alone(context)
    yield from _pickers(context)


def _behind(half: Half, path: Path, sidecar: dict[str, Any]) -> Violations:
    """A sidecar that sends requests to a port on which the server beside it does not listen."""
    line = command_line.read(sidecar.get("command"), sidecar.get("args"), {}, path)
    name = next((one for one in _SERVER_PORT if one in line.flags), "")
    flag = line.flags.get(name)
    own = half.run.running.engine.name.startswith("vllm")
    port = half.run.line.number("port", _VLLM_PORT) if own else None
    if flag is not None and flag.value and port is not None and flag.value != str(port):
        yield violation(
            f"the routing sidecar of {half.name} sends requests to port {visible(flag.value)}, "
            f"but vLLM listens on {port}",
            Place(half.run.resource, flag.path),
            half.place("port"),
            impact="The sidecar answers each request with status 502.",
            remedy=f"Set `--{name}={port}`, or `--port={visible(flag.value)}` of vLLM.",
        )


def _alone(context: Context) -> Violations:
    """Sidecars beside servers of a pool of the input, in which no prefill server is."""
    links = chain(context)
    for pool in links.of("InferencePool", *POOL_GROUPS):
        members = links.selected(pool.namespace, labels_of(pool)) if labels_of(pool) else []
        if pool.service is not None or "prefill" in map(_role, members):
            continue
        for pods in members:
            inner = next(
                (c for _, c in maps(pods.spec.get("initContainers")) if is_sidecar(c)), None
            )
            if inner is not None:
                yield violation(
                    f"{pods.owner.kind} {pods.owner.name} has the routing sidecar "
                    f"{text(inner.get('name'))}, and InferencePool {pool.name} selects no Pod with "
                    "the role prefill",
                    pods.owner.place(key=True),
                    pool.place("spec", "selector", key=True, note="the pool"),
                    severity=Severity.WARNING,
                )


def labels_of(pool: ApiObject) -> dict[str, Any]:
    """The labels that a pool selects by, of both versions of its API."""
    wanted = as_dict(pool.get("spec", "selector"))
    return as_dict(wanted.get("matchLabels", wanted))


def _role(pods: Pods) -> str:
    return pods.labels.get(ROLE, "")


def _pickers(context: Context) -> Violations:
    """The configuration of each endpoint picker, against the roles of the servers in its pool."""
    links = chain(context)
    configs = picker_configs(context)
    for picker in pickers(links) if configs else ():
        config = config_of(picker.pods, configs)
        for pool, _, _ in pools_of(links, picker) if config is not None else ():
            labels = labels_of(pool)
            roles = {_role(p) for p in links.selected(pool.namespace, labels)} if labels else set()
            if config is not None and "prefill" in roles:
                for path, message in _lacks(config.data):
                    yield violation(
                        config.said(
                            f"{message}; InferencePool {pool.name} has prefill servers", path
                        ),
                        config.place(path, key=not path),
                        pool.place("spec", "selector", key=True, note="the pool"),
                    )


def _lacks(config: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a configuration for prefill and decode servers does not have, and where."""
    types = {text(p.get("name")) or text(p.get("type")): text(p.get("type"))
             for _, p in maps(config.get("plugins"))}  # fmt: skip
    if not set(HANDLERS) & set(types.values()):
        yield (), f"the endpoint picker has no {HANDLERS[1]}, so that it chooses any server"
        return
    for i, profile in maps(config.get("schedulingProfiles")):
        role = text(profile.get("name"))
        if role not in _FILTERS:
            continue
        used = {types.get(text(ref.get("pluginRef")), text(ref.get("pluginRef")))
                for _, ref in maps(profile.get("plugins"))}  # fmt: skip
        if not used & {*_FILTERS[role], *_BY_LABEL}:
            yield (
                ("schedulingProfiles", i, "plugins"),
                (f"the profile {role} has no {_FILTERS[role][0]}, so that it chooses any server"),
            )
