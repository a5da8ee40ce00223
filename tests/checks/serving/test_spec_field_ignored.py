"""No field of the spec is ignored silently: it is read, or a finding is at its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.serving.spec_field_ignored import NOT_RENDERED, check, read
from stackgen.checks.tpu.engine_flags import kv_offload_refused
from stackgen.compiler import Compiled
from stackgen.findings.model import Severity
from stackgen.manifest.resource import Bundle, Resource
from stackgen.origin import Origin, Traced, When, flatten
from stackgen.spec.schema import stack_schema
from tests.stacks import build_data

RELEASES = ("kserve-0.21", "llm-d-0.9")
POD = {"metadata": {"labels": {"team": "chat"}}, "spec": {"terminationGracePeriodSeconds": 90}}


def merged(base: Any, over: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: merged(base.get(key), value) for key, value in over.items()}


def build(release: str, spec: dict[str, Any]) -> Compiled:
    """A small stack with `spec` merged into it; its fields of `model`, `pool` into those."""
    given = dict(spec)
    model = {"name": "chat", "model": "hf://Qwen/Qwen3-32B", "nodePool": "tpu"}
    pool = {"name": "tpu", "nodes": {"min": 0, "max": 8}, "accelerator": "v6e", "topology": "2x4"}
    system = {"name": "default", "machineType": "n1-standard-8", "nodes": {"min": 2, "max": 4}}
    base = {
        "release": release,
        "cluster": {
            "project": "my-project", "location": "us-central1-b",
            "nodePools": [system, {**pool, **given.pop("pool", {})}],
        },
        "gateway": {"listeners": [{"name": "http", "port": 80}]},
        "serving": {"namespace": "models", "models": [{**model, **given.pop("model", {})}]},
        "delivery": {"repository": "https://example.com/stacks"},
    }  # fmt: skip
    data = {"apiVersion": "stackgen.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "demo"}}
    return build_data("default", {**data, "spec": merged(base, given)})


POOLS = ("pool", "picker", "route", "serviceAccount", "monitor")
HTTPS = {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": "chat.example.com"}
ISSUER = {"issuer": "https://login.example.com", "jwksUri": "https://login.example.com/keys"}
TRACES = {"endpoint": "http://otel.tracing.svc:4317", "collector": "tracing/app=otel", "percent": 2}
FLEX = {"purchase": "flex-start", "maxRunDurationSeconds": 3600}
GPUS = {"accelerator": "h100", "topology": None, "gpus": 8}
SCALED = {"min": 2, "max": 4, "metric": "kv-cache", "target": 0.8, "scaleDownSeconds": 600}
ACCESS = {
    "authentication": {"apiKeys": [{"name": "app", "secret": "app-key"}]},
    "tenants": [{
        "name": "app", "apiKeys": ["app"], "models": ["chat"],
        "tokensPerMinute": 1000, "tokensPerDay": 10000, "requestsPerMinute": 60,
    }],
    "limits": {"requestsPerMinute": 600},
}  # fmt: skip

STACKS: dict[str, dict[str, Any]] = {
    "model": {
        "model": {
            "replicas": 2, "servedName": "chat", "maxModelLen": 8192, "concurrency": 64,
            "args": ["--seed=1"], "image": "docker.io/vllm/vllm-tpu:v0.23.0", "template": POD,
            "resources": {"cpu": "8", "memory": "64Gi"}, "labels": {"team": "chat"},
            "annotations": {"HTTPRoute": {"team": "chat"}, "LLMInferenceService": {"a": "b"}},
            "modelCache": {"type": "gcs-fuse", "bucket": "my-models", "folder": "a/b"},
            "compileCache": {"bucket": "my-programs"},
            "picker": {
                "scorers": [{"name": "prefix-cache-scorer", "weight": 2},
                            {"name": "load-aware-scorer", "weight": 1}],
                "queueThreshold": 64, "prefixBlocks": 100, "prefixCapacity": 900, "blockSize": 64,
                "replicas": 2,
            },
        },
        "pool": {"zone": "us-central1-b", "purchase": "spot", "diskSizeGb": 300,
                 "explicitScheduling": True, "machineType": "ct6e-standard-8t"},
        "cluster": {
            "name": "other", "releaseChannel": "RAPID", "controlPlaneCidr": "172.16.0.0/28",
            "dns": "cloud-dns", "gatewayApi": "stack", "configConnectorNamespace": "infra",
            "configConnectorServiceAccount": "kcc@my-project.iam.gserviceaccount.com",
            "nodeServiceAccount": "nodes@my-project.iam.gserviceaccount.com",
        },
        "gateway": {"name": "front", "namespace": "front", "labels": {"team": "chat"},
                    "annotations": {"team": "chat"}, **ACCESS},
        "serving": {"imagePullSecret": "pull", "huggingFaceToken": {"secret": "hf"}},
        "observe": {"engine": "prometheus-operator", "namespace": "watch", "intervalSeconds": 15,
                    "tpuMetrics": True, "smokeTest": True, "traces": TRACES},
        "secrets": {"manager": "sops", "path": "sealed", "keySecret": "key"},
        "delivery": {"secret": "git", "branch": "release", "path": "rendered/here"},
        "network": {"allow": [{"from": "gateway", "to": "models", "ports": [8000], "reason": "x",
                               "protocol": "UDP"}]},
        "tpu": {"env": "injected"},
        "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"},
                          "data": {"a": "b"}}],
    },
    "own-objects": {
        "model": {
            "names": {name: f"own-{name.lower()}" for name in POOLS}, "route": {"path": "/chat"},
            "selector": {"app": "chat"}, "strategy": "Recreate",
            "picker": {"labels": {"a": "b"}, "selector": {"app": "picker"}, "template": POD,
                       "ports": [{"name": "more", "port": 1234}],
                       "configMap": {"name": "config", "key": "p.yaml", "files": {"a": "b"}},
                       "roles": [{"name": "own", "binding": "bound", "rules": [
                           {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}]},
            "pool": {"selector": {"app": "chat"}, "failureMode": "FailClose"},
            "monitor": {"port": "http", "selector": {"app": "chat"}},
        },
        "serving": {"port": 8001},
    },
    "bare": {
        "model": {"podDefaults": "none", "disruptionBudget": False, "replicas": 2},
        "gateway": {"objects": "routes"},
        "serving": {"createNamespace": False, "quota": False},
        "observe": {"objects": "monitors"},
    },
    "base-refs": {"model": {"baseRefs": ["mine"]}},
    "sidecars": {"mesh": {"sidecars": True}},
    "plain": {"model": {"scheduler": False}},
    "service": {
        "model": {"scheduler": False, "names": {"service": "old"},
                  "service": {"port": 8080, "type": "LoadBalancer", "portName": "api",
                              "targetPort": "http"}},
    },
    "picker-config": {"model": {"picker": {"config": {
        "apiVersion": "llm-d.ai/v1alpha1", "kind": "EndpointPickerConfig", "plugins": []}}}},
    "scaled": {"model": {"autoscaling": SCALED}, "network": {"defaultDeny": False},
               "platform": {"keda": "existing"}},
    "prefill": {"model": {"names": {"prefill": "old"}, "prefill": {
        "nodePool": "tpu", "concurrency": 8, "args": ["--seed=2"], "template": POD,
        "resources": {"cpu": "4", "memory": "64Gi"}, "selector": {"role": "prefill"},
        "replicas": 2}}},
    "prefill-only": {"model": {"prefill": {
        "nodePool": "tpu", "concurrency": 8, "args": ["--seed=2"], "template": POD,
        "resources": {"cpu": "4", "memory": "64Gi"}, "replicas": 2}}},
    "prefill-scaled": {"model": {"prefill": {"autoscaling": SCALED}}},
    "prefill-gpus": {"pool": GPUS, "model": {"gpus": 4, "prefill": {"replicas": 1, "gpus": 4}}},
    "volume": {"model": {
        "modelCache": {"type": "pvc", "storageClass": "rwx", "sizeGb": 200, "download": False},
        "compileCache": {"storageClass": "rwx", "sizeGb": 50}}},
    "claims": {"model": {"claims": [
        {"name": "hub", "sizeGb": 90, "storageClass": "rwx", "accessMode": "ReadWriteMany"}]}},
    "disk": {"model": {"modelCache": {"type": "hyperdisk-ml", "throughput": 2000}}},
    "image": {"model": {"modelCache": {"type": "oci", "image": "example.com/weights:1"}}},
    "adapters": {"model": {
        "adapters": [{"name": "sql", "model": "hf://acme/sql", "rank": 16}], "maxLoras": 1,
        "aliases": [{"name": "fast", "targets": [{"name": "sql", "weight": 2},
                                                 {"name": "Qwen/Qwen3-32B"}]}]}},
    "draft": {"model": {"speculative": {
        "method": "eagle3", "model": "hf://acme/draft", "tokens": 3, "params": 1000000000}}},
    "fallback": {
        "pool": {"reservation": "mine", "activeMigration": True, "fallback": [
            {"reservation": "shared", "topology": "2x4", "accelerator": "v6e"},
            {"zones": ["us-central1-c"], **FLEX}]},
    },
    "slices": {"pool": {"accelerator": "tpu7x", "topology": "4x4x4", "slicing": "dynamic",
                        "nodes": {"min": 16, "max": 16},
                        "reservation": "mine/reservationBlocks/b"},
               "cluster": {"releaseChannel": "RAPID"}},
    "https": {
        "gateway": {
            "listeners": [{**HTTPS, "tls": {"issuer": "own"}, "allowedRoutes": "All"},
                          {**HTTPS, "name": "b", "port": 444, "tls": {"secret": "certificate"}}],
            "acme": {"email": "a@example.com", "issuer": "own", "dnsProject": "dns-project",
                     "server": "https://acme.example.com/directory"},
            "authentication": {"jwt": [{**ISSUER, "audiences": ["chat"]}]},
            "tenants": [{"name": "a", "claim": {"name": "team", "value": "a"}}],
        },
        "secrets": {"manager": "reflector", "sourceNamespace": "shared"},
        "serving": {"huggingFaceToken": {"secret": "hf"}},
    },
    "envoy": {
        "gateway": {"class": "envoy", "limits": {
            "requestsPerMinute": 60, "requestMiB": 4, "concurrentRequests": 9}},
        "platform": {"all": "existing", "redisAddress": "10.0.0.1:6379", "envoyGateway": "managed",
                     "certManager": "managed", "kserve": "managed"},
    },
    "timeout": {"gateway": {"class": "envoy", "limits": {"requestSeconds": 60}}},
    "parts": {
        "gateway": ACCESS,
        "platform": {"istio": "existing", "lws": "existing", "kuadrant": "existing",
                     "redis": "existing", "secretOperator": "existing"},
    },
    "load-balancer": {
        "gateway": {"class": "gke-l7-rilb", "exposure": "internal",
                    "proxyOnlySubnet": "10.129.0.0/23", "limits": {"securityPolicy": "limits"}},
        "cluster": {"managed": False},
        "delivery": {"engine": "none"},
    },
    "no-policies": {
        "model": {"pool": {"healthCheckPolicy": False, "backendPolicy": False}},
        "gateway": {"class": "gke-l7-rilb", "exposure": "internal",
                    "proxyOnlySubnet": "10.129.0.0/23"},
    },
}  # fmt: skip


def leaves(schema: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The fields of a schema, down to scalars and to objects of any form."""
    inner = schema.get("items", schema) if schema.get("type") == "array" else schema
    if inner.get("properties") and at[-1:] not in (("template",), ("extraObjects",)):
        for key, one in inner["properties"].items():
            yield from leaves(one, (*at, key))
    else:
        yield at


def field_of(path: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def judged(compiled: Compiled) -> Iterator[tuple[str, ...]]:
    """The fields that have an effect, or an error at their line."""
    for finding in compiled.findings:
        path = finding.places[0].path
        value = compiled.loaded.node(path).value
        # An error at an object is about all of its fields only if the message names the object.
        if finding.level is Severity.ERROR and (
            not isinstance(value, dict) or str(path[-1]) in finding.message
        ):
            yield field_of(path)
    if compiled.bundle is not None:
        yield from map(field_of, read(compiled.bundle))


@pytest.mark.parametrize("release", RELEASES)
def test_every_field_has_an_effect_or_a_finding_on_each_platform(release: str) -> None:
    seen: set[tuple[str, ...]] = set()
    for spec in STACKS.values():
        compiled = build(release, spec)
        found = set(judged(compiled))
        for path in compiled.loaded.nodes:
            field = field_of(path)
            if any(field[:n] in found for n in range(2, len(field) + 1)):
                seen.add(field)
    rest = [
        field
        for field in leaves(stack_schema())
        if field[0] == "spec"
        and not any(field[1 : len(one) + 1] == one for one in NOT_RENDERED)
        and not any(one[: len(field)] == field for one in seen)
    ]
    assert [".".join(one) for one in rest] == []


# Fields that have no effect, by what is reported for them.
IGNORED: dict[str, dict[str, Any]] = {
    "spec.serving.models[0].maxLoras": {"model": {"maxLoras": 2}},
    "spec.serving.models[0].annotations": {"model": {"annotations": {"Servic": {"a": "b"}}}},
    "spec.network.allow": {"network": {"defaultDeny": False, "allow": [
        {"from": "gateway", "to": "models", "ports": [8000], "reason": "x"}]}},
    "spec.platform.redisAddress": {"platform": {"redisAddress": "10.0.0.1:6379"}},
    "spec.secrets.path": {"secrets": {"path": "sealed"}},
    "spec.observe.namespace": {"observe": {"namespace": "watch"}},
    "spec.cluster.configConnectorNamespace": {
        "cluster": {"managed": False, "configConnectorNamespace": "infra"}},
}  # fmt: skip


def context(compiled: Compiled) -> Context:
    assert compiled.bundle is not None
    return Context(
        compiled.bundle, stack=compiled.stack, plan=compiled.plan, loaded=compiled.loaded,
        catalog=compiled.catalog,
    )  # fmt: skip


def found(compiled: Compiled) -> list[str]:
    return [one.message for one in check(context(compiled))]


@pytest.mark.parametrize("field", IGNORED)
@pytest.mark.parametrize("release", RELEASES)
def test_a_field_without_effect_is_reported(release: str, field: str) -> None:
    assert found(build(release, IGNORED[field])) == [
        f"{field} has no effect: nothing that the stack renders depends on it"
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_a_default_and_a_required_field_are_not_reported(release: str) -> None:
    usual = {"secrets": {"path": "secrets"}, "observe": {"namespace": "monitoring"}}
    assert found(build(release, usual)) == []


@pytest.mark.parametrize("release", RELEASES)
def test_a_disk_for_the_kv_cache_is_rendered_or_refused(release: str) -> None:
    """With TPUs, with GPUs, and with a flag that keeps a preset of KServe from starting vLLM."""
    for pool in ({}, GPUS):
        for args in ([], ["--chat-template=/a b"]):
            for disk in ({"storage": "200Gi"}, {"claim": "blocks"}):
                fields = {"kvOffload": {"memory": "64Gi", **disk}, "args": args}
                compiled = build(release, {"pool": pool, "model": fields})
                ((key, value),) = disk.items()
                assert compiled.bundle is not None
                rendered = any(value in json.dumps(one.data) for one in compiled.bundle.objects)
                places = [one.places[0].path for one in kv_offload_refused.check(context(compiled))]
                assert [path[-1] for path in places] == ([] if rendered else [key])


def test_what_leaves_out_one_item_of_a_list_is_not_forgotten_for_the_next() -> None:
    first, second = (
        Traced(False, Origin("spec", name, path=("spec", name))) for name in ("first", "second")
    )
    flat = flatten([When(first, 1), When(second, 2), 3], Origin("rule", "serving"))
    resource = Resource({"kind": "Pod"}, "a.yaml", origins=flat.origins, absent=flat.absent)
    assert {("spec", "first"), ("spec", "second")} <= read(Bundle((resource,)))
