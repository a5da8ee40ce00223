"""`impact` against what a rebuild really changes, for every leaf of the spec."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.stacks import ROOT, build_data, spec_leaves

from stackgen.compiler import Compiled, compile_environment, environments
from stackgen.manifest.document import show_path
from stackgen.provenance.impact import impact

# Environments of the reference stack, and stacks of tests/cases with the parts of their specs that
# say what it does not.
STACKS: dict[str, tuple[str, ...]] = {
    "dev": ("",),
    "prod": ("",),
    "public-https": ("spec.gateway", "spec.serving.namespace", "spec.observe"),
    "gke-gateway": ("spec.gateway", "spec.serving.namespace", "spec.observe", "spec.delivery"),
    "tpu-and-gpu": (
        "spec.cluster.nodePools[2]",
        "spec.serving.models[2].gpus",
        "spec.serving.models[2].replicas",
    ),
    "sidecars": (
        "spec.gateway",
        "spec.mesh",
        "spec.serving.namespace",
        "spec.serving.image",
        "spec.observe",
        "spec.delivery",
    ),
}

# Other values for the leaves whose alternatives no enumeration or arithmetic gives. Each list
# moves everything that depends on the leaf.
OTHERS: dict[str, list[Any]] = {
    "metadata.name": ["other-stack"],
    "spec.release": [],
    "spec.cluster.project": ["other-project"],
    "spec.cluster.location": ["us-east5-a"],
    "spec.cluster.name": ["other-cluster"],
    "spec.cluster.controlPlaneCidr": ["10.9.0.0/28"],
    "spec.cluster.configConnectorNamespace": ["other-infra"],
    "spec.cluster.configConnectorServiceAccount": ["kcc@my-project.iam.gserviceaccount.com"],
    "spec.cluster.nodeServiceAccount": ["other@my-project.iam.gserviceaccount.com"],
    "spec.cluster.nodePools[0].name": ["other-pool"],
    "spec.cluster.nodePools[0].machineType": ["e2-standard-4"],
    "spec.cluster.nodePools[0].accelerator": [],
    "spec.cluster.nodePools[0].gpus": [],
    "spec.cluster.nodePools[0].zone": ["us-east5-b"],
    "spec.cluster.nodePools[0].topology": [],
    "spec.cluster.nodePools[1].name": [],
    "spec.cluster.nodePools[1].machineType": [],
    "spec.cluster.nodePools[1].accelerator": ["v5e"],
    "spec.cluster.nodePools[1].topology": ["1x1", "2x4", "4x4"],
    "spec.cluster.nodePools[1].gpus": [],
    "spec.cluster.nodePools[1].zone": ["us-east5-b"],
    "spec.cluster.nodePools[0].reservation": ["machines"],
    "spec.cluster.nodePools[1].reservation": ["tpu-machines"],
    # Nothing of it is rendered: it is about a reservation in the plan.
    **{f"spec.cluster.nodePools[{n}].reservedUntil": [] for n in range(3)},
    # Of the stack with GPUs.
    "spec.cluster.nodePools[2].name": [],
    "spec.cluster.nodePools[2].machineType": ["g2-standard-24"],
    "spec.cluster.nodePools[2].accelerator": ["a100-40", "h100"],
    "spec.cluster.nodePools[2].topology": [],
    "spec.cluster.nodePools[2].gpus": [4, 8],
    "spec.cluster.nodePools[2].zone": ["us-central1-b"],
    "spec.cluster.nodePools[2].reservation": ["gpus"],
    "spec.serving.models[2].gpus": [2],
    "spec.serving.models[0].template": [{"metadata": {"annotations": {"a": "b"}}}],
    "spec.serving.models[1].template": [],
    "spec.serving.models[2].template": [],
    "spec.serving.models[0].selector": [{"app": "vllm"}],
    "spec.serving.models[0].labels": [{"team": "chat"}],
    "spec.serving.models[0].annotations": [{"ServiceAccount": {"team": "chat"}}],
    "spec.gateway.labels": [{"team": "chat"}],
    "spec.gateway.annotations": [{"team": "chat"}],
    "spec.serving.models[0].picker.config": [{"apiVersion": "llm-d.ai/v1alpha1", "kind": "x"}],
    "spec.serving.models[1].selector": [],
    "spec.serving.models[2].selector": [],
    "spec.gateway.name": ["other-gateway"],
    "spec.gateway.namespace": ["other-namespace"],
    "spec.gateway.proxyOnlySubnet": ["10.140.0.0/23"],
    "spec.gateway.acme.email": ["platform@example.com"],
    "spec.gateway.acme.issuer": ["letsencrypt", "staging"],
    "spec.gateway.acme.server": ["https://acme.example.com/directory"],
    "spec.gateway.acme.dnsProject": ["dns-project"],
    "spec.gateway.listeners[0].name": ["web"],
    "spec.gateway.listeners[0].hostname": ["models.example.com", "other.example.com"],
    "spec.gateway.listeners[0].tls.issuer": ["letsencrypt", None],
    "spec.gateway.listeners[0].tls.secret": ["certificate"],
    "spec.gateway.listeners[1].name": ["tls"],
    "spec.gateway.listeners[1].hostname": ["other.example.com"],
    "spec.gateway.listeners[1].tls.issuer": ["letsencrypt", None],
    "spec.gateway.listeners[1].tls.secret": ["certificate"],
    "spec.gateway.authentication.jwt[0].issuer": ["https://other.example.com"],
    "spec.gateway.authentication.jwt[0].jwksUri": ["https://other.example.com/keys"],
    "spec.gateway.authentication.jwt[0].audiences[0]": ["others"],
    "spec.gateway.authentication.jwt[1].issuer": ["other.example.com"],
    "spec.gateway.authentication.jwt[1].jwksUri": ["https://other.example.com/keys"],
    "spec.serving.namespace": ["other-models"],
    "spec.serving.imagePullSecret": ["other-secret"],
    "spec.serving.huggingFaceToken.secret": ["other-token"],
    "spec.serving.models[0].name": ["other-model"],
    "spec.serving.models[0].model": [
        "hf://Qwen/Qwen2.5-72B-Instruct",
        "hf://Qwen/Qwen2.5-0.5B-Instruct",
        "pvc://models/qwen",
    ],
    "spec.serving.models[0].nodePool": [],
    "spec.serving.models[0].gpus": [],
    "spec.serving.models[0].servedName": ["other/name"],
    # One of a backend that is not known, and one whose backend reads fewer variables.
    "spec.serving.models[0].image": [
        "registry.example.com/vllm:1.0",
        "docker.io/vllm/vllm-tpu:v0.27.0",
    ],
    "spec.serving.models[0].maxModelLen": [1024],
    "spec.serving.models[0].dimensions.params": [58_000_000_000],
    "spec.serving.models[0].dimensions.layers": [20_000],
    "spec.serving.models[0].dimensions.attentionHeads": [14],
    "spec.serving.models[0].dimensions.kvHeads": [3, 1024],
    "spec.serving.models[0].dimensions.headDim": [16_384],
    "spec.serving.models[0].dimensions.maxContext": [1024],
    "spec.serving.models[0].dimensions.bytesPerParameter": [8],
    "spec.serving.models[0].config": ["model.config.json"],
    "spec.platform.redisAddress": [],
    "spec.policies.stage": ["dev"],
    "spec.policies.allowedRegistries": [["registry.redhat.io"]],
    "spec.budget.perDay": [1],
    "spec.budget.perMonth": [1],
    "spec.serving.models[0].resources.cpu": ["24"],
    "spec.serving.models[0].resources.memory": ["64Gi"],
    "spec.observe.namespace": ["other-monitoring"],
    "spec.secrets.sourceNamespace": ["other-secrets"],
    "spec.secrets.path": ["sealed"],
    "spec.secrets.keySecret": ["other-key"],
    "spec.delivery.repository": ["https://example.com/other"],
    "spec.delivery.branch": ["release"],
    "spec.delivery.secret": ["git-access"],
    "spec.delivery.path": ["rendered/here"],
}
LITERAL = {"apiVersion", "kind"}
# Features that no field of these stacks asks for: one field of them alone is refused or ignored,
# and tests/layers/ follows them. `traffic` and `slo` choose a topology that is `auto`.
ABSENT_FEATURES = (
    *(
        f"spec.serving.models[0].{feature}."
        for feature in (
            "autoscaling", "prefill", "modelCache", "compileCache", "kvOffload", "speculative",
            "traffic", "slo", "names", "route", "service", "pool", "monitor", "claims",
            "picker.labels", "picker.selector", "picker.template", "picker.configMap",
            "picker.replicas",
        )
    ),
    "spec.observe.traces.", "spec.gateway.limits.",
)  # fmt: skip


ABSENT = object()
# Several answers are the same for two TPU generations or shapes, or for a small model of any size.
ALIKE = {
    "spec.cluster.nodePools[1].accelerator": 12,
    "spec.cluster.nodePools[1].topology": 5,
    # Of several health checks of one step, the one that moves up asks for the same condition.
    "spec.gateway.listeners[1].protocol": 3,
    "spec.gateway.listeners[1].tls.secret": 1,
    # `none` is refused where the stack has a smoke test.
    "spec.gateway.objects": 2,
    "spec.serving.imagePullSecret": 3,
    "spec.serving.huggingFaceToken.secret": 2,
    "spec.secrets.manager": 2,
    "spec.platform.all": 1,
    "spec.platform.kserve": 1,
    "spec.serving.models[0].dimensions.attentionHeads": 1,
    "spec.serving.models[0].image": 1,
    "spec.serving.models[0].dimensions.bytesPerParameter": 3,
    # The namespace that the gateway leaves is the controller's own then, under the same name.
    "spec.gateway.namespace": 11,
    # Without a server, the next alert moves up, which is of the same severity.
    "spec.serving.models[0].replicas": 1,
    # The health checks that move up are of the same kinds.
    "spec.platform.certManager": 4,
    "spec.platform.lws": 2,
}
# The gateway gets a namespace of its own, beside the one it shared with the controller.
ADDS_A_NAMED_FILE = {"spec.gateway.namespace"}
# A list whose items have no names: what becomes of each place depends on all of them.
PLACES = ("spec.strategy.rollingSync.steps[", ".pruneLast")


def _alternatives(path: str, value: Any, schema: dict[str, Any]) -> list[Any]:
    if f"{path}.".startswith(ABSENT_FEATURES):
        return []
    if path in OTHERS:
        optional = value is not None and "default" not in schema and _is_optional(path)
        return [*OTHERS[path], ABSENT] if optional else OTHERS[path]
    if "enum" in schema:
        return [option for option in schema["enum"] if option != value]
    if schema.get("type") == "boolean":
        return [not value]
    if schema.get("type") == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", 10**6)
        start = value if isinstance(value, int) else 100
        return [n for n in (start + 1, start + 7, low) if low <= n <= high and n != value]
    raise AssertionError(f"no other value is known for {path}")


Key = tuple[str, tuple[Any, ...], int]


def _identity(bundle: Any, by_name: bool) -> dict[Key, tuple[Any, str]]:
    """Every rendered leaf and its path; list items by their name or kind, or by position."""
    found: dict[Key, tuple[Any, str]] = {}
    for resource in bundle.resources:
        for path in resource.origins:
            steps: list[Any] = []
            here: Any = resource.data
            for step in path:
                here = here[step]
                if isinstance(step, int) and by_name:
                    # A health check is that of its kind, and an alert has a key of its own.
                    keys = ("name", "kind", "alert")
                    name = (
                        next((here[key] for key in keys if key in here), None)
                        if isinstance(here, dict)
                        else here
                    )
                    steps.append(name if isinstance(name, str) else step)
                else:
                    steps.append(step)
            count = 0
            while (resource.file, tuple(steps), count) in found:
                count += 1
            found[resource.file, tuple(steps), count] = (here, show_path(path))
    return found


def _base(stack: str) -> Compiled:
    """The stack, built from data as its variations are."""
    if stack in ("dev", "prod"):
        return build_data(stack)
    root = str(ROOT / "tests" / "cases" / "stacks" / stack)
    (env,) = environments(root)
    return compile_environment(root, env, prove=False)


@pytest.mark.parametrize("stack", STACKS)
def test_impact_is_what_a_rebuild_changes(stack: str) -> None:
    base = _base(stack)
    assert base.bundle is not None
    before = [_identity(base.bundle, by_name) for by_name in (True, False)]
    tried: int = 0
    unsaid: list[str] = []
    too_much: list[str] = []
    files = {r.file for r in base.bundle.resources}
    for path, value, schema in spec_leaves(base):
        name = show_path(path)
        if name in LITERAL or name.startswith("spec.suppress"):
            continue
        if not name.startswith(STACKS[stack]):
            continue
        hits = list(impact(base.bundle, [path]))
        predicted = {(hit.file, hit.path) for hit in hits if hit.kind == "value"}
        appears = {hit.file for hit in hits if hit.kind == "file"}
        changed: set[tuple[str, str]] = set()
        gone: set[str] = set()
        tries = 0
        for other in _alternatives(name, value, schema):
            rebuilt = build_data(base.env, _with(base.loaded.data, path, other))
            if rebuilt.bundle is None:
                continue
            tries += 1
            now = {r.file for r in rebuilt.bundle.resources}
            gone |= files - now
            # A file that is new and was not announced must be an old one under a new name.
            if not files - now and name not in ADDS_A_NAMED_FILE:
                unsaid += [f"{name} -> {new}" for new in sorted(now - files - appears)]
            # A list may have grown (positions move), or an item got a new name: neither is a change
            # of the other leaves.
            named, placed = (
                _changed(before[i], _identity(rebuilt.bundle, i == 0)) for i in range(2)
            )
            changed |= named & placed
        tried += tries
        unsaid += [f"{name} -> {file} {place}" for file, place in sorted(changed - predicted)]
        extra = sorted(
            hit
            for hit in predicted - changed
            if hit[0] not in gone and not any(place in hit[1] for place in PLACES)
        )
        if tries and len(extra) > ALIKE.get(name, 0):
            too_much += [f"{name} -> {file} {place}" for file, place in extra]
    # Of GPUs one machine follows from many fields: no single change moves all that depends on one.
    assert stack == "tpu-and-gpu" or not too_much, (
        "said by impact, and never changed:\n" + "\n".join(too_much[:40])
    )
    assert not unsaid, "changed, and not said by impact:\n" + "\n".join(unsaid[:40])
    assert tried > (40 if stack in ("dev", "prod") else 10)


def _is_optional(path: str) -> bool:
    return path.rpartition(".")[2] in {"imagePullSecret", "secret", "controlPlaneCidr"}


def _changed(before: dict[Key, tuple[Any, str]], after: dict[Key, tuple[Any, str]]) -> set[Any]:
    """Leaves that changed. Of a file that is gone, or has another name, what names it."""
    files = {key[0] for key in after}
    found = set()
    for key, (leaf, path) in before.items():
        file = key[0]
        if file not in files:
            if path == "metadata.name":
                found.add((file, path))
        elif key not in after or after[key][0] != leaf:
            found.add((file, path))
    return found


def _with(data: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    here: Any = changed
    for step in path[:-1]:
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
    if value is ABSENT:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return changed
