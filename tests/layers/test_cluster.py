"""Cluster and node pools: how machines are bought, and who makes them."""

from __future__ import annotations

import copy
from typing import Any

from stackgen.compiler import Compiled
from tests.stacks import build_data


def _stack(pool: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    data["spec"]["cluster"].update(cluster)
    data["spec"]["cluster"]["nodePools"][1].update(pool or {})
    return data


def _built(data: dict[str, Any], prove: bool = False) -> Compiled:
    compiled = build_data("prod", data, prove=prove)
    assert compiled.bundle is not None, compiled.findings
    return compiled


def _rendered(compiled: Compiled) -> Any:
    assert compiled.bundle is not None
    found = [*compiled.bundle.of_kind("ContainerNodePool"), *compiled.bundle.outside]
    (pool,) = (r for r in found if r.kind == "ContainerNodePool" and r.name == "tpu-v6e-pool")
    return pool.data["spec"]


def _found(compiled: Compiled) -> set[str]:
    return {finding.rule.id for finding in compiled.findings}


def test_without_a_reservation_none_is_used_by_accident() -> None:
    config = _rendered(_built(_stack()))["nodeConfig"]
    assert config["reservationAffinity"] == {"consumeReservationType": "NO_RESERVATION"}


def test_machines_of_a_reservation() -> None:
    shared = "projects/other-project/reservations/tpu"
    for name in ("tpu-2027", shared):
        config = _rendered(_built(_stack({"reservation": name})))["nodeConfig"]
        assert config["reservationAffinity"] == {
            "consumeReservationType": "SPECIFIC_RESERVATION",
            "key": "compute.googleapis.com/reservation-name",
            "values": [name],
        }


def test_other_pools_say_nothing_of_reservations_unless_the_spec_does() -> None:
    data = _stack()
    compiled = _built(data)
    assert compiled.bundle is not None
    (plain,) = (r for r in compiled.bundle.of_kind("ContainerNodePool") if r.name == "default-pool")
    assert "reservationAffinity" not in plain.data["spec"]["nodeConfig"]


def test_config_connector_cannot_ask_for_flex_start() -> None:
    pool = {"purchase": "flex-start", "nodes": {"min": 0, "max": 3}}
    compiled = _built(_stack(pool), prove=True)
    assert "tpu-flex-not-rendered" in _found(compiled)
    assert "flexStart" not in _rendered(compiled)["nodeConfig"]


def test_others_can() -> None:
    pool = {"purchase": "flex-start", "nodes": {"min": 0, "max": 3}}
    compiled = _built(_stack(pool, managed=False), prove=True)
    spec = _rendered(compiled)
    assert spec["nodeConfig"]["flexStart"] is True
    assert spec["nodeConfig"]["maxRunDuration"] == "604800s"
    assert spec["nodeConfig"]["reservationAffinity"] == {"consumeReservationType": "NO_RESERVATION"}
    assert spec["management"]["autoRepair"] is False
    assert "upgradeSettings" not in spec
    # What flex-start means for a server is said all the same.
    assert "tpu-flex-serving-7d" in _found(compiled)
    assert "tpu-flex-not-rendered" not in _found(compiled)
    assert "tpu-flex-preconditions" not in _found(compiled)


def test_flex_start_nodes_cannot_be_kept() -> None:
    pool = {"purchase": "flex-start", "nodes": {"min": 1, "max": 3}}
    compiled = _built(_stack(pool, managed=False), prove=True)
    assert "tpu-flex-preconditions" in _found(compiled)


def test_a_cluster_of_others_is_planned_and_not_rendered() -> None:
    compiled = _built(_stack(managed=False), prove=True)
    bundle, plan = compiled.bundle, compiled.plan
    assert bundle is not None and plan is not None
    assert not [r for r in bundle.objects if "cnrm.cloud.google.com" in r.group]
    assert not [r for r in bundle.objects if "/management-cluster/" in r.file]
    assert [pool.spec.name.value for pool in plan.pools] == ["default-pool", "tpu-v6e-pool"]
    assert {r.kind for r in bundle.outside} == {"ContainerCluster", "ContainerNodePool"}


def test_findings_about_pools_of_others_point_at_the_spec_alone() -> None:
    """There is no rendered file to point at."""
    from stackgen.findings.locate import Texts, locate

    pool = {"purchase": "flex-start", "nodes": {"min": 1, "max": 3}}
    compiled = _built(_stack(pool, managed=False), prove=True)
    (finding,) = (f for f in compiled.findings if f.rule.id == "tpu-flex-preconditions")
    found = locate(finding, Texts.of(compiled.sources))
    assert {location.file for location in found} == {"stack.yaml"}


def test_the_number_of_servers_is_held_against_the_pools_of_others() -> None:
    data = _stack(managed=False)
    data["spec"]["serving"]["models"][0]["replicas"] = 9
    assert "tpu-replicas-exceed-pool" in _found(_built(data, prove=True))


def test_the_namespace_of_config_connector_has_an_account_where_the_spec_names_one() -> None:
    """In namespaced mode, nothing serves a namespace without a ConfigConnectorContext."""
    plain = _built(_stack()).bundle
    assert plain is not None and list(plain.of_kind("ConfigConnectorContext")) == []
    account = "kcc@my-project.iam.gserviceaccount.com"
    compiled = _built(_stack(configConnectorServiceAccount=account), prove=True)
    assert compiled.bundle is not None
    (found,) = compiled.bundle.of_kind("ConfigConnectorContext")
    assert (found.namespace, found.get("spec", "googleServiceAccount")) == ("gcp-infra", account)
    # The one name that Config Connector takes.
    assert found.name == "configconnectorcontext.core.cnrm.cloud.google.com"
    assert found.file.startswith("out/prod/1-cluster/")
    assert "schema-unknown-kind" not in _found(compiled)
    others = _built(_stack(configConnectorServiceAccount=account, managed=False))
    assert others.bundle is not None
    assert list(others.bundle.of_kind("ConfigConnectorContext")) == []
