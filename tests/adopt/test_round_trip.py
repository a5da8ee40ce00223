"""What a stack says comes back from what it renders: as fields, without a patch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from stackgen.adopt.read import name_of, release_of
from stackgen.adopt.stack import Stack, adopt
from stackgen.catalog.load import Catalog
from stackgen.manifest.collect import collect_text
from tests.stacks import build_data

HEAD = {"apiVersion": "stackgen.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "demo"}}
UNSAID = {"reason"}  # no object has it
KSERVE = """\
release: kserve-0.21
cluster:
  project: my-project
  location: us-central1-b
  controlPlaneCidr: 172.16.0.0/28
  nodeServiceAccount: nodes@my-project.iam.gserviceaccount.com
  configConnectorNamespace: machines
  nodePools:
    - {name: default-pool, machineType: n1-standard-8, nodes: {min: 2, max: 4}}
    - name: tpu
      accelerator: v6e
      topology: 2x4
      nodes: {min: 0, max: 8}
      diskSizeGb: 500
      activeMigration: true
      fallback:
        - {purchase: spot, zones: [us-central1-a, us-central1-b]}
        - {purchase: flex-start, maxRunDurationSeconds: 86400}
        - {reservation: projects/other-project/reservations/tpu}
    - {name: prompts, accelerator: v6e, topology: 2x4, nodes: {min: 0, max: 4}}
    - {name: gpu, accelerator: h100, gpus: 8, nodes: {min: 0, max: 2}, reservation: gpus}
gateway:
  exposure: external
  acme: {email: platform@example.com}
  listeners:
    - {name: http, port: 80}
    - name: https
      port: 443
      protocol: HTTPS
      hostname: models.example.com
      tls: {issuer: letsencrypt}
  authentication:
    apiKeys: [{name: app, secret: app-key}, {name: batch, secret: batch-key}]
    jwt:
      - {issuer: "https://one.example.com", audiences: [models, others]}
      - {issuer: "https://two.example.com", jwksUri: "https://two.example.com/keys"}
  tenants:
    - {name: team-a, apiKeys: [app], models: [chat, split], tokensPerMinute: 1000}
    - {name: team-b, apiKeys: [batch], requestsPerMinute: 60}
    - name: team-c
      claim: {name: tenant, value: team-c}
      models: [small]
      tokensPerMinute: 500
      tokensPerDay: 90000
  limits: {requestsPerMinute: 600}
serving:
  namespace: models
  huggingFaceToken: {secret: hf}
  models:
    - name: chat
      model: hf://Qwen/Qwen3-32B
      nodePool: tpu
      modelCache: {type: gcs-fuse, bucket: my-models}
      compileCache: {bucket: my-programs}
      autoscaling: {min: 1, max: 4, metric: kv-cache, target: 0.8, scaleDownSeconds: 900}
      traffic: {requestsPerSecond: 2.5, inputTokens: 1000, outputTokens: 200, prefixShare: 0.3}
      slo: {ttft: {p90: 2s, p50: 500ms}, tpot: {p95: 100ms}}
    - name: split
      model: hf://Qwen/Qwen3-32B
      nodePool: tpu
      replicas: 2
      compileCache: {storageClass: standard-rwx, sizeGb: 50}
      prefill:
        nodePool: prompts
        concurrency: 16
        autoscaling: {max: 3, metric: waiting-requests, target: 8}
        args: ["--max-num-batched-tokens=4096"]
        resources: {memory: 200Gi}
    - name: small
      model: hf://Qwen/Qwen3-8B
      nodePool: gpu
      gpus: 2
      adapters: [{name: sql, model: "hf://acme/sql", rank: 32}]
      aliases: [{name: fast, targets: [{name: sql, weight: 2}, {name: Qwen/Qwen3-8B}]}]
      speculative: {method: ngram, tokens: 4}
    - name: roomy
      model: hf://Qwen/Qwen3-8B
      nodePool: gpu
      gpus: 2
      kvOffload: {memory: 64Gi, storage: 200Gi}
    - name: packed
      model: hf://Qwen/Qwen3-8B
      nodePool: gpu
      gpus: 1
      autoscaling: {min: 0, max: 2, metric: waiting-requests, target: 8}
      modelCache: {type: oci, image: "europe-docker.pkg.dev/p/r/qwen:1"}
      picker:
        scorers: [{name: prefix-cache-scorer, weight: 3}, {name: load-aware-scorer, weight: 1}]
        queueThreshold: 64
        blockSize: 32
network:
  allow:
    - {from: models, to: 10.20.0.0/24, ports: [443], reason: a mirror}
    - {from: monitoring/app=probe, to: gateway, ports: [80, 8080], reason: a probe}
    - {from: "jobs/*", to: models, ports: [8000], protocol: UDP, reason: a batch}
observe:
  tpuMetrics: true
  smokeTest: true
  traces:
    endpoint: http://otel-collector.tracing.svc:4317
    collector: tracing/app=otel-collector
    percent: 10
delivery: {repository: "https://example.com/stacks", secret: git, branch: live, path: rendered}
"""
LLM_D = """\
release: llm-d-0.9
cluster:
  project: my-project
  location: us-central1-b
  controlPlaneCidr: 172.16.0.0/28
  nodeServiceAccount: nodes@my-project.iam.gserviceaccount.com
  nodePools:
    - {name: default-pool, machineType: n1-standard-8, nodes: {min: 2, max: 4}}
    - {name: tpu, accelerator: v6e, topology: 2x4, nodes: {min: 0, max: 8}, purchase: flex-start}
    - {name: prompts, accelerator: v6e, topology: 2x4, nodes: {min: 0, max: 4}}
gateway:
  class: envoy
  exposure: internal
  listeners: [{name: http, port: 80}]
  authentication:
    apiKeys: [{name: app, secret: app-key}, {name: batch, secret: batch-key}]
  tenants:
    - name: app
      apiKeys: [app]
      models: [chat, split]
      tokensPerMinute: 1000
      tokensPerDay: 90000
      requestsPerMinute: 60
    - {name: batch, apiKeys: [batch], tokensPerMinute: 500}
  limits: {requestsPerMinute: 600, requestMiB: 4, concurrentRequests: 200, requestSeconds: 600}
serving:
  namespace: models
  models:
    - name: chat
      model: hf://Qwen/Qwen3-32B
      nodePool: tpu
      modelCache: {type: hyperdisk-ml, sizeGb: 200}
      compileCache: {storageClass: standard-rwx}
      autoscaling: {min: 1, max: 3, metric: picker-queue, target: 5}
      traffic: {users: 20, inputTokens: 1000, outputTokens: 200}
      slo: {ttft: {p99: 4s}}
    - name: split
      model: hf://Qwen/Qwen3-32B
      servedName: split
      nodePool: tpu
      modelCache: {type: pvc, storageClass: standard-rwx, sizeGb: 90}
      autoscaling: {max: 4, metric: concurrent-requests, target: 32}
    - name: large
      model: hf://Qwen/Qwen3-32B
      servedName: large
      nodePool: tpu
      kvOffload: {memory: 64Gi}
      claims: [{name: hub, sizeGb: 90, storageClass: standard-rwx, accessMode: ReadWriteMany}]
      template: {spec: {volumes: [{name: hub, persistentVolumeClaim: {claimName: hub}}]}}
    - name: apart
      model: hf://Qwen/Qwen3-32B
      servedName: apart
      nodePool: tpu
      autoscaling: {min: 1, max: 3, metric: tpot, target: 0.03}
      prefill:
        nodePool: prompts
        autoscaling: {min: 1, max: 4, metric: ttft, target: 1.5}
    - name: weighed
      model: hf://Qwen/Qwen3-8B
      nodePool: tpu
      modelCache: {type: gcs-fuse, bucket: my-models, folder: a/b, download: false}
      picker:
        scorers: [{name: prefix-cache-scorer, weight: 3}, {name: load-aware-scorer, weight: 1}]
        queueThreshold: 64
        prefixBlocks: 128
        prefixCapacity: 1000
        blockSize: 32
        replicas: 2
        configMap: {name: router, key: router.yaml, files: {notes.txt: "none"}}
        roles:
          - {name: router-pods, rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]}
      pool: {failureMode: FailClose}
      names: {monitor: weighed}
      monitor: {port: api}
platform: {envoyGateway: existing, secretOperator: existing}
observe: {engine: prometheus-operator, namespace: prometheus, intervalSeconds: 60}
delivery: {repository: "https://example.com/stacks"}
"""
TOKENS = """\
release: llm-d-0.9
tpu: {env: injected}
secrets: {manager: reflector, sourceNamespace: sources}
cluster:
  project: my-project
  location: us-central1-c
  releaseChannel: RAPID
  nodePools:
    - {name: default-pool, machineType: n1-standard-8, nodes: {min: 2, max: 4}}
    - name: sliced
      accelerator: tpu7x
      topology: 2x2x2
      slicing: dynamic
      reservation: mine/reservationBlocks/b
      nodes: {min: 16, max: 16}
    - {name: tpu, accelerator: v6e, topology: 2x4, nodes: {min: 0, max: 8}}
gateway:
  class: envoy
  exposure: internal
  listeners: [{name: http, port: 80}]
  authentication:
    jwt: [{issuer: "https://one.example.com", jwksUri: "https://one.example.com/k", audiences: [a]}]
  tenants:
    - {name: team-a, claim: {name: tenant, value: a}, models: [first], tokensPerDay: 100}
    - {name: team-b, claim: {name: tenant, value: b}}
serving:
  namespace: models
  models:
    - {name: first, model: "hf://Qwen/Qwen3-32B", nodePool: sliced}
    - name: second
      model: hf://Qwen/Qwen3-8B
      nodePool: tpu
      modelCache: {type: oci, image: "europe-docker.pkg.dev/p/r/qwen:1"}
      aliases:
        - {name: gpt, targets: [{name: Qwen/Qwen3-8B}]}
        - {name: chat, targets: [{name: Qwen/Qwen3-8B, weight: 3}]}
observe: {engine: none}
delivery: {repository: "https://example.com/stacks"}
"""


def _lost(given: Any, found: Any, path: tuple[Any, ...] = ()) -> Iterator[str]:
    """Values that the stack says and the adopted one does not."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key not in UNSAID:
                yield from _lost(value, found.get(key) if isinstance(found, dict) else None,
                                 (*path, key))  # fmt: skip
    elif isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        for index, value in enumerate(given):
            yield from _lost(value, found[index], (*path, index))
    elif given != found:
        yield f"{'.'.join(map(str, path))}: {given} -> {found}"


def _again(spec: str) -> tuple[dict[str, Any], Stack]:
    data = {**HEAD, "spec": yaml.safe_load(spec)}
    compiled = build_data("default", data)
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    text = "---\n".join(yaml.safe_dump(r.data) for r in compiled.bundle.objects)
    bundle = collect_text(text, "in.yaml").bundle
    release = release_of(bundle, Catalog())
    return data["spec"], adopt(bundle, release, name_of(bundle))


@pytest.mark.parametrize("spec", [KSERVE, LLM_D, TOKENS], ids=["kserve", "llm-d", "tokens"])
def test_all_features_come_back_as_the_fields_that_they_were(spec: str) -> None:
    given, made = _again(spec)
    assert made.errors == ()
    wrong = [r for r in made.results if (r.state, r.patch, r.extra) != ("equal", None, False)]
    assert [(r.resource.kind, r.resource.name, r.changed, r.added) for r in wrong] == []
    assert made.beside == ()
    (text,) = [text for file, text in made.files.items() if file == "stack.yaml"]
    assert list(_lost(given, yaml.safe_load(text)["spec"])) == []
