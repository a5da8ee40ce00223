"""What a dozen rules say, to the letter."""

from __future__ import annotations

import pytest

from tests.checks.tpu.cases import CASES, context, context_of, found

MESSAGES = {
    "tpu-selector-missing/bad-affinity-without-topology": [
        (
            "Deployment qwen requests google.com/tpu but does not select "
            "cloud.google.com/gke-tpu-topology"
        )
    ],
    "tpu-accelerator-unknown/bad-like-gpu-label": [
        (
            "Deployment qwen selects 'tpu-v5e-slice', which is not a TPU generation of GKE; "
            'did you mean "tpu-v5-lite-podslice"?'
        )
    ],
    "tpu-topology-dims/bad-three-on-v6e": [
        '2x2x1 has 3 dimensions, v6e has 2; did you mean "2x2"?'
    ],
    "tpu-lws-size/bad-half": [
        "LeaderWorkerSet llama (worker) has groups of 2 Pods; 4x4 has 4 hosts of 4 chips"
    ],
    "pod-exceeds-node/bad-one-chip-machine": [
        (
            "Deployment qwen requests 60 vCPU; of the 44 vCPU of ct6e-standard-1t, 43.82 vCPU are"
            " allocatable"
        ),
        (
            "Deployment qwen requests 300 GiB; of the 176 GiB of ct6e-standard-1t, 162.8 GiB are "
            "allocatable"
        ),
    ],
    "tpu-multihost-pool-size/bad-two-slices": [
        "node pool tpu has at most 8 nodes; a slice of 4x4 has 4 hosts, all of them or none"
    ],
    "tpu-replicas-exceed-pool/bad-together": [
        "tpu can have 3 nodes; 4 are needed: Deployment a 2, Deployment b 2"
    ],
    "tpu-rollout-surge/bad-shared": [
        (
            "a rollout of Deployment a needs 3 nodes while the old Pods run, other servers 1; "
            "the node pool has at most 3"
        )
    ],
    "tp-heads-indivisible/bad-seven-b-on-eight": [
        (
            "Qwen/Qwen2.5-7B-Instruct has 28 attention heads, which are not divisible by tensor "
            "parallel size 8"
        )
    ],
    "model-weights-exceed-hbm/bad-70b-on-four": [
        (
            "meta-llama/Llama-3.3-70B-Instruct has weights of 131.4 GiB; 4 chips of v6e have "
            "112.5 GiB"
        )
    ],
    "kv-cache-too-small/bad-14b-on-one": [
        (
            "the KV cache holds 11884 tokens of Qwen/Qwen2.5-14B-Instruct, "
            "but one sequence can have 32768"
        ),
    ],
    "probe-no-startup/bad-document-figure": [
        (
            "Deployment qwen is killed 390 s after it starts (livenessProbe 240 + 30 x 5 s); "
            "compilation for the TPU takes 5 to 22 minutes"
        )
    ],
    "probe-startup-budget/bad-fifteen-minutes": [
        (
            "Deployment qwen is killed 900 s after it starts (startupProbe 10 x 90 s); "
            "Qwen/Qwen3-32B (61.0 GiB) may take up to 1533 s"
        )
    ],
}


@pytest.mark.parametrize("case", MESSAGES)
def test_message(case: str) -> None:
    rule = case.partition("/")[0]
    findings = found(context_of(CASES / f"{case}.yaml"))
    assert [f.message for f in findings if f.rule.id == rule] == MESSAGES[case]


def test_the_length_in_the_help_fits() -> None:
    text = (CASES / "kv-cache-too-small" / "bad-14b-on-one.yaml").read_text(encoding="utf-8")
    told = [f.remedy for f in found(context(text)) if f.rule.id == "kv-cache-too-small"]
    assert told == ["Set `--max-model-len=11264`, or use a larger slice or more GPUs."]
    shorter = context(text.replace("--max-model-len=32768", "--max-model-len=11264"))
    assert "kv-cache-too-small" not in {f.rule.id for f in found(shorter)}
