"""A gRPC probe that the endpoint picker does not pass."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.pickers.pickers import Picker, pickers
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Violations, violation

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_LIVENESS = "liveness"
_SERVICES = ("", _LIVENESS, "readiness", "envoy.service.ext_proc.v3.ExternalProcessor")
_HEALTH_PORT = 9003  # the default of --grpc-health-port


def check(context: Context) -> Violations:
    """Ports of the probes, and names of services while replicas elect a leader."""
    for picker in pickers(chain(context)):
        elects = _elects(picker)
        for name in _PROBES:
            grpc = as_dict(as_dict(picker.container.get(name)).get("grpc"))
            if not grpc:
                continue
            yield from _port(picker, name, grpc.get("port"))
            service = text(grpc.get("service"))
            if elects and service not in _SERVICES:
                yield violation(
                    f"with --ha-enable-leader-election there is no health service {service}",
                    picker.place(name, "grpc", "service"),
                )
            elif elects and name == "livenessProbe" and service != _LIVENESS:
                yield violation(
                    f"livenessProbe checks {service or 'the whole server'}, which only the "
                    "leader serves",
                    picker.place(name, "grpc", "service" if "service" in grpc else "port"),
                    impact="The kubelet restarts each replica that is not the leader.",
                )


def _port(picker: Picker, name: str, port: object) -> Violations:
    flag = "grpc-health-port" if "grpcHealthPort" not in picker.line.flags else "grpcHealthPort"
    listens = picker.line.number(flag, _HEALTH_PORT)
    main = picker.line.number("grpc-port") if "health-checking" in picker.line.flags else None
    if isinstance(port, int) and listens is not None and port not in (listens, main):
        yield violation(
            f"{name} has port {port}; the endpoint picker answers health checks on {listens}",
            picker.place(name, "grpc", "port"),
        )


def _elects(picker: Picker) -> bool:
    return picker.line.text("ha-enable-leader-election") in ("", "true", "1", "t", "T", "True")
