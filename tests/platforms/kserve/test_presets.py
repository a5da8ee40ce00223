"""Which presets a service gets, what they are filled in with, and what takes their place."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.expand import expand
from stackgen.platforms.kserve.presets import chosen_presets, effective, is_preset
from tests.platforms.kserve.services import FIRST, FULL, GROUPED, SPLIT, one, row, service

TLS = "--ssl-certfile /var/run/kserve/tls/tls.crt --ssl-keyfile /var/run/kserve/tls/tls.key"
PROJECT = "kserve-0.20"  # servers of this release speak HTTP
WORKER: dict[str, Any] = {"worker": {}}


def no_configs(namespace: str, name: str) -> None:
    return None


@pytest.mark.parametrize(
    ("own", "chosen"),
    [
        ({}, ["template"]),
        ({"router": {"route": {}, "scheduler": {}}}, ["scheduler", "router-route", "template"]),
        ({"router": {"route": {"http": {"refs": [{"name": "a"}]}}}}, ["template"]),
        ({"router": {"scheduler": {"pool": {"ref": {"name": "a"}}}}}, ["template"]),
        ({"router": {"route": None, "scheduler": None}}, ["template"]),
        ({"prefill": {}}, ["decode-template", "prefill-template"]),
        ({**WORKER, "parallelism": {"data": 2}}, ["worker-data-parallel"]),
        ({**WORKER, "parallelism": {"dataLocal": 1}}, ["worker-data-parallel"]),
        ({"parallelism": {"data": 2}}, ["template"]),
        # No release ships a preset for groups that are not data-parallel.
        ({**WORKER, "parallelism": {"pipeline": 2}}, []),
        ({**WORKER, "prefill": {}}, ["prefill-template"]),
        (
            {"prefill": {**WORKER, "parallelism": {"data": 2}}},
            ["decode-template", "prefill-worker-data-parallel"],
        ),
    ],
)
def test_the_presets_of_a_spec(own: dict[str, Any], chosen: list[str]) -> None:
    assert list(chosen_presets(own)) == chosen


def container(found: Any, part: str = "template") -> dict[str, Any]:
    main: dict[str, Any] = found[part]["containers"][0]
    return main


def spec_of(release: str, **spec: Any) -> dict[str, Any]:
    return effective(service(**spec), row(release), no_configs).spec


def test_the_server_is_told_model_port_and_certificate() -> None:
    (script,) = container(spec_of(FIRST))["args"]
    assert script == (
        "vllm serve /mnt/models --served-model-name Qwen/Qwen3-0.6B --port 8000"
        f" ${{VLLM_ADDITIONAL_ARGS}} --enable-ssl-refresh {TLS}"
    )
    script = container(spec_of(PROJECT))["command"][2]
    assert "--port 8000" in script and "ssl" not in script


def test_tensor_parallelism_is_passed_where_the_release_does() -> None:
    """`single_host_tensor` says so in the row; a service without it gets no such flag."""
    asked = {"parallelism": {"tensor": 4}}
    assert "--tensor-parallel-size 4 " in container(spec_of(PROJECT, **asked))["command"][2]
    assert "tensor" not in container(spec_of(PROJECT))["command"][2]
    assert "tensor" not in container(spec_of(FIRST, **asked))["args"][0]


def test_decode_servers_listen_behind_the_sidecar_that_has_their_port() -> None:
    spec = spec_of(FIRST, **SPLIT)
    decode, prefill = container(spec), container(spec["prefill"])
    assert "--port 8001" in decode["args"][0] and "--port 8000" in prefill["args"][0]
    for found, port in ((decode, 8001), (prefill, 8000)):
        assert found["ports"] == [{"containerPort": port, "protocol": "TCP"}]
        probes = [v for k, v in found.items() if k.endswith("Probe")]
        assert probes and {p["httpGet"]["port"] for p in probes} == {port}
    (sidecar,) = spec["template"]["initContainers"]
    assert sidecar["ports"][0]["containerPort"] == 8000
    assert "initContainers" not in spec["prefill"]["template"]


def test_each_role_has_the_probes_of_its_preset() -> None:
    probes = row(FIRST).presets["probes"]

    def timing(found: dict[str, Any]) -> dict[str, Any]:
        return {
            k: {n: x for n, x in v.items() if n != "httpGet"}
            for k, v in found.items()
            if k.endswith("Probe")
        }

    assert probes["single"] != probes["disaggregated"]
    assert timing(container(spec_of(FIRST))) == probes["single"]
    split = spec_of(FIRST, **SPLIT)
    assert timing(container(split)) == probes["disaggregated"]
    assert timing(container(split["prefill"])) == probes["disaggregated"]
    group = spec_of(FIRST, **GROUPED)
    assert timing(container(group)) == probes["leader"]
    assert timing(container(group, "worker")) == {}


@pytest.mark.parametrize(("spec", "size"), [({}, "1Gi"), (GROUPED, "8Gi")])
def test_shared_memory_is_larger_in_groups(spec: dict[str, Any], size: str) -> None:
    volumes = {v["name"]: v for v in spec_of(FIRST, **spec)["template"]["volumes"]}
    assert volumes["dshm"]["emptyDir"] == {"medium": "Memory", "sizeLimit": size}
    assert volumes["home"]["emptyDir"] == {}


def test_a_config_of_the_name_of_a_preset_takes_its_place() -> None:
    def configs(namespace: str, name: str) -> Any:
        mine = (namespace, name) == ("serving", "kserve-config-llm-template")
        return {"template": {"containers": [{"name": "main", "image": "mine"}]}} if mine else None

    found = effective(service(), row(FIRST), configs)
    assert found.spec["template"] == {"containers": [{"name": "main", "image": "mine"}]}
    assert found.presets == ("kserve-config-llm-template",)


def test_a_config_is_looked_for_beside_the_service_then_beside_the_controller() -> None:
    known = {
        ("serving", "a"): {"replicas": 2},
        (row(FIRST).namespace, "a"): {"replicas": 3},
        (row(FIRST).namespace, "b"): {"template": {"nodeSelector": {"b": "1"}}},
    }
    data = service(baseRefs=[{"name": "a"}, {"name": "b"}, {"name": "kserve-config-llm-template"}])
    found = effective(data, row(FIRST), lambda namespace, name: known.get((namespace, name)))
    assert found.own["replicas"] == 2
    assert found.own["template"] == {"nodeSelector": {"b": "1"}}
    # What every release ships is never unknown.
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("kserve-config-llm-template", True),
        ("kserve-config-llm-mine", False),
        ("template", False),
    ],
)
def test_the_names_of_presets(name: str, shipped: bool) -> None:
    assert is_preset(name) is shipped


def test_gateways_of_the_release_are_the_parents_of_the_preset_route() -> None:
    parents = one(expand(service(**FULL), row(FIRST)), "HTTPRoute")["spec"]["parentRefs"]
    assert parents == [
        {
            "group": "gateway.networking.k8s.io", "kind": "Gateway",
            "name": "inference-gateway", "namespace": "opendatahub",
        }
    ]  # fmt: skip
