"""`trace`: every leaf and every line of the rendered reference stack has an origin."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stacks import build_data

from stackgen.errors import UsageError
from stackgen.manifest.resource import Resource
from stackgen.origin import Origin
from stackgen.provenance.places import FilePlace, ObjectPlace, file_place, object_place, parse_path
from stackgen.provenance.show import trace_text
from stackgen.provenance.trace import find

KINDS = {"spec", "default", "catalog", "quirk", "rule"}


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for i, item in enumerate(value) for leaf in _leaves(item, (*path, i))]
    return [path]


def _explained(origin: Origin) -> bool:
    leaves = list(origin.leaves())
    return bool(leaves) and all(
        leaf.kind in KINDS
        and (leaf.kind != "spec" or (leaf.file and leaf.line > 0))
        and (leaf.kind != "catalog" or (leaf.source and leaf.as_of))
        and (leaf.kind != "quirk" or (leaf.why and leaf.source))
        and (leaf.kind != "rule" or (leaf.name and leaf.why))
        for leaf in leaves
    )


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_every_leaf_has_an_origin_that_ends_in_facts(env: str) -> None:
    bundle = build_data(env).bundle
    assert bundle is not None
    count = 0
    for resource in bundle.resources:
        leaves = _leaves(resource.data)
        assert set(leaves) == set(resource.origins), resource.file
        for path in leaves:
            assert _explained(resource.origins[path]), f"{resource.file} {path}"
        count += len(leaves)
    assert count > 1000


def test_every_line_of_the_output_can_be_traced() -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    for resource in bundle.resources:
        for line in range(1, resource.text.count("\n") + 1):
            found = find(bundle, FilePlace(resource.file, line))
            assert trace_text(found), (resource.file, line)


def _model(bundle: Any) -> Resource:
    return next(r for r in bundle.resources if r.kind == "LLMInferenceService")


def test_a_line_leads_to_the_leaf_that_stands_there() -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    resource = _model(bundle)
    for path in resource.origins:
        mark = resource.mark(path)
        assert mark is not None
        found = find(bundle, FilePlace(resource.file, mark.line, mark.column))
        assert found.path == path


def test_trace_shows_the_chain_to_the_overlay() -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    place = object_place("LLMInferenceService/qwen2-3b-pattern1:spec.replicas")
    assert place is not None
    text = trace_text(find(bundle, place))
    assert text.endswith(
        "spec.replicas = 2\n"
        "\n"
        "computed  spec.serving.models[0].replicas = 2\n"
        "├─ spec      overlays/prod/stack.yaml:11:45 spec.serving.models[0].replicas = 2\n"
        "│            (overlay prod)\n"
        "└─ computed  fixed = true: no autoscaling\n"
        "   └─ computed  max is given = false: optional in the spec\n"
        "      └─ default   spec.serving.models[0].autoscaling.max\n"
    )


def _step(origin: Origin) -> tuple[str, str, str]:
    return origin.kind, origin.name, origin.value


def test_the_budget_of_a_probe_traces_to_the_start_up_that_it_is_made_from() -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    path = "spec.template.containers[0].startupProbe.failureThreshold"
    place = object_place(f"LLMInferenceService/qwen2-3b-pattern1:{path}")
    assert place is not None
    found = find(bundle, place)
    assert found.value == 180
    formula = "max(floor, factor x (weights / speed + compile)) / period"
    budget = next(o for o in found.origin.inputs if _step(o) == ("computed", formula, "180"))
    steps = {_step(one) for one in budget.inputs}
    assert ("catalog", "sizing.yaml#startup-budget.period_seconds", "10") in steps
    assert ("catalog", "sizing.yaml#startup-budget.floor_seconds", "1800") in steps


def test_a_health_check_traces_to_the_row_of_its_kind() -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    step = "Kustomization/llmd-istio-tpu-4-serving:spec.healthCheckExprs[1]"
    current, api = (object_place(f"{step}.{field}") for field in ("current", "apiVersion"))
    assert current is not None and api is not None
    row = "readiness.yaml#LLMInferenceService.serving.kserve.io.condition"
    assert row in {leaf.name for leaf in find(bundle, current).origin.leaves()}
    release = "releases/llm-d-infra-xks-0.15.yaml#llm-d-infra-xks-0.15.kserve.api_version"
    assert release in {leaf.name for leaf in find(bundle, api).origin.leaves()}


def test_a_name_in_a_health_check_traces_to_the_release() -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    place = object_place("Kustomization/llmd-istio-tpu-kserve:spec.healthChecks[1].name")
    assert place is not None
    found = find(bundle, place)
    assert found.value == "kserve-controller-manager"
    row = "llm-d-infra-xks-0.15"
    assert f"releases/{row}.yaml#{row}.kserve.controller" in {
        leaf.name for leaf in found.origin.leaves()
    }


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (FilePlace("out/prod/nothing.yaml", 1), "stackgen does not render this file"),
        (FilePlace("out/prod/kustomization.yaml", 900), "out/prod/kustomization.yaml has "),
        (ObjectPlace("Gateway", "", "nobody", ()), "stackgen renders no Gateway/nobody"),
        (ObjectPlace("Gateway", "", "inference-gateway", ("spec", "x")), "has nothing at that"),
        (ObjectPlace("GitRepository", "", "llmd-istio-tpu", ()), "is ambiguous"),
    ],
)
def test_places_that_are_not_there(place: FilePlace | ObjectPlace, reason: str) -> None:
    bundle = build_data("prod").bundle
    assert bundle is not None
    with pytest.raises(UsageError, match=reason):
        find(bundle, place)


def test_places_as_written() -> None:
    assert file_place("out/prod/a.yaml:4") == FilePlace("out/prod/a.yaml", 4)
    assert file_place("./out/prod/a.yaml:4:7") == FilePlace("out/prod/a.yaml", 4, 7)
    assert file_place("Gateway/x:spec.y") is None
    assert object_place("Gateway/ns/x:spec.a[0].b") == ObjectPlace(
        "Gateway", "ns", "x", ("spec", "a", 0, "b")
    )
    assert parse_path('metadata.labels["a.b/c"]') == ("metadata", "labels", "a.b/c")
    with pytest.raises(UsageError):
        parse_path("spec..x[")
