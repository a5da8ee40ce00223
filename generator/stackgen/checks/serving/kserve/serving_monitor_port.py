"""A monitor of a port that the Pods do not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.monitors import Target, listened, targets
from stackgen.facts.shape import plain
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """Monitors that select Pods of the input, or Pods that KServe makes for it."""
    for target in targets(context):
        wrong = _wrong(target) if target.field else ""
        if wrong:
            yield violation(wrong, Place(target.resource, (*target.path, target.field)))


def _wrong(target: Target) -> str:
    if target.port is None:  # monitor-selects-nothing reports ports that a Service does not have
        return ""
    if isinstance(target.port, str):
        known = {name for p in target.pods for name, _ in p.ports() if name}
        offered = ", ".join(sorted(known)) or "none has a name"
        unknown = target.port not in known and plain(target.port)
        return f"no port of the Pods is called {target.port}: {offered}" if unknown else ""
    ports = [listened(p) for p in target.pods]
    if not all(ports) or any(target.port in numbers for numbers in ports):
        return ""
    offered = ", ".join(str(n) for n in sorted(set().union(*ports)))
    return f"no container of the Pods listens on port {target.port}: {offered}"
