"""What manifests say beyond the plan: Pod templates of models, and objects to carry along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.adopt.compare import Result, applied, holds_secret
from stackgen.adopt.prefill import prefill_name
from stackgen.facts.shape import as_dict, at
from stackgen.manifest.document import Path
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.regex import regex
from stackgen.render.endpoint_picker import picker_name, pool_name

# Additions to an object that change its Pods: flags, and fields other than labels.
_OF_PODS = regex(r"--|spec\.(?!.*metadata)")
_SELECTOR = ("spec", "selector", "matchLabels")
# Objects of other clusters, and those that deliver manifests: the stack brings its own.
_ELSEWHERE = (
    "cnrm.cloud.google.com",
    "toolkit.fluxcd.io",
    "kustomize.config.k8s.io",
)
# Of the group of Argo CD, which has Rollouts and Workflows as well.
_ARGOCD = ("Application", "ApplicationSet", "AppProject")


def without_defaults(spec: dict[str, Any], results: list[Result]) -> bool:
    """Leave what a stack gives to all Pods out of models whose Pods do not have all of it.

    A user, a probe or a limit that is added can stop a server that runs. Whether there is one.
    """
    models = {model["name"]: model for model in spec["serving"]["models"]}
    servers = {prefill_name(m): m for m in models.values() if "prefill" in m} | models
    found = [
        servers[result.resource.name]
        for result in results
        if result.resource.name in servers and any(map(_OF_PODS.match, result.added))
    ]
    for model in found:
        model["podDefaults"] = "none"
    return bool(found)


def say_templates(spec: dict[str, Any], results: list[Result], plan: Plan) -> None:
    """Move what a patch would change in the Pods of a model to its template and its selector."""
    models = {model["name"]: model for model in spec["serving"]["models"]}
    places = rendering_of(plan).templates
    pickers = {m.spec.name.value: picker_name(m).value for m in plan.models}
    patched = {(r.resource.kind, r.resource.name): r.patch for r in results if r.patch is not None}
    for name, picker in pickers.items():
        part = at(patched.get(("Deployment", picker)), "spec", "template")
        if isinstance(part, dict):
            models[name].setdefault("picker", {})["template"] = part
    _say_metadata(spec, results, models)
    servers = {prefill_name(m): m["prefill"] for m in models.values() if "prefill" in m} | models
    for result in results:
        resource, model = result.resource, servers.get(result.resource.name)
        if model is None or result.patch is None or resource.kind not in places:
            continue
        labels = at(result.patch, *_SELECTOR)
        selects = resource.get(*_SELECTOR)
        if labels is not None and isinstance(selects, dict):
            model["selector"] = dict(selects)
        strategy = result.patch.get("spec", {}).get("strategy")
        if "name" in model and isinstance(strategy, dict) and strategy.keys() == {"type"}:
            model["strategy"] = strategy["type"]
        template: dict[str, Any] = {}
        prefill: dict[str, Any] = {}
        for place in places[resource.kind]:
            part = None if place.worker else at(result.patch, *place.target)
            if isinstance(part, dict):
                _put(prefill if place.prefill else template, place.source, part)
        if "prefill" in model and (prefill := _filled(prefill)):
            model["prefill"]["template"] = prefill
        more = at(template, "metadata", "labels") or {}
        for label in [k for k, v in more.items() if model.get("selector", {}).get(k) == v]:
            del more[label]
        if template := _filled(template):
            model["template"] = template
    _say_pools(results, plan, models)


def _say_pools(results: list[Result], plan: Plan, models: dict[str, dict[str, Any]]) -> None:
    """What pools and monitors select, exactly; failure mode of pools, replicas of pickers."""
    pools = {pool_name(m).value: models[str(m.spec.name.value)] for m in plan.models}
    pickers = {picker_name(m).value: models[str(m.spec.name.value)] for m in plan.models}
    monitors = {
        m["names"]["monitor"]: m for m in models.values() if "monitor" in m.get("names", {})
    }
    for result in results:
        one = result.resource
        pool = pools.get(one.name) if one.kind == "InferencePool" else None
        monitor = monitors.get(one.name) if one.kind in ("PodMonitor", "PodMonitoring") else None
        for field, model in (("pool", pool), ("monitor", monitor)):
            if model is None or result.state == "missing":
                continue
            said = model.get(field, {})
            selects = one.get(*_SELECTOR)
            # Without labels of its own, the Deployment of the model says what is selected.
            asked = at(result.patch, *_SELECTOR) is not None or "selector" in model
            if asked and isinstance(selects, dict) and selects != model.get("selector"):
                said = {**said, "selector": dict(selects)}
            mode = at(result.patch, "spec", "endpointPickerRef", "failureMode")
            said = {**said, "failureMode": mode} if isinstance(mode, str) else said
            if said:
                model[field] = said
        count = at(result.patch, "spec", "replicas")
        if one.kind == "Deployment" and one.name in pickers and count in range(2, 6):
            pickers[one.name].setdefault("picker", {})["replicas"] = count


def _say_metadata(spec: dict[str, Any], results: list[Result], models: dict[str, Any]) -> None:
    """Annotations of the objects of models by kind, and labels and annotations of the Gateway."""
    of = {
        name: model
        for own, model in models.items()
        for name in (own, *(v for k, v in model.get("names", {}).items() if k != "picker"))
    }
    for result in results:
        kind, name = result.resource.kind, result.resource.name
        given = as_dict(at(result.patch, "metadata"))
        marks = {key: _said(given.get(key)) for key in ("labels", "annotations")}
        if kind == "Gateway" and name == spec["gateway"].get("name"):
            spec["gateway"] |= {key: value for key, value in marks.items() if value}
        elif name in of and marks["annotations"]:
            of[name].setdefault("annotations", {})[kind] = marks["annotations"]


def _said(given: Any) -> dict[str, str]:
    return {k: v for k, v in as_dict(given).items() if isinstance(v, str)}


def extra_objects(results: list[Result]) -> Iterator[dict[str, Any]]:
    """The objects that the spec has no fields for, as they are; none with a secret value."""
    for result in results:
        resource = result.resource
        elsewhere = resource.group.endswith(_ELSEWHERE) or (
            resource.group == "argoproj.io" and resource.kind in _ARGOCD
        )
        if (
            result.state == "missing"
            and not elsewhere
            and resource.name
            and not holds_secret(resource)
        ):
            yield applied(resource.data)


def _put(data: dict[str, Any], path: Path, part: dict[str, Any]) -> None:
    for step in path:
        data = data.setdefault(str(step), {})
    data.update({key: value for key, value in part.items() if key in ("metadata", "spec") or path})


def _filled(template: dict[str, Any]) -> dict[str, Any]:
    """The template without empty parts."""
    kept = {k: _filled(v) if k in ("metadata", "labels") else v for k, v in template.items()}
    return {k: v for k, v in kept.items() if v != {}}
