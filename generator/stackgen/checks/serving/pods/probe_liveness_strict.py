"""A liveness probe that restarts a model server because it is busy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.facts.shape import as_dict, number
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import KIND
from stackgen.record import record

# A busy server answered after several seconds in the reports; restarts came after 15 s of failures.
_SHORT_TIMEOUT = 2
_SHORT_TIME = 15


@record
class _Probe:
    period: int
    failures: int
    timeout: int

    @property
    def seconds(self) -> int:
        return self.period * self.failures


def check(context: Context) -> Violations:
    """One finding for each engine. The presets of KServe have probes of their own."""
    for run in engine_runs(context):
        if run.resource.kind == KIND:
            continue
        live, ready = (
            _probe(run.container, "livenessProbe"),
            _probe(run.container, "readinessProbe"),
        )
        if live is None:
            continue
        if live.timeout <= _SHORT_TIMEOUT and live.seconds <= _SHORT_TIME:
            yield violation(
                f"the liveness probe restarts the server after {live.seconds} s without an answer "
                f"within {live.timeout} s; a busy server is slower",
                run.place("livenessProbe"),
            )
        elif ready is not None and live.seconds < ready.seconds:
            yield violation(
                f"the liveness probe restarts the server after {live.seconds} s, before the "
                f"readiness probe takes it out of service after {ready.seconds} s",
                run.place("livenessProbe"),
                run.place("readinessProbe"),
            )


def _probe(container: Mapping[str, Any], name: str) -> _Probe | None:
    """The times of a probe, with the defaults of Kubernetes."""
    given = as_dict(container.get(name))
    defaults = (("periodSeconds", 10), ("failureThreshold", 3), ("timeoutSeconds", 1))
    times = [number(given.get(field, default)) for field, default in defaults]
    known = [n for n in times if n is not None]
    return _Probe(*known) if given and len(known) == len(times) else None
