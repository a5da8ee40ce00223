"""What a dozen rules say, to the letter."""

from __future__ import annotations

import pytest

from tests.checks.tpu.cases import CASES, context_of, found

MESSAGES = {
    "tpu-selector-missing/bad-affinity-without-topology": [
        (
            "Deployment qwen asks for google.com/tpu but does not select "
            "cloud.google.com/gke-tpu-topology"
        )
    ],
    "tpu-accelerator-unknown/bad-like-gpu-label": [
        (
            "Deployment qwen selects 'tpu-v5e-slice', which is no TPU generation of GKE; "
            'did you mean "tpu-v5-lite-podslice"?'
        )
    ],
    "tpu-topology-dims/bad-three-on-v6e": [
        '2x2x1 has 3 dimensions, v6e has 2; did you mean "2x2"?'
    ],
    "tpu-machine-topology-mismatch/bad-pool": [
        "node pool tpu wants ct6e-standard-1t with topology 4x4, which is built of ct6e-standard-4t"
    ],
    "tpu-lws-size/bad-half": [
        "LeaderWorkerSet llama (worker) has groups of 2 pods; 4x4 has 4 hosts of 4 chips"
    ],
    "tpu-worker-env-hardcoded/bad-localhost": [
        "TPU_WORKER_HOSTNAMES is 'localhost' in every pod of a slice of 4 hosts",
        "TPU_WORKER_ID is '0' in every pod of a slice of 4 hosts",
    ],
    "tpu-env-bounds-mismatch/bad-eight-chips": [
        "TPU_CHIPS_PER_HOST_BOUNDS is '2,2,1'; v6e 2x4 on ct6e-standard-8t has '2,4,1'"
    ],
    "tpu-chips-not-whole-host/bad-two-of-four": [
        "Deployment qwen asks for 2 chips of v6e 2x2; ct6e-standard-4t has 4"
    ],
    "pod-exceeds-node/bad-one-chip-machine": [
        (
            "Deployment qwen asks for 60 vCPU; of the 44 vCPU of ct6e-standard-1t, 43.82 vCPU are"
            " left for pods"
        ),
        (
            "Deployment qwen asks for 300 GiB; of the 176 GiB of ct6e-standard-1t, 162.8 GiB are "
            "left for pods"
        ),
    ],
    "tpu-multihost-pool-size/bad-two-slices": [
        "node pool tpu has at most 8 nodes; a slice of 4x4 is 4 hosts, all of them or none"
    ],
    "tpu-no-matching-pool/bad-topology": [
        (
            "no node pool has gke-tpu-accelerator tpu-v6e-slice, gke-tpu-topology 2x4; there is "
            "tpu (ct6e-standard-4t 2x2)"
        )
    ],
    "tpu-replicas-exceed-pool/bad-together": [
        "tpu can have 3 nodes; 4 are asked for: Deployment a 2, Deployment b 2"
    ],
    "tp-heads-indivisible/bad-seven-b-on-eight": [
        (
            "Qwen/Qwen2.5-7B-Instruct has 28 attention heads, which do not divide by tensor "
            "parallel size 8"
        )
    ],
    "model-weights-exceed-hbm/bad-70b-on-four": [
        (
            "meta-llama/Llama-3.3-70B-Instruct weighs 131.4 GiB; 4 chips of v6e give the engine "
            "112.5 GiB, of which about 4 GiB are kept back"
        )
    ],
    "kv-cache-too-small/bad-14b-on-one": [
        "the cache has room for 6423 tokens of Qwen/Qwen2.5-14B-Instruct; a sequence may have 32768"
    ],
    "model-oversized-slice/bad-3b-on-four": [
        (
            "v6e 1x1 holds Qwen/Qwen2.5-3B-Instruct and 19 sequences of 32768 tokens; 2x2 costs 4"
            " times as much"
        )
    ],
    "probe-no-startup/bad-document-figure": [
        (
            "Deployment qwen is killed 390 s after it starts (livenessProbe 240 + 30 x 5 s); "
            "compiling for the TPU alone takes 5 to 22 minutes"
        )
    ],
    "probe-startup-budget/bad-fifteen-minutes": [
        (
            "Deployment qwen is killed 900 s after it starts (startupProbe 10 x 90 s); "
            "Qwen/Qwen3-32B (61.0 GiB) should be given 3600 s"
        )
    ],
    "gpu-count-exceeds-node/bad-sixteen": [
        "Deployment qwen asks for 16 GPUs; a machine with nvidia-l4 has 8 at most"
    ],
}


@pytest.mark.parametrize("case", MESSAGES)
def test_message(case: str) -> None:
    rule = case.partition("/")[0]
    findings = found(context_of(CASES / f"{case}.yaml"))
    assert [f.message for f in findings if f.rule.id == rule] == MESSAGES[case]
