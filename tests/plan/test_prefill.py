"""Prefill and decode apart: fit of each role, the ratio that traffic needs, and what moves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.compiler import Compiled
from stackgen.plan.estimate import Estimate, estimate
from stackgen.plan.model import Plan
from stackgen.plan.throughput.figures import Performance, performance
from stackgen.plan.throughput.transfer import transfer_seconds
from tests.stacks import build_data, split_stack

TRAFFIC = {"requestsPerSecond": 20, "inputTokens": 4000, "outputTokens": 300}
SAID = "The limit is for 20 requests per second, 300 output tokens and 4000 input tokens."
SLO = {"ttft": {"p95": "2s"}, "tpot": {"p95": "50ms"}}


def _built(traffic: dict[str, Any] | None = None, prove: bool = False, **model: Any) -> Compiled:
    data = split_stack("llm-d-0.9", traffic=traffic or TRAFFIC, slo=SLO, **model)
    return build_data("default", data, prove=prove)


def _plan(compiled: Compiled) -> Plan:
    assert compiled.plan is not None, [f.message for f in compiled.findings]
    return compiled.plan


def _needed(compiled: Compiled) -> dict[str, float | None]:
    plan = _plan(compiled)
    found: Estimate = estimate(plan, compiled.catalog)
    return {
        server.spec.name.value: one.needed.value.value
        for server, one in zip(plan.servers, found.traffic, strict=True)
        if one is not None and not isinstance(one, str)
    }


@pytest.fixture(scope="module")
def built() -> Compiled:
    return _built()


def test_each_role_is_planned_on_its_pool(built: Compiled) -> None:
    plan = _plan(built)
    decode, prefill = plan.servers
    assert (decode.role, prefill.role) == ("decode", "prefill")
    assert [one.pool.spec.name.value for one in plan.servers] == ["decode", "prefill"]
    assert [one.port.value for one in plan.servers] == [8200, 8000]
    # Prefill takes every prompt that decode takes.
    lengths = [one.server.max_model_len for one in plan.servers]
    assert lengths[0] is not None
    assert lengths[1] is not None
    assert lengths[0].value == lengths[1].value


def test_longer_prompts_need_prefill_and_longer_answers_need_decode(built: Compiled) -> None:
    base = _needed(built)
    prompts = _needed(_built({**TRAFFIC, "inputTokens": 8000}))
    answers = _needed(_built({**TRAFFIC, "outputTokens": 1200}))
    assert (prompts["qwen-prefill"] or 0) > (base["qwen-prefill"] or 0)
    assert (answers["qwen"] or 0) > (base["qwen"] or 0)
    assert answers["qwen-prefill"] == base["qwen-prefill"]


def test_a_limit_counts_for_the_role_that_it_is_about(built: Compiled) -> None:
    plan = _plan(built)
    found = estimate(plan, built.catalog).traffic
    limits = [
        [(x.metric, x.at) for x in one.limits]
        for one in found
        if one is not None and not isinstance(one, str)
    ]
    assert limits == [[("tpot", "p95")], [("ttft", "p95")]]


def test_users_ask_prefill_as_often_as_decode_answers() -> None:
    users = {"users": 200, "inputTokens": 4000, "outputTokens": 300}
    compiled = _built(users)
    found = estimate(_plan(compiled), compiled.catalog).traffic
    decode, prefill = (one for one in found if one is not None and not isinstance(one, str))
    rate = prefill.model.traffic.requestsPerSecond.value
    assert rate is not None
    assert rate * 300 == pytest.approx(decode.tokens.value.value)


def test_a_ratio_that_is_far_is_a_finding_and_one_that_is_near_is_none() -> None:
    near = [f.message for f in _built(prove=True).findings if f.rule.id == "prefill-ratio"]
    assert near == []
    far = _built(prove=True, prefill={"replicas": 100, "nodePool": "prefill"})
    (message,) = [f.message for f in far.findings if f.rule.id == "prefill-ratio"]
    assert message.startswith("qwen has 100 prefill and 2 decode servers; the traffic needs")
    assert message.endswith("most prefill servers are idle")


def test_too_few_servers_of_a_role_are_a_finding_of_that_role() -> None:
    compiled = _built(prove=True, prefill={"replicas": 1, "nodePool": "prefill"})
    said = [f.message for f in compiled.findings if f.rule.id == "replicas-below-traffic"]
    assert [message.partition(" has ")[0] for message in said] == ["qwen-prefill"]


def test_the_plan_shows_both_roles_and_what_moves(tmp_path: Any) -> None:
    data = split_stack("llm-d-0.9", traffic=TRAFFIC, slo=SLO)
    (tmp_path / "stack.yaml").write_text(json.dumps(data), encoding="utf-8")
    run = CliRunner().invoke(cli, ["plan", "-C", str(tmp_path), "--output-format", "json"])
    decode, prefill = json.loads(run.stdout)["environments"][0]["models"]
    assert (decode["role"], prefill["role"], prefill["prefill"]) == ("decode", "prefill", None)
    told = decode["prefill"]
    assert (told["servers"], told["connector"]) == ("qwen-prefill", "TPUConnector")
    # 2 x 64 layers x 8 KV heads x 128 numbers of 2 bytes, for 4000 tokens.
    size = 2 * 64 * 8 * 128 * 2 * 4000
    assert told["gibPerPrompt"] == pytest.approx(size / 2**30, abs=1e-4)
    assert told["gbitPerSecond"] == pytest.approx(size * 8 * 20 / 1e9, abs=1e-3)
    assert told["transferSeconds"] == pytest.approx(size * 8 / 200e9, rel=1e-3)
    text = CliRunner().invoke(cli, ["plan", "-C", str(tmp_path)]).stdout
    assert "PREFILL:DECODE" in text
    (row,) = [line for line in text.splitlines() if line.startswith("qwen  ") and "42 ms" in line]
    assert row.endswith("42 ms")
    assert "UNVERIFIED" in text
    # The length of prefill follows that of decode, and stack.yaml says neither.
    assert "from the spec" not in text


def test_the_transfer_is_in_ttft_where_the_network_of_both_machines_is_known() -> None:
    compiled = _built({**TRAFFIC, "requestsPerSecond": 1})
    decode, prefill = _plan(compiled).servers
    moved = transfer_seconds(prefill, decode, compiled.catalog)
    assert moved.value is not None
    size = 2 * 64 * 8 * 128 * 2 * 4000
    assert moved.value == pytest.approx(size * 8 / 200e9)
    alone, split = (
        performance(prefill.spec, prefill.server, compiled.catalog, None, seconds)
        for seconds in (None, moved)
    )
    assert isinstance(alone, Performance) and isinstance(split, Performance)
    before, after = (one.latencies["ttft", "p95"].value.value for one in (alone, split))
    assert before is not None and after is not None
    assert after - before == pytest.approx(moved.value)
    # A metric of the prefill server does not have it.
    assert alone.replicas.value == split.replicas.value
    gpus = split_stack("llm-d-0.9", {"machineType": "a3-highgpu-8g", "accelerator": "h100"}, gpus=4,
                       traffic=TRAFFIC)  # fmt: skip
    other = build_data("default", gpus)
    assert transfer_seconds(*reversed(_plan(other).servers), other.catalog).value is None


@pytest.mark.parametrize("replicas", [7, 20])
def test_help_names_the_replicas_and_flags_of_prefill_that_fit(replicas: int) -> None:
    """Both roles on one pool of 8 nodes, and a size that is not the tensor parallel size."""
    args = ["--pipeline-parallel-size=2"]
    prefill = {"replicas": replicas, "nodePool": "decode", "args": args}
    found = build_data("default", split_stack("llm-d-0.9", prefill=prefill), prove=True).findings
    said = {f.rule.id: f.remedy for f in found}
    assert said["tpu-replicas-exceed-pool"] == (
        f"Set `nodes.max: {replicas + 2}` on the node pool decode, or `prefill.replicas: 6`."
    )
    assert said["tp-gt-devices"].startswith("Remove `--pipeline-parallel-size` from `args`")


def test_help_about_gpus_names_numbers_that_fit() -> None:
    """Nodes of 8 GPUs: 2 decode servers of 4 have one, and 7 nodes are left for prefill."""
    pool = {"machineType": "a3-highgpu-8g", "accelerator": "h100"}
    prefill = {"replicas": 40, "nodePool": "decode", "gpus": 2}
    data = split_stack("llm-d-0.9", pool, gpus=4, prefill=prefill)
    found = build_data("default", data, prove=True).findings
    (told,) = [f.remedy for f in found if f.rule.id == "gpu-replicas-exceed-pool"]
    assert told == "Set `nodes.max: 11` on the node pool decode, or `prefill.replicas: 28`."


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ({"accelerator": "v6e", "topology": "2x4"}, [(
            "prompts of qwen move 839 Gbit/s of KV cache from prefill to decode; "
            "the network of 2 decode servers carries 400 Gbit/s"
        )]),
        ({"accelerator": "tpu7x", "topology": "2x2x1"}, []),  # its network is not known
    ],
)  # fmt: skip
def test_prompts_that_exceed_the_network_are_found_where_it_is_known(
    pool: dict[str, Any], said: list[str]
) -> None:
    traffic = {**TRAFFIC, "requestsPerSecond": 200, "prefixShare": 0.5}
    compiled = build_data("default", split_stack("llm-d-0.9", pool, traffic=traffic), prove=True)
    found = [f for f in compiled.findings if f.rule.id == "prefill-network"]
    assert [f.message for f in found] == said
    assert all(f.remedy == "Set `replicas: 5`." for f in found)


def test_alerts_on_latency_read_the_servers_of_the_role() -> None:
    compiled = _built()
    assert compiled.bundle is not None
    (rules,) = [r for r in compiled.bundle.objects if (r.kind, r.name) == ("Rules", "serving")]
    burns = [
        rule
        for group in rules.get("spec", "groups")
        for rule in group["rules"]
        if rule["alert"] == "LatencyBudgetBurns"
    ]
    found = {rule["labels"]["slo"]: rule["expr"] for rule in burns}
    # The load of clients: not one token of a prefill server, nor a whole prompt in a cache.
    assert {rule["annotations"]["description"] for rule in burns} == {SAID}
    assert found.keys() == {"ttft p95", "tpot p95"}
    pods = "-[a-z0-9]+-[a-z0-9]{5}"
    assert f'pod=~"qwen-prefill{pods}"' in found["ttft p95"]
    assert f'pod=~"qwen{pods}"' in found["tpot p95"]
