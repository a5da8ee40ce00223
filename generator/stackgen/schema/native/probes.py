"""Probes and lifecycle hooks: exactly one way to act, sane numbers."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report, one_of, show

_NOT_NEGATIVE = (
    "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
    "failureThreshold",
)  # fmt: skip
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def check_port(value: int | str, path: Path, report: Report) -> None:
    """A port by number or by name."""
    if isinstance(value, str):
        wrong = syntax.port_name(value) if value else "must be a port's name or number"
        if wrong:
            report.syntax(path, value, wrong)
    elif syntax.port_number(value):
        report.range(path, value, syntax.port_number(value))


def check_probe(kind: str, probe: dict[str, Any], path: Path, report: Report) -> None:
    """`kind` is the field's name: livenessProbe, readinessProbe or startupProbe."""
    _check_handler(probe, ("exec", "httpGet", "tcpSocket", "grpc"), path, report, 0)
    for field in _NOT_NEGATIVE:
        if probe.get(field, 0) < 0:
            report.range((*path, field), probe[field], "0 or more")
    grace = probe.get("terminationGracePeriodSeconds")
    if kind == "readinessProbe":
        if grace is not None:
            where = (*path, "terminationGracePeriodSeconds")
            report.wrong(where, "a readiness probe ends nothing: leave this out")
    else:
        if grace is not None and grace <= 0:
            report.range((*path, "terminationGracePeriodSeconds"), grace, "more than 0")
        if probe.get("successThreshold", 0) not in (0, 1):
            report.range((*path, "successThreshold"), probe["successThreshold"], "1")


def check_lifecycle(lifecycle: dict[str, Any], grace: int, path: Path, report: Report) -> None:
    """`grace` is the pod's termination grace period in seconds."""
    for hook in ("postStart", "preStop"):
        if hook in lifecycle:
            handlers = ("exec", "httpGet", "tcpSocket", "sleep")
            _check_handler(lifecycle[hook], handlers, (*path, hook), report, grace)


def _check_handler(
    handler: dict[str, Any], kinds: tuple[str, ...], path: Path, report: Report, grace: int
) -> None:
    found = [kind for kind in kinds if kind in handler]
    if not found:
        report.required(path, f"give one of {one_of(kinds)}")
    for kind in found[1:]:
        report.wrong((*path, kind), f"only one of {one_of(kinds)} is allowed: {found[0]} is set")
    for kind in found[:1]:
        _CHECKS[kind](handler[kind], (*path, kind), report, grace)


def _check_exec(action: dict[str, Any], path: Path, report: Report, grace: int) -> None:
    if not action.get("command"):
        report.required((*path, "command"))


def _check_http(action: dict[str, Any], path: Path, report: Report, grace: int) -> None:
    check_port(action.get("port", 0), (*path, "port"), report)
    scheme = action.get("scheme") or "HTTP"
    report.enum((*path, "scheme"), scheme, ("HTTP", "HTTPS"))
    for i, header in enumerate(action.get("httpHeaders") or ()):
        report.syntax(
            (*path, "httpHeaders", i, "name"),
            header.get("name", ""),
            syntax.http_header(header.get("name", "")),
        )


def _check_tcp(action: dict[str, Any], path: Path, report: Report, grace: int) -> None:
    check_port(action.get("port", 0), (*path, "port"), report)


def _check_sleep(action: dict[str, Any], path: Path, report: Report, grace: int) -> None:
    seconds = action.get("seconds", 0)
    if not 0 <= seconds <= grace:
        allowed = f"between 0 and the termination grace period, {grace}"
        report.range((*path, "seconds"), show(seconds), allowed)


_CHECKS = {
    "exec": _check_exec,
    "httpGet": _check_http,
    "tcpSocket": _check_tcp,
    "grpc": _check_tcp,
    "sleep": _check_sleep,
}
