"""Rules about the plan, and about the fields that the planner reads."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stackgen.findings.model import Severity
from tests.checks.planned import TODAY, cases, check, findings_of

RULES = (
    "spec-model-config",
    "tpu-flex-not-rendered",
    "tpu-rollout-surge",
    "tpu-slice-pool-name",
    "boot-disk-too-small",
    "tpu-whole-slices",
    "spec-derived-flag",
    "kv-cache-low-concurrency",
    "cost-over-budget",
    "cost-price-unknown",
    "topology-auto-no-fit",
    "fallback-misfit",
    "reservation-end",
    "model-size-unknown",
    "model-dimensions-mismatch",
    "platform-exceeds-nodes",
    "adapters-refused",
    "kv-offload-refused",
    "speculative-refused",
    "catalog-stale",
    "cost-price-stale",
)


@pytest.mark.parametrize(("rule", "file"), cases(RULES))
def test_case(rule: str, file: Path) -> None:
    check(rule, file)


@pytest.mark.parametrize(
    ("pools", "model", "rule"),
    [
        (
            "",
            (
                'adapters: [{name: sql, model: "hf://acme/a", rank: 8}, '
                '{name: sql, model: "hf://acme/b", rank: 8}]'
            ),
            "adapters-refused",
        ),
        (
            (
                "cluster: {nodePools: [{name: l4, accelerator: l4, gpus: 1, "
                "nodes: {min: 1, max: 2}}]}, "
            ),
            "nodePool: l4, kvOffload: {memory: 8Gi, storage: 50Gi, claim: cache}",
            "kv-offload-refused",
        ),
    ],
)
def test_what_the_webhook_refuses_as_well_is_one_error(pools: str, model: str, rule: str) -> None:
    overlay = (
        f"spec: {{release: kserve-0.21, {pools}serving: {{models: [{{name: chat, {model}}}]}}}}"
    )
    found = [f.rule.id for f, _ in findings_of(overlay) if f.level is Severity.ERROR]
    assert [one for one in found if one.endswith("-refused")] == [rule], found


def test_the_base_stack_of_the_cases_is_free_of_them() -> None:
    found = {finding.rule.id for finding, _ in findings_of("spec: {}\n")}
    assert not found & set(RULES)


def test_a_platform_that_surely_does_not_fit_is_an_error_and_an_estimate_a_warning() -> None:
    more = '{name: m0, model: "hf://Qwen/Qwen3-8B", nodePool: tpu}'
    small = (
        "spec: {cluster: {nodePools: [{name: default-pool, machineType: %s, "
        "nodes: {min: 1, max: 1}}]}, serving: {models: [" + more + "]}}\n"
    )
    levels = {
        machine: {
            f.level
            for f, _ in findings_of(small % machine)
            if f.rule.id == "platform-exceeds-nodes"
        }
        for machine in ("e2-medium", "n1-standard-4")
    }
    assert levels == {
        "e2-medium": {Severity.ERROR},
        "n1-standard-4": {Severity.WARNING},
    }


def test_nothing_is_too_old_without_a_day_to_compare_with_and_everything_is_later() -> None:
    overlay = "spec: {catalogMaxAgeDays: {prices: 1, others: 1}}\n"
    old = {"catalog-stale", "cost-price-stale", "schema-stale"}
    assert not old & {f.rule.id for f, _ in findings_of(overlay, today=None)}
    later = TODAY + timedelta(days=400)
    assert old <= {f.rule.id for f, _ in findings_of("spec: {}\n", today=later)}


DOCUMENT = """\
ct6e-standard-4t:
  kind: tpu
  accelerator: v6e
  chips: 4
  vcpu: 4
  memory_gib: 16
  boot_disks: [hyperdisk-balanced]
  source: the architecture document
  as_of: "2026-11-01"
"""
MEMORY = """\
v6e:
  kind: tpu
  label: tpu-v6e-slice
  dims: 2
  type_prefix: v6e
  cores_per_chip: 1
  jax_devices_per_chip: 1
  hbm_gb: 16
  hbm_usable_gib: 15
  device_path: /dev/vfio
  max_chips: 256
  chips_per_host_bounds: {"1": [1, 1, 1], "4": [2, 2, 1], "8": [2, 4, 1]}
  wrap: {dimension: 16}
  worker_env_single_host: true
  split_over_containers: false
  flex_start: true
  node_auto_provisioning: true
  zones_safe: [us-east5-a]
  source: the architecture document
  as_of: "2026-11-01"
"""


def test_figures_of_the_document_in_the_users_catalog_meet_the_right_ones() -> None:
    """catalog-row-differs: 4 vCPU and 16 GB a machine, 16 GB a chip."""
    rows = {"machines.yaml": DOCUMENT, "accelerators.yaml": MEMORY}
    found = {
        (f.message.partition(" (")[0], at[0].file.rpartition("/")[2], at[0].line)
        for f, at in findings_of("spec: {}\n", rows=rows)
        if f.rule.id == "catalog-row-differs"
    }
    assert found == {
        ("ct6e-standard-4t has vcpu 180, your row says 4", "machines.yaml", 5),
        ("ct6e-standard-4t has memory_gib 720, your row says 16", "machines.yaml", 6),
        ("v6e has hbm_gb 32, your row says 16", "accelerators.yaml", 8),
        ("v6e has hbm_usable_gib 31.25, your row says 15", "accelerators.yaml", 9),
    }


def test_rows_of_other_names_and_prices_of_ones_own_are_no_contradiction() -> None:
    price = (
        "v6e/us-east5: {unit: chip-hour, on_demand: 1.32, source: our contract, "
        'as_of: "2026-11-01"}\n'
    )
    box = "our-box: {kind: cpu, vcpu: 8, memory_gib: 32, source: ours, as_of: '2026-11-01'}\n"
    rows = {"prices.yaml": price, "machines.yaml": box}
    found = {f.rule.id for f, _ in findings_of("spec: {}\n", rows=rows)}
    assert not {"catalog-row-differs", "catalog-row", "catalog-file"} & found


OURS = (
    'spec: {serving: {models: [{name: chat, model: "pvc://models/ours", %s dimensions: '
    "{params: %d, layers: 36, attentionHeads: %d, kvHeads: 2, headDim: 128, maxContext: %d}}]}}\n"
)


@pytest.mark.parametrize(
    ("overlay", "rule"),
    [
        (OURS % ("", 20_000_000_000, 16, 32768), "model-weights-exceed-hbm"),
        (OURS % ("maxModelLen: 700000,", 3_000_000_000, 16, 900_000), "kv-cache-too-small"),
        (OURS % ("maxModelLen: 65536,", 3_000_000_000, 16, 32768), "max-model-len-exceeds-model"),
        (
            OURS % ('args: ["--tensor-parallel-size=4"],', 3_000_000_000, 14, 32768),
            "tp-heads-indivisible",
        ),
        (
            "spec: {serving: {models: [{name: chat, config: model.config.json}]}}\n",
            "model-weights-exceed-hbm",
        ),
    ],
)
def test_the_rules_on_manifests_know_models_that_the_spec_describes(
    overlay: str, rule: str
) -> None:
    plain = OURS % ("", 3_000_000_000, 16, 32768)
    assert rule not in {f.rule.id for f, _ in findings_of(plain)}
    found = [at for f, at in findings_of(overlay) if f.rule.id == rule]
    assert found
    assert found[0][0].file.endswith("stack.yaml")
    assert found[0][0].path.startswith("spec.serving.models[0].")


@pytest.mark.parametrize(
    ("entry", "rule", "field", "remedy"),
    [
        ("{accelerator: v5e, topology: 2x4}", "fallback-misfit", "topology",
         "Set `topology: 2x2` on this entry"),
        ("{accelerator: v5e, topology: 4x4}", "fallback-misfit", "topology",
         "Set `topology: 2x2` on this entry"),
        ("{accelerator: v4, topology: 2x2x4}", "fallback-misfit", "topology",
         "Remove this entry of `fallback`."),
        ("{accelerator: v4}", "spec-not-in-catalog", "topology",
         "Remove this entry of `fallback`."),
        ("{accelerator: v5e, topology: 2x3}", "spec-not-in-catalog", "topology",
         "Set `topology: 2x2` on this entry"),
        ("{accelerator: tpu7x, topology: 2x2x1}", "tpu-zone-unavailable", "accelerator",
         "Remove this entry of `fallback`: us-east5 has no other zone"),
        ("{zones: [us-east5-c]}", "tpu-zone-unavailable", "zones[0]",
         "Set `zones: [us-east5-a]` on this entry"),
    ],
)  # fmt: skip
def test_an_entry_of_fallback_is_named_with_a_value_that_fits(
    entry: str, rule: str, field: str, remedy: str
) -> None:
    pool = "{name: tpu, topology: 2x2, fallback: [" + entry + "]}"
    found = findings_of("spec: {cluster: {nodePools: [" + pool + "]}}\n")
    (said,) = [(f, at) for f, at in found if f.rule.id == rule]
    assert said[1][0].path == f"spec.cluster.nodePools[1].fallback[0].{field}"
    assert said[0].remedy.startswith(remedy)


def _of_32b(pool: str, more: str = "") -> str:
    model = f'{{name: chat, model: "hf://Qwen/Qwen3-32B"{more}}}'
    cluster = f"cluster: {{nodePools: [{pool}]}}"
    return f"spec: {{release: llm-d-0.9, {cluster}, serving: {{models: [{model}]}}}}\n"


def test_an_entry_of_fallback_without_room_is_to_be_removed() -> None:
    for topology in ("2x2", "2x4"):
        entry = f"{{accelerator: v5e, topology: {topology}}}"
        found = findings_of(_of_32b(f"{{name: tpu, topology: 2x2, fallback: [{entry}]}}"))
        said = [f.remedy for f, _ in found if f.rule.id == "fallback-misfit"]
        assert said == ["Remove this entry of `fallback`."]


def test_a_volume_has_to_hold_the_weights_and_some_room() -> None:
    def said(size: int) -> list[str | None]:
        cache = f", maxModelLen: 8192, modelCache: {{type: hyperdisk-ml, sizeGb: {size}}}"
        found = findings_of(_of_32b("{name: tpu, topology: 2x4}", cache))
        return [f.remedy for f, _ in found if f.rule.id == "volume-below-weights"]

    (remedy,) = said(10)
    assert remedy is not None
    size = remedy.removeprefix("Remove `modelCache.sizeGb`, or raise it to ").removesuffix(".")
    assert said(int(size)) == []
