"""KServe from its own charts: the definitions, the controller with its webhooks, the presets.

The chart of the controller could bring the definitions of InferencePool and of llm-d too. They come
from their own sources: where GKE installs InferencePool, a chart would take it over, and delete it
together with all pools when the chart goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Because, When, is_set
from stackgen.plan.model import Plan
from stackgen.render.definitions import definition_sources, definitions
from stackgen.render.delivery import Step
from stackgen.render.helm import Chart, install
from stackgen.render.objects import Rendered
from stackgen.render.sources import Source

FOLDER, DEFINITIONS = "2-platform/kserve", "2-platform/llm-d"
CRDS, CONTROLLER, PRESETS = (
    "kserve_llmisvc_crd", "kserve_llmisvc_resources", "kserve_runtime_configs",
)  # fmt: skip
WHY = {
    CRDS: "the definitions of LLMInferenceService and of its presets",
    CONTROLLER: "the KServe controller, its webhooks and its settings",
    PRESETS: "the presets of models, which the controller's webhook judges",
}


def sources(plan: Plan) -> list[Source]:
    """Where the charts and the definitions come from."""
    charts = [Source(key, why, plan.managed.serving, chart=True) for key, why in WHY.items()]
    return [*definition_sources(plan), *charts]


def phases(plan: Plan) -> Iterator[Rendered]:
    """The definitions that are not KServe's, then the charts, each after the one before it."""
    yield from definitions(plan, DEFINITIONS)
    after = ""
    for key, why in WHY.items():
        name = plan.release.row.data["sources"][key]["chart"]
        yield from install(plan, FOLDER, Chart(
            name=name, namespace=plan.release.serving("namespace"), why=why, oci=key,
            values=_values(plan, key), after=after, when=plan.managed.serving,
        ))  # fmt: skip
        after = name


def steps(plan: Plan) -> list[Step]:
    """The definitions first: the controller looks once, at start, for the APIs that it serves."""
    needs = ("namespaces", "sources", "gateway-api", "llm-d", "secrets", "operands", "5-network")
    return [
        Step(DEFINITIONS, ("sources",), needed_by=("4-serving",)),
        Step(FOLDER, needs, needed_by=("4-serving",)),
    ]


def _values(plan: Plan, key: str) -> dict[str, Any]:
    if key == PRESETS:
        return {"kserve": {"llmisvcConfigs": {"enabled": True}}}
    if key == CRDS:
        return {}
    pull = plan.stack.spec.serving.imagePullSecret
    why = "they come from their own sources, or from GKE"
    return {"kserve": {"llmisvc": {
        "createGIECRDs": Because(False, "platform/kserve-definitions", why),
        "controller": When(is_set(pull), {"imagePullSecrets": [{"name": pull}]}),
    }}}  # fmt: skip
