"""ConstraintTemplates and Constraints: form, levels, what is skipped."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.enforce import export, gatekeeper
from stackgen.enforce.model import Settings
from tests.enforce import engines

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "n"},
    "spec": {"hostNetwork": True, "containers": []},
}
HOST = "pods-no-host-namespaces"


def of(rule_id: str, **given: Any) -> list[dict[str, Any]]:
    (policy,) = export.selected([rule_id])
    return list(gatekeeper.constraints(policy, Settings(**given)))


def owned(controller: bool) -> dict[str, Any]:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "controller": controller}
    return {**POD, "metadata": {**POD["metadata"], "ownerReferences": [owner]}}


@pytest.mark.parametrize(
    ("review", "parameters", "count"),
    [
        ({"operation": "CREATE", "object": POD}, {}, 1),
        ({"operation": "UPDATE", "object": POD}, {"results": "deny"}, 1),
        ({"object": POD}, {"results": "deny"}, 1),  # an audit has no operation
        ({"operation": "CREATE", "object": POD}, {"results": "warn"}, 0),
        ({"operation": "DELETE", "object": POD}, {}, 0),
        ({"operation": "DELETE", "object": None, "oldObject": POD}, {}, 0),
        ({"operation": "CREATE", "object": owned(True)}, {}, 0),
        ({"operation": "CREATE", "object": owned(False)}, {}, 1),
        ({"operation": "CREATE", "object": owned(True)}, {"includeOwned": True}, 1),
    ],
)
def test_what_is_judged(review: dict[str, Any], parameters: dict[str, Any], count: int) -> None:
    assert len(engines.violations(HOST, review, parameters)) == count


def test_a_policy_with_both_entry_points_has_two_constraints() -> None:
    denies, warns = of("avail-probes")
    assert denies["metadata"]["name"] == "avail-probes"
    assert (denies["spec"]["enforcementAction"], denies["spec"]["parameters"]) == (
        "deny", {"results": "deny"},
    )  # fmt: skip
    assert warns["metadata"]["name"] == "avail-probes-warnings"
    assert (warns["spec"]["enforcementAction"], warns["spec"]["parameters"]) == (
        "warn", {"results": "warn"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule_id", "enforcement", "action"),
    [
        (HOST, "warn", "warn"),
        (HOST, "dryrun", "dryrun"),
        ("pods-read-only-rootfs", "deny", "warn"),
        ("pods-read-only-rootfs", "dryrun", "dryrun"),
        ("istio-extproc-fail-open", "deny", "dryrun"),  # an info
    ],
)
def test_the_level_decides_what_happens(rule_id: str, enforcement: str, action: str) -> None:
    (constraint,) = of(rule_id, enforcement=enforcement)
    assert constraint["spec"]["enforcementAction"] == action


def test_what_is_known_travels_as_parameters() -> None:
    (constraint,) = of("supply-registry-allow-list", serves_tls=True, profile={"stage": "dev"})
    assert constraint["spec"]["parameters"] == {
        "results": "deny", "servesTLS": True, "profile": {"stage": "dev"},
    }  # fmt: skip


def test_namespaces_are_named_or_those_of_the_platform_left_alone() -> None:
    assert "kube-*" in of(HOST)[0]["spec"]["match"]["excludedNamespaces"]
    match = of(HOST, namespaces=("serving",))[0]["spec"]["match"]
    assert match["namespaces"] == ["serving"]
    assert "excludedNamespaces" not in match


def test_roles_that_the_api_server_keeps_up_are_left_alone() -> None:
    expression = {"key": "kubernetes.io/bootstrapping", "operator": "DoesNotExist"}
    selector = of("rbac-no-wildcards")[0]["spec"]["match"]["labelSelector"]
    assert selector == {"matchExpressions": [expression]}
    assert "labelSelector" not in of(HOST)[0]["spec"]["match"]


def test_a_template_holds_no_more_than_it_may() -> None:
    """Gatekeeper refuses data from outside, imports of the language, and foreign packages."""
    for policy in export.choose(export.selected(()), "gatekeeper", {"allowedRegistries": []})[0]:
        source = gatekeeper.source(policy)
        for module in (source["rego"], *source["libs"]):
            assert "import rego.v1" not in module
            assert "data.stackgen" not in module
            assert "data.inventory" not in module
        packages = [m.split("package ", 1)[1].split("\n", 1)[0] for m in source["libs"]]
        assert all(package.startswith("lib.") for package in packages)
        assert len(set(packages)) == len(packages)
