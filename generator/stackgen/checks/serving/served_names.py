"""The model names that the servers of Pods answer to."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.facts.lora_modules import FLAG, listed, modules
from stackgen.facts.shape import as_dict, maps, named, plain, text
from stackgen.platforms.kserve.names import MAIN

_SERVED = "served-model-name"


class ServedNames:
    """The names by Pod template; an empty set where there may be others."""

    def __init__(self, context: Context) -> None:
        self._runs: dict[int, list[EngineRun]] = {}
        for run in engine_runs(context):
            whole = run.resource.pieces
            owner = whole(())[0] if whole is not None else run.resource
            self._runs.setdefault(id(owner), []).append(run)

    def runs(self, pods: Pods) -> list[EngineRun]:
        """The engines of the object that makes these Pods."""
        return self._runs.get(id(pods.owner.resource), [])

    def known(self, pods: Pods) -> bool:
        """Whether the servers are to see. The preset of a platform may start the only one."""
        service = pods.owner.service
        if service is None or self.runs(pods):
            return bool(self.runs(pods))
        main = named(as_dict(service.own.get("template")).get("containers"), MAIN)
        return not main or not any(main[1].get(key) for key in ("command", "args"))

    def of(self, several: Iterable[Pods]) -> set[str]:
        """The names of all servers; empty where those of one are not known."""
        known = [self._of_pods(one) for one in several]
        return set[str]().union(*known) if all(known) else set()

    def _of_pods(self, pods: Pods) -> set[str]:
        """Of one Pod template. A service of a platform announces its name, and its adapters."""
        service, found = pods.owner.service, set[str]()
        if service is not None:
            if not service.whole:
                return set()
            model = as_dict(service.own.get("model"))
            adapters = {one.name for one in listed(service.resource)}
            found = {text(model.get("name")) or service.name, *adapters}
            if len(adapters) != len(list(maps(as_dict(model.get("lora")).get("adapters")))):
                return set()
        for run in self.runs(pods):
            mine = names_of_run(run, announced=service is not None)
            if mine is None:
                return set()
            found |= mine
        return found


def names_of_run(run: EngineRun, *, announced: bool = False) -> set[str] | None:
    """The names in a command line; None where there may be more."""
    line, known, loaded = run.line, list(modules(run.line)), run.line.several(FLAG)
    served = line.several(_SERVED) or [f for f in (line.model, line.flags.get("model")) if f]
    # An adapter may come by a request, or by a plug-in.
    names = (*run.config, *(name for _, name, _ in run.variables()))
    later = run.open_env or any("LORA" in name for name in names)
    if later or not line.complete or "config" in line.flags or len(known) != len(loaded):
        return None
    values = [flag.value for flag in (*served, *loaded)]
    if not run.running.engine.name.startswith("vllm") or not (served or announced):
        return None
    if not all(value and plain(value) for value in values):
        return None
    return {*(flag.value or "" for flag in served), *(one.name for one in known)}
