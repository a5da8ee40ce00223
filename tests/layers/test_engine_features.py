"""Adapters, KV offload and speculative decoding: what the servers are told, and what they take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackgen.compiler import Compiled
from tests.stacks import of_one_model

POOL = {"accelerator": "v6e", "topology": "2x2"}
ISTIO = {"exposure": "internal"}
ADAPTERS = [
    {"name": "sql", "model": "hf://acme/qwen-sql", "rank": 20},
    {"name": "support", "model": "pvc://adapters/support/v3", "rank": 16},
]


def build(release: str, prove: bool = False, **fields: Any) -> Compiled:
    given = {"model": "hf://Qwen/Qwen3-8B", "maxModelLen": 8192, **fields}
    return of_one_model(release, ISTIO, POOL, prove, {"smokeTest": True}, **given)


def only(compiled: Compiled, kind: str, name: str = "") -> dict[str, Any]:
    found = [r.data for r in compiled.bundle.objects if r.kind == kind and name in (r.name, "")]
    assert len(found) == 1, [r.name for r in compiled.bundle.objects if r.kind == kind]
    return dict(found[0])


def server(compiled: Compiled) -> dict[str, Any]:
    if any(r.kind == "LLMInferenceService" for r in compiled.bundle.objects):
        pod = only(compiled, "LLMInferenceService")["spec"]["template"]
    else:
        pod = only(compiled, "Deployment", "qwen")["spec"]["template"]["spec"]
    return {**pod["containers"][0], "pod": pod}


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container["env"]}


@pytest.fixture(scope="module")
def direct() -> Compiled:
    return build("llm-d-0.9", adapters=ADAPTERS)


@pytest.fixture(scope="module")
def kserve() -> Compiled:
    return build("kserve-0.21", adapters=ADAPTERS)


def test_vllm_loads_adapters_where_no_controller_does(direct: Compiled) -> None:
    container = server(direct)
    at = container["args"].index("--enable-lora")
    assert container["args"][at : at + 7] == [
        "--enable-lora", "--max-lora-rank=32", "--max-loras=2", "--max-cpu-loras=2",
        "--lora-modules", "sql=acme/qwen-sql", "support=/mnt/adapters/support",
    ]  # fmt: skip
    assert variables(container)["MODEL_IMPL_TYPE"] == "vllm"
    mounts = [m for m in container["volumeMounts"] if m["mountPath"] == "/mnt/adapters/support"]
    assert mounts == [
        {"name": "adapter-1", "mountPath": "/mnt/adapters/support", "readOnly": True,
         "subPath": "support/v3"}
    ]  # fmt: skip
    claims = {v["name"]: v.get("persistentVolumeClaim") for v in container["pod"]["volumes"]}
    assert claims["adapter-1"] == {"claimName": "adapters", "readOnly": True}


def test_the_controller_of_kserve_gets_the_adapters(kserve: Compiled) -> None:
    spec = only(kserve, "LLMInferenceService")["spec"]
    assert spec["model"]["lora"] == {
        "adapters": [{"name": a["name"], "uri": a["model"]} for a in ADAPTERS],
        "maxRank": 32, "maxAdapters": 2, "maxCpuAdapters": 2,
    }  # fmt: skip
    container = server(kserve)
    assert not any("lora" in word for word in container["args"])
    assert variables(container)["MODEL_IMPL_TYPE"] == "vllm"


def test_a_server_without_the_preset_loads_what_the_controller_downloads() -> None:
    odd = build("kserve-0.21", adapters=ADAPTERS[:1], kvOffload={"memory": "8Gi"})
    assert "sql=/mnt/lora/sql" in server(odd)["args"]


def test_the_picker_prefers_servers_with_the_adapter(direct: Compiled) -> None:
    config = next(
        word
        for r in direct.bundle.objects
        if r.kind == "Deployment" and r.name == "qwen-picker"
        for word in r.data["spec"]["template"]["spec"]["containers"][0]["args"]
        if "EndpointPickerConfig" in word
    )
    assert "- type: lora-affinity-scorer" in config
    assert "pluginRef: lora-affinity-scorer\n    weight: 4" in config


def test_the_smoke_test_lists_and_asks_every_name(direct: Compiled) -> None:
    script = only(direct, "Job")["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    for name in ("sql", "support"):
        assert f"""[[ $listed == *'"id":"{name}"'* ]]""" in script
        assert f'"model": "{name}"' in script


def test_adapters_take_memory_of_the_chips_and_of_the_start(direct: Compiled) -> None:
    assert direct.plan is not None
    with_them = direct.plan.models[0]
    found, fit = with_them.server.adapters, with_them.server.hbm
    assert found is not None and fit is not None and found.hbm_gib is not None
    # 36 layers; 5 x 4096 + 2 x 4096 + 4096 + 12288 values whole on 4 chips, the rest split.
    whole = (5 * 4096 + 2 * 4096 + 4096 + 12288) * 4 + 4096 + 2 * 1024 + 2 * 12288
    values = 36 * whole + 2 * (151936 + 4096) * 4
    assert found.hbm_gib.value == pytest.approx(values * 32 * 2 * 2 / 2**30)
    assert dict(fit.given.beside) == {"adapters": found.hbm_gib.value}
    alone = build("llm-d-0.9").plan
    assert alone is not None and alone.models[0].server.hbm is not None
    spare = alone.models[0].server.hbm.spare.value
    assert fit.spare.value == pytest.approx(spare - found.hbm_gib.value)
    assert with_them.load_gib.value > alone.models[0].load_gib.value


def test_fewer_slots_take_less_and_keep_the_others_in_host_memory() -> None:
    few = build("llm-d-0.9", adapters=ADAPTERS, maxLoras=1)
    assert {"--max-loras=1", "--max-cpu-loras=2"} <= set(server(few)["args"])


@pytest.mark.parametrize("release", ["llm-d-0.9", "kserve-0.21"])
def test_blocks_of_the_cache_go_to_host_memory(release: str) -> None:
    plain, found = build(release), build(release, kvOffload={"memory": "64Gi"})
    container = server(found)
    words = dict(w.partition("=")[::2] for w in container["args"] if "=" in w)
    assert json.loads(words["--kv-transfer-config"]) == {
        "kv_connector": "TPUOffloadConnector",
        "kv_connector_module_path": "tpu_inference.offload.tpu_offload_connector",
        "kv_role": "kv_both",
    }
    assert words["--block-size"] == "256"
    assert found.plan is not None and plain.plan is not None
    fit = found.plan.models[0].server.hbm
    assert fit is not None
    each = 256 * fit.kv_bytes.value
    assert variables(container)["TPU_OFFLOAD_NUM_CPU_CHUNKS"] == str(64 * 2**30 // each)
    assert dict(fit.given.beside) == {"offload buffer": pytest.approx(128 * each / 2**30)}
    memory = [int(c.plan.models[0].memory.value.removesuffix("Gi")) for c in (plain, found)]  # type: ignore[union-attr]
    assert memory[1] - memory[0] == 64
    # Quotes of the flag would not pass the shell of the preset.
    assert container["command"][:2] == ["vllm", "serve"]


def test_a_draft_model_takes_memory_and_a_layer_of_cache() -> None:
    draft = "hf://unkmaster/EAGLE3-LLaMA3.1-Instruct-8B:main"
    target = {"model": "hf://meta-llama/Llama-3.1-8B-Instruct", "maxModelLen": 8192}
    asked = {"method": "eagle3", "model": draft, "tokens": 3}
    found, plain = build("llm-d-0.9", speculative=asked, **target), build("llm-d-0.9", **target)
    flag = next(w for w in server(found)["args"] if w.startswith("--speculative-config="))
    assert json.loads(flag.partition("=")[2]) == {
        "method": "eagle3", "num_speculative_tokens": 3,
        "model": "unkmaster/EAGLE3-LLaMA3.1-Instruct-8B", "revision": "main",
    }  # fmt: skip
    assert found.plan is not None and plain.plan is not None
    server_, before = found.plan.models[0].server, plain.plan.models[0].server
    assert server_.hbm is not None and before.hbm is not None and server_.draft is not None
    assert server_.draft.gib is not None
    assert server_.draft.gib.value == pytest.approx(0.79, abs=0.01)  # 424,673,280 parameters
    assert server_.hbm.kv_bytes.value * 32 == before.hbm.kv_bytes.value * 33
    assert "VLLM" not in "".join(variables(server(found)))


def test_ngram_has_no_draft_and_takes_no_memory() -> None:
    found = build("kserve-0.21", speculative={"method": "ngram", "tokens": 4})
    flag = next(w for w in server(found)["args"] if w.startswith("--speculative-config="))
    assert json.loads(flag.partition("=")[2]) == {
        "method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 5,
        "prompt_lookup_min": 3,
    }  # fmt: skip
    assert found.plan is not None and found.plan.models[0].server.draft is not None
    gib = found.plan.models[0].server.draft.gib
    assert gib is not None and gib.value == 0


def test_an_adapter_of_a_model_on_a_volume_is_downloaded() -> None:
    """Without the adapter, the servers may not reach the network."""
    found = [
        build("llm-d-0.9", True, model="pvc://models/qwen", maxModelLen=4096, adapters=adapters)
        for adapters in (ADAPTERS[:1], ADAPTERS[1:])
    ]
    open_, closed = (
        [
            rule
            for r in one.bundle.of_kind("NetworkPolicy", "networking.k8s.io")
            for rule in r.data["spec"].get("egress", ())
            if any("ipBlock" in peer for peer in rule.get("to", ()))
            and r.data["spec"]["podSelector"].get("matchLabels", {}).get("llm-d.ai/role")
        ]
        for one in found
        if one.bundle is not None
    )
    assert len(open_) == len(closed) + 1
    assert not [f for one in found for f in one.findings if f.rule.id.startswith("net-")]
