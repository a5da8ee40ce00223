"""A server without metrics, from which a monitor or an autoscaler of the input reads them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.engine_runs import EngineRun
from stackgen.checks.serving.monitors import targets
from stackgen.checks.serving.served_names import ServedNames
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.queries import queries
from stackgen.findings.model import Place, Violations, violation

_SWITCH, _QUIET, _CONFIG = "enable-metrics", "disable-log-stats", "config"


def check(context: Context) -> Violations:
    """One finding for each server."""
    served: ServedNames | None = None
    told: set[int] = set()
    for pods, reader in _read(context):
        served = ServedNames(context) if served is None else served
        for run in served.runs(pods):
            said = _off(run)
            if said and id(run) not in told:
                told.add(id(run))
                field = "args" if "args" in run.container else "command"
                yield violation(
                    f"{reader.resource.kind if reader.resource else ''} "
                    f"{reader.resource.name if reader.resource else ''} reads metrics of "
                    f"{pods.owner.kind} {pods.owner.name}, {said}",
                    run.flag(_QUIET) if _QUIET in run.line.flags else run.place(field),
                    reader,
                )


def _read(context: Context) -> Iterator[tuple[Pods, Place]]:
    """Pods whose metrics are read, and what reads them."""
    for target in targets(context):
        for pods in target.pods:
            yield pods, Place(target.resource, target.path)
    for scaler in autoscalers(context.bundle):
        kind, space, name = scaler.target
        for query in queries([scaler.resource]):
            if any(one.startswith(("sglang:", "vllm:")) for one in query.names):
                for pods in chain(context).pods.get(space, ()):
                    if (pods.owner.kind, pods.owner.name) == (kind, name):
                        yield pods, Place(query.resource, query.path)


def _off(run: EngineRun) -> str:
    """Why a server has no metrics; empty where it has, or may have them."""
    engine, line = run.running.engine.name, run.line
    if engine == "sglang" and line.complete and not {_SWITCH, _CONFIG} & line.flags.keys():
        return f"which SGLang exports with --{_SWITCH} only"
    if engine.startswith("vllm") and _QUIET in line.flags:
        return f"which vLLM does not export with --{_QUIET}"
    return ""
