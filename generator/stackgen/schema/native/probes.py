"""Probes and lifecycle hooks: exactly one way to act, sane numbers."""

from __future__ import annotations

from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
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
        report.syntax(path, value, wrong)
    elif syntax.port_number(value):
        report.range(path, value, syntax.port_number(value))


def check_probe(kind: str, probe: Fields) -> None:
    """`kind` is the field's name: livenessProbe, readinessProbe or startupProbe."""
    _check_handler(probe, ("exec", "httpGet", "tcpSocket", "grpc"))
    probe.not_negative(*_NOT_NEGATIVE)
    grace = "terminationGracePeriodSeconds"
    if kind == "readinessProbe":
        probe.forbidden("a readiness probe ends nothing: leave this out", grace)
    else:
        probe.positive(grace)
        probe.between("successThreshold", 0, 1, "1")


def check_lifecycle(lifecycle: Fields, grace: int) -> None:
    """`grace` is the Pod's termination grace period in seconds."""
    for hook in ("postStart", "preStop"):
        if hook in lifecycle:
            _check_handler(lifecycle.inner(hook), ("exec", "httpGet", "tcpSocket", "sleep"), grace)


def _check_handler(handler: Fields, kinds: tuple[str, ...], grace: int = 0) -> None:
    found = [kind for kind in kinds if kind in handler]
    if not found:
        handler.report.required(handler.path, f"give one of {one_of(kinds)}")
        return
    for kind in found[1:]:
        handler.wrong(kind, f"only one of {one_of(kinds)} is allowed: {found[0]} is set")
    action = handler.inner(found[0])
    if found[0] == "exec":
        action.needs("command")
    elif found[0] == "sleep":
        seconds = action.get("seconds", 0)
        if not 0 <= seconds <= grace:
            allowed = f"between 0 and the termination grace period, {grace}"
            action.report.range(action.at("seconds"), show(seconds), allowed)
    else:
        check_port(action.get("port", 0), action.at("port"), action.report)
    if found[0] == "httpGet":
        action.enum("scheme", ("HTTP", "HTTPS"), empty=True)
        for header in action.items("httpHeaders"):
            name = header.get("name", "")
            header.report.syntax(header.at("name"), name, syntax.http_header(name))
