"""A server that listens on another port than its probes and its declared ports say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.digits import to_int
from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine
from stackgen.facts.config_values import config_values
from stackgen.facts.containers import environment, words
from stackgen.facts.shape import as_dict, maps, named, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.shipped import shipped
from stackgen.platforms.kserve.based import based
from stackgen.platforms.kserve.names import KIND, MAIN, PORT
from stackgen.regex import regex

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
# Options whose port answers to requests for health.
_ASKED = ("port", "http-port")
# A script that starts something else beside the server.
_SEVERAL = regex(r"(?<![&>])&(?![&>0-9])|\bsupervisord\b|\bnginx\b|\bray\s+start\b")


def check(context: Context) -> Violations:
    """One finding for each container whose server and its ports are known."""
    for pod in pod_specs(context):
        for path, container in pod.containers():
            if pod.resource.kind == KIND and not _own(pod, container):
                yield from _of_preset(context, pod, path, container)
                continue
            env = {**config_values(context.bundle, container), **environment(container)}
            line = command_line.read(container.get("command"), container.get("args"), env, path)
            ports = _listens(line, container, env)
            if ports:
                yield from _violations(pod, path, container, ports)


def _own(pod: PodSpec, container: Mapping[str, Any]) -> bool:
    """Whether a container of an LLMInferenceService replaces the command line of KServe's preset.

    With prefill, KServe puts a sidecar before the server, which answers on a port of its own.
    """
    replaced = bool(container.get("command")) and bool(container.get("args"))
    return replaced and pod.resource.get("spec", "prefill") is None


def _of_preset(
    context: Context, pod: PodSpec, path: Path, container: Mapping[str, Any]
) -> Violations:
    """A probe of the server that KServe's preset starts, on another port."""
    whole = based(context.bundle).services.get(id(pod.resource), pod.resource)
    main = named(whole.get(*pod.path, "containers"), MAIN)
    if main is None or container.get("name") != MAIN or pod.path != ("spec", "template"):
        return
    words = str([main[1].get(field) for field in ("args", "env")])
    hidden = whole is pod.resource and whole.get("spec", "baseRefs")
    if hidden or main[1].get("command") or whole.get("spec", "prefill") or "--port" in words:
        return
    for name in _PROBES:
        number = _number(container, as_dict(container.get(name)).get("httpGet"))
        if number is not None and number != PORT:
            yield violation(
                f"{name} asks port {number}, and KServe's preset starts the server on {PORT}",
                pod.place(*path, name, "httpGet", "port"),
            )


def _default(
    row: Mapping[str, Any],
    default: int | None,
    env: Mapping[str, str],
    container: Mapping[str, Any],
    *,
    own: bool,
) -> int | None:
    """The port without the option: of the variable, else of the image; None if it is not known."""
    variable = row.get("of_variable")
    if not variable:
        return default
    if variable in env:
        return to_int(env[variable]) if env[variable].isdecimal() else None
    hidden = container.get("envFrom") or named(container.get("env"), variable) is not None
    return default if own and not hidden else None


def _listens(
    line: CommandLine, container: Mapping[str, Any], env: Mapping[str, str]
) -> dict[int, str]:
    """The ports of the server with the options that set them; empty where they are not known."""
    said = [word for _, word in words(container)]
    programs = {os.path.basename(word) for word in " ".join(said).split()}
    image = text(container.get("image")).partition("@")[0]
    row = next((r for r in _rows() if _starts(r, line, programs, image, said)), None)
    if row is None or any(_SEVERAL.search(word) for word in said):
        return {}
    variables = {text(one.get("name")) for _, one in maps(container.get("env"))}
    moved = any(name in line.flags for name in row["elsewhere"])
    if moved or not variables.isdisjoint(row.get("variables", ())):
        return {}
    found: dict[int, str] = {}
    own = regex(row.get("image", "(?!)")).search(image) is not None
    for name, default in row["ports"].items():
        port = line.number(name, _default(row, default, env, container, own=own))
        if port is None:
            return {}
        found[port] = name
    return found


def _starts(
    row: Mapping[str, Any], line: CommandLine, programs: set[str], image: str, words: list[str]
) -> bool:
    published = not words or bool(words[0].startswith("-"))
    own = published and regex(row.get("image", "(?!)")).search(image) is not None
    if row.get("engine"):
        return line.engine == row["engine"] or (own and not line.engine)
    return own or row["program"] in programs


def _violations(
    pod: PodSpec, path: Path, container: Mapping[str, Any], ports: Mapping[int, str]
) -> Violations:
    others = {
        port.get("containerPort")
        for where, other in pod.containers()
        if where != path
        for _, port in maps(other.get("ports"))
    }
    shown = ", ".join(f"{port} (--{name})" for port, name in ports.items())
    wrong = [
        (name, kind, number)
        for name in _PROBES
        for kind in ("httpGet", "tcpSocket", "grpc")
        if (number := _number(container, as_dict(container.get(name)).get(kind))) is not None
        and number not in others
        and ports.get(number) not in (_ASKED if kind == "httpGet" else ports.values())
    ]
    for name, kind, number in wrong[:1]:
        yield violation(
            f"{name} asks port {number}, and the server listens on {shown}",
            pod.place(*path, name, kind, "port"),
        )
    declared = list(_declared(container))
    if not wrong and declared and not any(number in ports for _, number in declared):
        i, number = declared[0]
        yield violation(
            f"containerPort is {number}, and the server listens on {shown}",
            pod.place(*path, "ports", i, "containerPort"),
            severity=Severity.WARNING,
        )


def _declared(container: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    for i, port in maps(container.get("ports")):
        if isinstance(port.get("containerPort"), int):
            yield i, port["containerPort"]


def _number(container: Mapping[str, Any], handler: Any) -> int | None:
    """The port of a probe, also by its name."""
    port = as_dict(handler).get("port")
    if isinstance(port, str):
        found = [p for _, p in maps(container.get("ports")) if p.get("name") == port]
        port = found[0].get("containerPort") if found else None
    return port if isinstance(port, int) and not isinstance(port, bool) else None


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(shipped(__file__, "server_ports.yaml")["servers"])
