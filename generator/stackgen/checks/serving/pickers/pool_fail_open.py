"""A pool that sends requests to prefill servers while its endpoint picker is away."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.engines.prefill_routing import HANDLERS
from stackgen.checks.serving.pickers.picker_configs import PickerConfig, config_of, picker_configs
from stackgen.checks.serving.pickers.pickers import REFS, pickers, pools_of
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pool that fails open, and whose picker splits requests."""
    links = chain(context)
    splitting = tuple(config for config in picker_configs(context) if _splits(config))
    for picker in pickers(links) if splitting else ():
        config = config_of(picker.pods, splitting)
        for pool, path, _ in pools_of(links, picker) if config is not None else ():
            mode = as_dict(pool.get(*path)).get("failureMode")
            if config is not None and path[-1] in REFS and mode == "FailOpen":
                yield violation(
                    f"InferencePool {pool.name} has FailOpen, but its endpoint picker splits "
                    "requests between prefill and decode servers",
                    pool.place(*path, "failureMode"),
                    Place(config.resource, config.path, key=True, note="the configuration"),
                )


def _splits(config: PickerConfig) -> bool:
    return any(text(p.get("type")) in HANDLERS for _, p in maps(config.data.get("plugins")))
