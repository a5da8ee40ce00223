"""A monitor whose relabeling drops all the Pods that it selects."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from stackgen.checks.composed import together
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods
from stackgen.checks.serving.monitors import Target, targets
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.schema import regex

_META = "__meta_kubernetes_"
# Labels of Pods that controllers and webhooks add.
_ADDED = (
    "pod_template_hash", "controller_revision_hash", "statefulset_", "apps_kubernetes_io_pod_index",
    "job_name", "batch_kubernetes_io_", "leaderworkerset_", "jobset_", "ray_io_", "topology_",
    "security_istio_", "service_istio_", "sidecar_istio_", "kueue_", "llm_d_ai_", "serving_kserve_",
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each rule of a monitor, if it drops every Pod of the input."""
    rules: dict[tuple[int, Path], list[tuple[dict[str, Any], Target]]] = {}
    for target in targets(context):
        for i, rule in maps(target.endpoint.get("relabelings")):
            key = (id(target.resource), (*target.path, "relabelings", i))
            rules.setdefault(key, []).append((rule, target))
    for (_, path), found in rules.items():
        rule, first = found[0]
        dropped = [_drops(context, rule, pods, t) for _, t in found for pods in t.pods]
        if dropped and all(dropped):
            sources = ", ".join(map(str, as_list(rule.get("sourceLabels"))))
            values = " or ".join(sorted({repr(one) for d in dropped for one in d or ()}))
            yield violation(
                f"{first.resource.kind} {first.resource.name} drops all its targets: {sources} "
                f"is {values} for {found[0][1].pods[0].owner.kind} "
                f"{found[0][1].pods[0].owner.name}",
                Place(first.resource, path),
            )


def _drops(
    context: Context, rule: dict[str, Any], pods: Pods, target: Target
) -> tuple[str, ...] | None:
    """The values of the source labels, if the rule drops the Pods by all of them."""
    action, pattern = text(rule.get("action")).lower(), rule.get("regex", "(.*)")
    if action not in ("keep", "drop") or not isinstance(pattern, str) or not plain(pattern):
        return None
    parts = []
    for name in as_list(rule.get("sourceLabels")):
        values = _values(context, text(name), pods, target)
        if values is None:
            return None
        parts.append(values)
    joined = [text(rule.get("separator", ";")).join(one) for one in product(*parts)]
    if not parts or not joined or not regex.readable(regex.ecma(pattern)):
        return None
    kept = [regex.matches(f"^(?:{pattern})$", one) is (action == "keep") for one in joined]
    return tuple(joined) if not any(kept) else None


def _values(context: Context, name: str, pods: Pods, target: Target) -> list[str] | None:
    """What a label of discovery may be; None if that is not known."""
    word = name.removeprefix(_META)
    if word == "pod_container_port_name":
        return [port for port, _ in pods.ports()] or None
    for prefix, given in (("pod_label_", pods.labels), ("pod_annotation_", pods.annotations)):
        if name.startswith(_META + prefix):
            key = word.removeprefix(prefix)
            world = together(context, pods.owner.resource)
            more = world is not None and (world.open or key in map(_safe, world.labels))
            if more or pods.owner.service is not None or key.startswith(_ADDED):
                return None
            found = [text(value) for one, value in given.items() if _safe(str(one)) == key]
            if not found and prefix == "pod_annotation_":
                return None
            return found or [""]
    return None


def _safe(label: str) -> str:
    """A label as discovery writes it."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", label)
