"""Where plan and layers read a traced value outside of `computed`, and why each may."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import stackgen

PACKAGE = Path(stackgen.__file__).parent

# By reason: the functions that read `.value`. A value that is rendered goes through `computed`.
READS: Mapping[str, tuple[str, ...]] = {
    "looks up a row by its name; what is read from the row depends on that name as well": (
        "plan/autoscaling.py _at_once",
        "plan/adapters.py rank_of",
        "plan/startup.py _on",
        "plan/serving.py _plan",
        "plan/auto.py _server",
        "plan/auto.py choose",
        "plan/cost.py _disks",
        "plan/cost.py _item",
        "plan/cost.py _load_balancer",
        "plan/cost.py _pool",
        "plan/devices.py devices_of",
        "plan/gpu_machine.py _holds",
        "plan/gpu_machine.py gpu_machine",
        "plan/nodes.py node",
        "plan/plan.py make_plan",
        "plan/pod_template.py _server",
        "plan/pools.py _tpu_pool",
        "plan/pools.py _pool_plan",
        "plan/capacity.py needed",
        "layers/compute_class.py _recycled",
        "plan/server.py server_of",
    ),
    "chooses the formula; the value chosen by is an input of what is computed then": (
        "layers/alerts.py _kept",
        "render/objects.py gateway_apart",
        "plan/startup.py startup",
        "plan/pools.py as_pool",
        "plan/autoscaling.py _limits",
        "render/autoscaling.py _address",
        "render/autoscaling.py _template",
        "render/autoscaling.py _triggers",
        "layers/access_envoy.py _selectors",
        "layers/access_kuadrant.py _of",
        "render/tracing.py picker_flag",
        "plan/throughput/choice.py _on",
        "plan/capacity.py nodes",
        "plan/picker.py _class",
        "plan/picker.py configuration",
        "plan/picker.py metric_flag",
        "plan/listeners.py front",
        "plan/listeners.py _foreign",
        "plan/listeners.py own_ca",
        "plan/members.py members",
        "plan/members.py upgraded_at_once",
        "plan/memory.py _in_gib",
        "plan/memory.py _kv_bytes",
        "plan/server.py shared_gib",
        "plan/pod_template.py drain",
        "plan/pod_template.py pre_stop",
        "plan/serving.py _by_preset",
        "plan/adapters.py adapters_of",
        "plan/kv_offload.py offload_of",
        "plan/speculative.py draft_of",
        "plan/speculative.py _gib",
        "plan/speculative.py _params",
        "platforms/kserve/service.py _in_place",
        "layers/delivery/flux.py _ignored",
        "layers/platform/operands.py _own",
        "layers/smoke.py _patience",
        "layers/smoke.py _script",
    ),
    "decides what there is at all; a condition of the layer says so for each object or field": (
        "layers/access_envoy.py _claim_rule",
        "layers/access_envoy.py _claims",
        "layers/access_envoy.py envoy_access",
        "layers/gateway.py _gateway",
        "layers/access_kuadrant.py _requests",
        "layers/access_kuadrant.py _tokens",
        "layers/access_kuadrant.py kuadrant_access",
        "layers/cluster.py _secondary_boot_disks",
        "layers/cluster.py _several",
        "layers/model_cache.py _source",
        "layers/model_cache.py _weights",
        "layers/serving.py _token",
        "layers/slo_alerts.py slo_rules",
        "layers/tpu_metrics.py _facts",
        "plan/autoscaling.py scaling_of",
        "plan/prefill.py prefill_of",
        "plan/model_cache.py _speed",
        "plan/model_cache.py _read_at",
        "plan/platform_pods.py platform_parts",
        "plan/capacity.py _pool",
        "plan/pod_template.py replaces",
        "plan/serving.py _place",
        "plan/serving.py _platform_flags",
        "plan/serving.py _flags",
        "plan/serving.py _group",
        "plan/slices.py environment",
        "plan/slices.py workload_policy",
        "layers/alerts.py _metrics",
        "layers/compile.py _made_by_others",
        "layers/compile.py compile_plan",
        "layers/declared.py _policies",
        "layers/listeners.py _attached",
        "layers/observe.py _targets",
        "layers/serving.py layer",
        "layers/declared.py _policy",
        "layers/delivery/__init__.py objects",
        "layers/delivery/argocd.py _set",
        "layers/delivery/order.py dependencies",
        "layers/delivery/order.py levels",
        "layers/delivery/flux.py objects",
        "layers/delivery/steps.py steps",
        "render/argocd.py _left_alone",
        "render/objects.py by_engine",
        "render/objects.py obj",
        "layers/platform/operands.py istiod_values",
        "layers/platform/operators.py _chart",
        "render/model_pod.py _spoken",
        "platforms/llm_d/model.py _claims",
        "platforms/llm_d/model.py _groups",
        "plan/prefill.py is_hybrid",
        "plan/prefill.py transfer_of",
        "plan/prefill.py decode_of",
        "render/transfer.py sidecar",
    ),
    "reads what the user typed; the result keeps the origin of that line": (
        "plan/flags.py _read",
        "plan/flags.py typed",
        "plan/prefill.py typed_switch",
        "layers/serving.py _extra_object",
    ),
    "a figure or name for a report or a message, which is not rendered": (
        "plan/autoscaling.py bounds",
        "plan/cost_storage.py storage_cost",
        "plan/pod_template.py storage_request",
        "plan/cost_storage.py storage_parts",
        "plan/throughput/figures.py _at_a_rate",
        "plan/throughput/figures.py _falls_to",
        "plan/throughput/figures.py _fitting",
        "plan/throughput/figures.py _idle_metric",
        "plan/throughput/figures.py _full_metric",
        "plan/throughput/figures.py _replicas",
        "plan/listeners.py base_url",
        "plan/startup.py reserve",
        "plan/startup.py budget",
        "plan/auto.py _why",
        "plan/throughput/figures.py _basis_of_needed",
        "plan/throughput/figures.py _figure",
        "plan/throughput/figures.py _over",
        "plan/throughput/figures.py performance",
        "plan/throughput/figures.py price_of",
        "plan/throughput/transfer.py transfer_bytes",
        "plan/throughput/transfer.py network_gbps",
        "plan/throughput/transfer.py transfer_gbps",
        "plan/throughput/measured.py traced_anchor",
        "plan/throughput/speed.py _about",
        "plan/throughput/speed.py _server",
        "plan/throughput/speed.py basis",
        "plan/throughput/speed.py latency_basis",
        "plan/throughput/speed.py speed_of",
        "plan/auto.py shortfalls",
        "plan/dimensions.py _stateful",
        "plan/dimensions.py dimensions_of",
        "plan/capacity.py _most_memory",
        "plan/platform_pods.py part",
        "plan/capacity.py _servers",
        "plan/platform_pods.py cpu",
        "plan/platform_pods.py memory",
        "plan/platform_pods.py on_nodes",
        "plan/platform_pods.py on_one_node",
        "plan/capacity.py together",
        "platforms/kserve/service.py unverified",
        "platforms/llm_d/rendering.py _unverified",
        "plan/cost.py _unknown",
        "plan/cost.py _beyond",
        "plan/memory.py at_length",
        "plan/memory.py hbm_fit",
        "plan/pools.py found",
        "layers/cluster.py _notes",
        "layers/patches.py _is_target",
        "layers/patches.py apply_patches",
        "layers/patches.py _templates",
        "layers/patches.py _within",
        "layers/values_file.py values_file",
    ),
}


def _readers(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    # `row.value(...)` is a call: it gives a traced value.
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and any(
            isinstance(node, ast.Attribute) and node.attr == "value" and id(node) not in calls
            for node in ast.walk(function)
        ):
            yield f"{file.relative_to(PACKAGE).as_posix()} {function.name}"


def test_every_read_of_a_traced_value_has_a_reason() -> None:
    files = (
        file
        for part in ("plan", "render", "platforms", "layers")
        for file in (PACKAGE / part).rglob("*.py")
    )
    found = {reader for file in files for reader in _readers(file)}
    allowed = [reader for readers in READS.values() for reader in readers]
    assert found == set(allowed)
    assert len(allowed) == len(set(allowed))


def test_a_value_is_made_traced_in_few_places_only() -> None:
    """`Traced(...)` by hand: what a user typed, and what folders hold."""
    made = {
        file.relative_to(PACKAGE).as_posix()
        for part in ("plan", "render", "platforms", "layers")
        for file in (PACKAGE / part).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Traced"
    }
    assert made == {
        "layers/delivery/guards.py",  # the API version of an object, as its layer rendered it
        "layers/folders.py",  # of the conditions of all objects in the folder
        "render/objects.py",  # YAML text, of the leaves of its tree
        "plan/dimensions.py",  # a line of the model's own config
        "plan/flags.py",  # a flag, read from the line that the user typed
        "plan/model.py",  # a quirk of a release row
        "plan/pod_template.py",  # the template that the user typed, as plain values
    }
