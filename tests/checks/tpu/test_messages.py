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
    "tpu-lws-size/bad-half": [
        "LeaderWorkerSet llama (worker) has groups of 2 pods; 4x4 has 4 hosts of 4 chips"
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
}


@pytest.mark.parametrize("case", MESSAGES)
def test_message(case: str) -> None:
    rule = case.partition("/")[0]
    findings = found(context_of(CASES / f"{case}.yaml"))
    assert [f.message for f in findings if f.rule.id == rule] == MESSAGES[case]
