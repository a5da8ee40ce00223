"""Prefill whose results do not reach decode."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.split_servers import FLAG, splits, transfer
from stackgen.checks.serving.view import Part, view
from stackgen.escape import visible
from stackgen.facts.shape import named
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import KIND

HOST = "VLLM_NIXL_SIDE_CHANNEL_HOST"


def check(context: Context) -> Violations:
    """Split services whose parts are started by the preset, or by a line that can be read."""
    yield from _of_pods(context)
    yield from _one_sided(context)
    seen = view(context)
    # Presets of such a release bring neither the connector nor its address.
    bare = seen.certain and seen.newest.kv_transfer == "absent"
    for service in seen.services:
        parts = {p.prefill: p for p in service.parts() if p.path[-1] == "template"}
        if not service.whole or len(parts) != 2 or isinstance(service.own.get("worker"), dict):
            continue
        if any(not _readable(p) for p in parts.values()):
            continue
        given = {prefill: _config(p) for prefill, p in parts.items()}
        missing = [prefill for prefill, value in given.items() if value is None]
        if missing:
            where = " and ".join("prefill" if m else "decode" for m in missing)
            if bare:
                has = "have" if len(missing) > 1 else "has"
                yield violation(
                    f"{where} {has} no --{FLAG}", parts[missing[0]].place("containers", key=True)
                )
            continue
        for part in parts.values() if bare else ():
            main = part.main()
            nixl = "Nixl" in (given[part.prefill] or "")
            if nixl and main is not None and named(main[1].get("env"), HOST) is None:
                yield violation(
                    f"NIXL needs {HOST}: without it, NIXL advertises localhost to other Pods",
                    part.place(*main[0], "env"),
                )


def _of_pods(context: Context) -> Violations:
    """Servers of one role without the flag, in Deployments and other objects with Pods."""
    for split in splits(context):
        for role, halves in (("prefill", split.prefill), ("decode", split.decode)):
            for half in halves:
                if half.config == {} and half.run.resource.kind != KIND:
                    yield violation(f"{role} has no --{FLAG}", half.place())


def _one_sided(context: Context) -> Violations:
    """Servers of one model that all read the cache of another one, which none of them writes."""
    found: dict[tuple[str, str], list[tuple[EngineRun, str]]] = {}
    for run in engine_runs(context):
        told = transfer(run)
        if told is None:
            return  # the roles of a server are not known
        if told:
            model = run.line.model or run.line.flags.get("model")
            name = (model.value if model is not None else None) or ""
            key = (run.resource.namespace, name)
            found.setdefault(key, []).append((run, str(told.get("kv_role"))))
    for (_, served), runs in found.items():
        roles = {role for _, role in runs}
        if served and len(runs) > 1 and roles == {"kv_consumer"}:
            yield violation(
                f"all {len(runs)} servers of {visible(served)} have kv_role kv_consumer, and none "
                "stores a cache for them",
                runs[0][0].flag(FLAG) if FLAG in runs[0][0].line.flags else runs[0][0].place(),
            )


def _readable(part: Part) -> bool:
    main = part.main()
    return main is not None and (not main[1].get("command") or part.line().complete)


def _config(part: Part) -> str | None:
    """The text of the flag; None when it is not given."""
    for line in (part.line(), part.more_flags()):
        flag = line.flags.get(FLAG)
        if flag is not None:
            return flag.value or ""
    return None
