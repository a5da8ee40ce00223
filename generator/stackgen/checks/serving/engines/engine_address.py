"""An engine that listens on, or announces, an address that other Pods do not reach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, chain
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, at, maps, named, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import KIND

_LOCAL = ("localhost", "127.", "::1", "[::1]")
_ANY = ("0.0.0.0", "::", "[::]")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
# Where the first of several hosts waits for the others.
_MEETING = ("dist-init-addr", "master-addr", "data-parallel-address", "nccl-init-addr")
_NIXL = "VLLM_NIXL_SIDE_CHANNEL_HOST"


def check(context: Context) -> Violations:
    """One finding for each address. The services of KServe are started by presets."""
    for run in engine_runs(context):
        if run.resource.kind != KIND:
            yield from _server(run, context)
            yield from _meeting(run)
            yield from _transfer(run)


def _local(address: str) -> bool:
    return address.startswith(_LOCAL)


def _server(run: EngineRun, context: Context) -> Violations:
    """The kubelet, and the clients of a Service, use the address of the Pod."""
    host = run.line.text("host")
    default = run.running.engine.name == "sglang" and run.line.complete and host is None
    if "host" in run.line.flags and host is None:
        return
    if not default and not (host is not None and _local(host)):
        return
    port = run.line.number("port", 30000 if default else 8000)
    for name in _PROBES:
        for handler in ("httpGet", "tcpSocket"):
            asked = as_dict(at(run.container, name, handler))
            if asked and not asked.get("host") and _number(run, asked.get("port")) == port:
                said = (
                    "has no --host, so it listens on 127.0.0.1" if default else f"--host is {host}"
                )
                yield violation(
                    f"{run.running.engine.shown} {said}; {name} requests the address of the Pod",
                    run.place() if default else run.flag("host"),
                    run.place(name),
                )
                return
    for service in _services(run, context, port):
        said = "has no --host, so it listens on 127.0.0.1" if default else f"--host is {host}"
        yield violation(
            f"{run.running.engine.shown} {said}; Service {service.name} sends requests to the Pod",
            run.place() if default else run.flag("host"),
            service.place("spec", "ports"),
        )
        return


def _services(run: EngineRun, context: Context, port: int | None) -> Iterator[ApiObject]:
    """The Services whose target port the engine is to answer on, without one beside it."""
    links = chain(context)
    for template in pod_templates(run.resource):
        others = len(list(maps(template.spec.get("containers")))) > 1
        for service in () if others or not template.labels else links.of("Service", ""):
            wanted = as_dict(service.get("spec", "selector"))
            chosen = wanted and wanted.items() <= template.labels.items()
            if service.namespace != run.resource.namespace or not chosen:
                continue
            targets = (
                one.get("targetPort", one.get("port"))
                for _, one in maps(service.get("spec", "ports"))
            )
            if any(_number(run, target) == port for target in targets):
                yield service


def _number(run: EngineRun, port: Any) -> Any:
    found = named(run.container.get("ports"), port) if isinstance(port, str) else None
    return found[1].get("containerPort") if found else port


def _meeting(run: EngineRun) -> Violations:
    """Hosts other than the first one cannot reach it."""
    nodes = run.line.number("nnodes") if "nnodes" in run.line.flags else None
    several = (nodes or 1) > 1 or "data-parallel-size-local" in run.line.flags
    for name in _MEETING if several else ():
        value = run.line.text(name)
        if value and _local(value):
            yield violation(
                f"--{name} is {value}, which is a different address on each host", run.flag(name)
            )


def _transfer(run: EngineRun) -> Violations:
    """NIXL tells the other side where to fetch the KV cache."""
    config = run.line.text("kv-transfer-config")
    if not config or run.running.engine.name == "sglang" or not _nixl(config):
        return
    for i, entry in maps(run.container.get("env")):
        if entry.get("name") == _NIXL:
            value = text(entry.get("value"))
            if _local(value) or value in _ANY:
                yield violation(
                    f"{_NIXL} is {value}, and other Pods connect to it",
                    run.place("env", i, "value"),
                )
            return
    if not run.container.get("envFrom") and not _exported(run):
        flag = run.line.flags["kv-transfer-config"]
        yield violation(
            f"{_NIXL} is not set, so other Pods connect to localhost",
            Place(run.resource, flag.path),
        )


def _nixl(config: str) -> bool:
    try:
        found = json.loads(config)
    except (ValueError, RecursionError):
        return False
    return "NixlConnector" in _connectors(found)


def _connectors(config: Any) -> set[str]:
    """The connector, and those that it combines."""
    own = {text(at(config, "kv_connector"))}
    for _, one in maps(at(config, "kv_connector_extra_config", "connectors")):
        own |= {text(one.get("kv_connector"))}
    return own


def _exported(run: EngineRun) -> bool:
    """Whether a script of the container sets it."""
    words = [*(run.container.get("command") or ()), *(run.container.get("args") or ())]
    return any(isinstance(word, str) and _NIXL in word for word in words)
