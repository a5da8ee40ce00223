"""The figures of the reference document, typed into manifests: each is found and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks import registry
from stackgen.compiler import compile_environment
from tests.checks.tpu.cases import ROOT, context

SERVICE = """
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen2-3b-pattern1, namespace: llm-d-inference-scheduling}
spec:
  model: {uri: "hf://Qwen/Qwen2.5-3B-Instruct", name: Qwen/Qwen2.5-3B-Instruct}
  replicas: 1
  template:
    nodeSelector:
      cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
      cloud.google.com/gke-tpu-topology: %(topology)s
    containers:
      - name: main
        image: registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5
        command: [python3, -m, vllm.entrypoints.openai.api_server]
        args:
          - --model=/mnt/models
          - --port=8000
          - --tensor-parallel-size=4
          - --dtype=%(dtype)s
          - --ssl-certfile=/var/run/kserve/tls/tls.crt
          - --ssl-keyfile=/var/run/kserve/tls/tls.key
        env:
          - {name: TPU_CHIPS_PER_HOST_BOUNDS, value: "2,2,1"}
          - {name: TPU_HOST_BOUNDS, value: "1,1,1"}
          - {name: PJRT_DEVICE, value: TPU}
          - {name: TPU_WORKER_HOSTNAMES, value: localhost}
          - {name: TPU_WORKER_ID, value: "0"}
          - {name: TPU_NUM_DEVICES, value: "4"}
        resources:
          requests: {cpu: 2, memory: 8Gi, %(resource)s: %(chips)s}
          limits: {cpu: 4, memory: 16Gi, %(resource)s: %(chips)s}
        livenessProbe:
          httpGet: {path: /health, port: 8000, scheme: %(scheme)s}
          initialDelaySeconds: 240
          periodSeconds: 30
          failureThreshold: 5
"""
RIGHT = {
    "topology": "2x2", "dtype": "bfloat16", "chips": 4, "resource": "google.com/tpu",
    "scheme": "HTTPS",
}  # fmt: skip


def rules(**changed: object) -> set[str]:
    given = context(SERVICE % {**RIGHT, **changed}, release="llm-d-infra-xks-0.15")
    families = ("tpu", "policy")
    return {f.rule.id for f in registry.run(given) if f.rule.family in families}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"topology": "2x2x1"}, "tpu-topology-dims"),
        ({"dtype": "half"}, "dtype-half-on-tpu"),
        ({"chips": 2}, "tpu-chips-not-whole-host"),
        ({"resource": "cloud-tpus.google.com/chip"}, "tpu-wrong-resource-name"),
        ({"scheme": "HTTP"}, "kserve-tls-serving"),
    ],
)
def test_a_figure_is_found(changed: dict[str, object], rule: str) -> None:
    assert rule not in rules()
    assert rule in rules(**changed)


def test_what_the_document_says_of_probes_and_the_machine() -> None:
    found = rules()
    # 240 s and no startupProbe; 16 GB and 4 vCPU of a machine with 720 GiB and 180; 3B on 4 chips.
    assert {"probe-no-startup", "pod-memory-tiny", "pod-cpu-tiny", "model-oversized-slice"} <= found


def test_the_variables_of_the_document_are_right_on_one_host() -> None:
    assert not {r for r in rules() if r.startswith("tpu-")}


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_reference_stack_is_clean_but_for_what_it_accepts(env: str) -> None:
    compiled = compile_environment(str(ROOT), env)
    found = {f.rule.id for f in compiled.findings if f.rule.family == "tpu"}
    accepted = {"model-oversized-slice"}
    assert found == (accepted | {"tpu-spot-single-replica"} if env == "dev" else accepted)


# -- in a spec, and in the catalog beside it ---------------------------------------------------

PROBES = """
  patches:
    - target: {kind: LLMInferenceService, name: qwen2-3b-pattern1}
      patch:
        spec:
          template:
            containers:
              - {name: main, startupProbe: null, livenessProbe: {initialDelaySeconds: 240}}
"""
GENERATION = """
v6e:
  kind: tpu
  label: tpu-v6e-slice
  dims: 2
  type_prefix: v6e
  cores_per_chip: 1
  jax_devices_per_chip: 1
  hbm_gb: 16
  max_chips: 256
  device_path: /dev/vfio
  wrap: {dimension: 16}
  chips_per_host_bounds: {"1": [1, 1, 1], "2": [1, 2, 1], "4": [2, 2, 1], "8": [2, 4, 1]}
  worker_env_single_host: true
  split_over_containers: false
  flex_start: true
  node_auto_provisioning: true
  source: the reference document
  as_of: "2026-11-01"
"""
MACHINE = """
ct6e-standard-4t:
  kind: tpu
  accelerator: v6e
  chips: 4
  vcpu: 4
  memory_gib: 16
  source: the reference document
  as_of: "2026-11-01"
"""


def said(tmp_path: Path, spec: dict[str, str], catalog: dict[str, str]) -> dict[str, str]:
    """Messages by rule: of the reference stack with texts of its spec replaced, and own rows."""
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    for old, new in spec.items():
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "catalog").mkdir(parents=True)
    (tmp_path / "stack.yaml").write_text(text, encoding="utf-8")
    for name, rows in catalog.items():
        (tmp_path / "catalog" / f"{name}.yaml").write_text(rows, encoding="utf-8")
    return {f.rule.id: f.message for f in compile_environment(str(tmp_path), "default").findings}


@pytest.mark.parametrize(
    ("spec", "catalog", "rule", "words"),
    [
        (
            {"nodePool: tpu-v6e-pool": "nodePool: tpu-v6e-pool\n        args: [--dtype=half]"},
            {}, "dtype-half-on-tpu", "--dtype=half on a TPU",
        ),
        (
            {"nodePool: tpu-v6e-pool":
             "nodePool: tpu-v6e-pool\n        resources: {memory: 16Gi}"},
            {}, "pod-memory-tiny", "the host has 720 GiB",
        ),
        ({"  suppress:": PROBES + "  suppress:"}, {}, "probe-no-startup", "killed 390 s after"),
        ({"  suppress:": "  budget: {perDay: 127}\n  suppress:"}, {}, "cost-over-budget", "127.00"),
        ({}, {"accelerators": GENERATION}, "catalog-row-differs", "v6e has hbm_gb 32"),
        ({}, {"machines": MACHINE}, "catalog-row-differs", "ct6e-standard-4t has memory_gib 720"),
        ({}, {"machines": MACHINE}, "pod-exceeds-node", "of the 16 GiB of ct6e-standard-4t"),
        (
            {"{name: tpu-v6e-pool,": "{name: tpu-v6e-pool, machineType: n1-standard-4,"},
            {}, "spec-node-pool-shape", "v6e 2x2 runs on ct6e-standard-4t",
        ),
    ],
)  # fmt: skip
def test_a_figure_in_a_spec_or_a_catalog_is_found(
    spec: dict[str, str], catalog: dict[str, str], rule: str, words: str, tmp_path: Path
) -> None:
    assert rule not in said(tmp_path / "without", {}, {})
    found = said(tmp_path / "with", spec, catalog)
    assert words in found[rule]
