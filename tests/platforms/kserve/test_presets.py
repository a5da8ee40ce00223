"""Which presets a service gets, what they are filled in with, and what takes their place."""

from __future__ import annotations

import shlex
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
        ({"prefill": {}}, ["prefill-template", "decode-template"]),
        ({**WORKER, "parallelism": {"data": 2}}, ["worker-data-parallel"]),
        ({**WORKER, "parallelism": {"dataLocal": 1}}, ["worker-data-parallel"]),
        ({"parallelism": {"data": 2}}, ["template"]),
        # No release ships this one.
        ({**WORKER, "parallelism": {"pipeline": 2}}, ["worker-pipeline-parallel"]),
        ({**WORKER, "prefill": {}}, ["prefill-template"]),
        (
            {"prefill": {**WORKER, "parallelism": {"data": 2}}},
            ["prefill-worker-data-parallel", "decode-template"],
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
    # What only prepares the start is told by its hash.
    assert script.startswith("# preset script: ")
    assert shlex.split(script.partition("eval ")[2].replace("\\\n", " ").strip('"')) == [
        "vllm", "serve", "/mnt/models", "--served-model-name", "Qwen/Qwen3-0.6B", "--port", "8000",
        "${VLLM_ADDITIONAL_ARGS}", "--enable-ssl-refresh", *TLS.split(),
    ]  # fmt: skip
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
    assert "--port 8001" in decode["args"][0] and '--port "8000"' in prefill["args"][0]
    for found, port in ((decode, 8001), (prefill, 8000)):
        assert found["ports"] == [{"containerPort": port, "protocol": "TCP"}]
        probes = [v for k, v in found.items() if k.endswith("Probe")]
        assert probes and {p["httpGet"]["port"] for p in probes} == {port}
    (sidecar,) = spec["template"]["initContainers"]
    assert sidecar["ports"][0]["containerPort"] == 8000
    assert "initContainers" not in spec["prefill"]["template"]


def test_each_role_has_the_probes_of_its_preset() -> None:
    def delays(found: dict[str, Any]) -> dict[str, int]:
        return {k: v["initialDelaySeconds"] for k, v in found.items() if k.endswith("Probe")}

    single = {"livenessProbe": 120, "readinessProbe": 10}
    assert delays(container(spec_of(FIRST))) == single
    split = spec_of(FIRST, **SPLIT)
    assert delays(container(split)) == delays(container(split["prefill"])) == single
    group = spec_of(FIRST, **GROUPED)
    assert delays(container(group)) == {"livenessProbe": 300, "readinessProbe": 200}
    assert delays(container(group, "worker")) == {}
    assert "startupProbe" in container(spec_of(PROJECT))


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
    assert found.own["template"]["nodeSelector"] == {"b": "1"}
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
