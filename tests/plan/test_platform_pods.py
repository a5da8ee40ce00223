"""The Pods of the platform, and what they request."""

from __future__ import annotations

import pytest

from stackgen.plan.platform_pods import SYSTEM, Part
from tests.plan.planning import estimated


def parts(overlay: str = "spec: {}\n") -> dict[str, Part]:
    total = estimated(overlay).cpu
    assert total is not None
    return {part.name: part for part in total.parts}


def test_only_gkes_own_pods_are_an_estimate_and_every_figure_has_a_source() -> None:
    found = parts()
    assert [name for name, part in found.items() if not part.sure] == [SYSTEM]
    assert all(part.source for part in found.values())


def test_istiod_is_counted_as_often_as_it_is_rendered() -> None:
    assert (parts()["istiod"].pods, parts()["istiod"].cpu, parts()["istiod"].memory) == (2, 1.0, 4)


def test_what_exists_is_not_counted() -> None:
    found = parts("spec: {platform: {istio: existing, kserve: existing}}\n")
    assert not found.keys() & {"istiod", "kserve-controller-manager"}
    assert "inference-gateway" in found


@pytest.mark.parametrize("objects", ["routes", "none"])
def test_a_gateway_that_the_stack_does_not_render_has_no_pods_and_no_load_balancer(
    objects: str,
) -> None:
    overlay = f"spec: {{gateway: {{objects: {objects}}}}}\n"
    assert "inference-gateway" not in parts(overlay)
    costs = estimated(overlay).costs
    assert "load balancer" not in {extra.name for extra in costs.extras}


@pytest.mark.parametrize(
    ("manager", "running"),
    [
        ("external-secrets", {"external-secrets"}),
        ("reflector", {"reflector"}),
        ("existing", set[str]()),
    ],
)
def test_the_operator_that_copies_secrets_is_the_one_that_the_spec_names(
    manager: str, running: set[str]
) -> None:
    found = parts(f"spec: {{secrets: {{manager: {manager}}}}}\n")
    assert found.keys() & {"external-secrets", "reflector"} == running


def test_sidecars_bring_a_pod_of_the_cni_plugin_to_every_node() -> None:
    overlay = "spec: {mesh: {sidecars: true}}\n"
    assert parts(overlay)["istio-cni-node"].pods == 3
    assert "istio-cni-node" not in parts()
    pool = estimated(overlay).pools[1]
    assert "istio-cni-node" in {part.name for part in pool.parts}
