"""What an update of a built-in kind may not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.facts.shape import at
from stackgen.manifest.document import Path
from stackgen.schema.native.report import Report, show

Data = dict[str, Any]
Update = Callable[[Data, Data, Report], None]

_FIXED = "cannot change once the object exists"


def check(group: str, kind: str, before: Data, after: Data, report: Report) -> None:
    """Report changes the server refuses; both objects are decoded."""
    old, new = before.get("metadata") or {}, after.get("metadata") or {}
    for field in ("name", "namespace"):
        if old.get(field) and new.get(field) and old[field] != new[field]:
            report.immutable(("metadata", field), f"{_FIXED}: it is {show(old[field])}")
    rule = _RULES.get((group, kind))
    if rule is not None:
        rule(before, after, report)


def _fixed(*places: Path, defaults: dict[Path, Any] | None = None) -> Update:
    """These fields keep their value; `defaults` are what an absent one means."""
    known = defaults or {}

    def check_fixed(before: Data, after: Data, report: Report) -> None:
        for path in places:
            old, new = at(before, *path), at(after, *path)
            default = known.get(path)
            if (default if old in (None, {}, []) else old) != (
                default if new in (None, {}, []) else new
            ):
                report.immutable(path, f"{path[-1]} {_FIXED}: {_was(old)}")

    return check_fixed


def _was(old: Any) -> str:
    if old in (None, {}, []):
        return "it was not set"
    return "it was different" if isinstance(old, (dict, list)) else f"it was {show(old)}"


def _stateful_set(before: Data, after: Data, report: Report) -> None:
    free = (
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    )  # fmt: skip
    old, new = before.get("spec") or {}, after.get("spec") or {}
    defaults = {"podManagementPolicy": "OrderedReady"}
    for field in sorted({*old, *new} - set(free)):
        if (old.get(field) or defaults.get(field)) != (new.get(field) or defaults.get(field)):
            report.immutable(("spec", field), f"{field} {_FIXED}: {_was(old.get(field))}")


def _job(before: Data, after: Data, report: Report) -> None:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    suspended = bool(old.get("suspend"))
    fields = ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy",
              "successPolicy"]  # fmt: skip
    for field in fields:
        default = "NonIndexed" if field == "completionMode" else None
        if (old.get(field, default)) != (new.get(field, default)):
            report.immutable(("spec", field), f"{field} {_FIXED}: {_was(old.get(field))}")
    if new.get("selector") is not None and old.get("selector") != new["selector"]:
        report.immutable(("spec", "selector"), f"selector {_FIXED}")
    if old.get("completions") != new.get("completions"):
        same = new.get("completions") == new.get("parallelism")
        if old.get("completionMode") != "Indexed" or not same:
            message = "completions can change only with parallelism, to the same number (Indexed)"
            report.immutable(("spec", "completions"), message)
    if not suspended and old.get("template") != new.get("template"):
        report.immutable(("spec", "template"), f"template {_FIXED}: make a Job of another name")


def _service(before: Data, after: Data, report: Report) -> None:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    kinds = [spec.get("type") or "ClusterIP" for spec in (old, new)]
    if "ExternalName" in kinds:
        return
    was, now = old.get("clusterIP", ""), new.get("clusterIP", "")
    if now and was != now:
        shown = show(was) if was else "given by the cluster"
        report.immutable(("spec", "clusterIP"), f"clusterIP {_FIXED}: it was {shown}")


def _claim(before: Data, after: Data, report: Report) -> None:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    # Growing and the attributes class are left to the server: they depend on the claim being bound.
    for field in sorted({*old, *new} - {"resources", "volumeAttributesClassName", "volumeName"}):
        default = "Filesystem" if field == "volumeMode" else None
        if old.get(field, default) != new.get(field, default):
            report.immutable(("spec", field), f"{field} {_FIXED}: {_was(old.get(field))}")
    sizes = [at(spec, "resources", "requests", "storage") for spec in (old, new)]
    where = ("spec", "resources", "requests", "storage")
    if None in sizes:
        return
    phase = at(before, "status", "phase")
    if phase not in (None, "Bound") and parse(sizes[1]) != parse(sizes[0]):
        report.immutable(where, f"only a bound claim can change its size: this one is {phase}")
    elif parse(sizes[1]) < parse(sizes[0]):
        report.immutable(where, f"a claim cannot shrink: it asks for {sizes[0]}")


def _immutable_data(before: Data, after: Data, report: Report) -> None:
    if not before.get("immutable"):
        return
    if not after.get("immutable"):
        report.immutable(("immutable",), "an immutable object cannot become mutable again")
    for field in ("data", "binaryData", "stringData"):
        if (before.get(field) or {}) != (after.get(field) or {}):
            report.immutable((field,), f"{field} of an immutable object cannot change")


def _secret(before: Data, after: Data, report: Report) -> None:
    _fixed(("type",), defaults={("type",): "Opaque"})(before, after, report)
    _immutable_data(before, after, report)


def _pod(before: Data, after: Data, report: Report) -> None:
    """Images, deadlines and tolerations aside, a Pod is replaced rather than changed."""
    free = (
        "containers", "initContainers", "activeDeadlineSeconds", "tolerations",
        "terminationGracePeriodSeconds", "schedulingGates", "nodeSelector", "affinity",
    )  # fmt: skip
    old, new = before.get("spec") or {}, after.get("spec") or {}
    for field in sorted({*old, *new} - set(free)):
        if old.get(field) != new.get(field):
            report.immutable(("spec", field), f"{field} of a Pod {_FIXED}")
    for group in ("containers", "initContainers"):
        for i, (was, now) in enumerate(
            zip(old.get(group) or (), new.get(group) or (), strict=False)
        ):
            for field in sorted({*was, *now} - {"image", "resources", "imagePullPolicy"}):
                if was.get(field) != now.get(field):
                    report.immutable(("spec", group, i, field), f"{field} of a Pod {_FIXED}")
        if len(old.get(group) or ()) != len(new.get(group) or ()):
            report.immutable(("spec", group), "containers of a Pod cannot be added or removed")


def _definition(before: Data, after: Data, report: Report) -> None:
    kept = (("spec", "group"), ("spec", "scope"), ("spec", "names", "plural"))
    _fixed(*kept)(before, after, report)


def _ingress_class(before: Data, after: Data, report: Report) -> None:
    _fixed(("spec", "controller"))(before, after, report)


_SELECTOR: Path = ("spec", "selector")
_RBAC = "rbac.authorization.k8s.io"
_RULES: dict[tuple[str, str], Update] = {
    ("", "ConfigMap"): _immutable_data,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "ResourceQuota"): _fixed(("spec", "scopes"), ("spec", "scopeSelector")),
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "DaemonSet"): _fixed(_SELECTOR),
    ("apps", "Deployment"): _fixed(_SELECTOR),
    ("apps", "ReplicaSet"): _fixed(_SELECTOR),
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("discovery.k8s.io", "EndpointSlice"): _fixed(("addressType",)),
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    ("node.k8s.io", "RuntimeClass"): _fixed(("handler",)),
    (_RBAC, "ClusterRoleBinding"): _fixed(("roleRef",)),
    (_RBAC, "RoleBinding"): _fixed(("roleRef",)),
    ("resource.k8s.io", "ResourceClaim"): _fixed(("spec",)),
    ("resource.k8s.io", "ResourceClaimTemplate"): _fixed(("spec",)),
    ("scheduling.k8s.io", "PriorityClass"): _fixed(
        ("value",),
        ("preemptionPolicy",),
        defaults={("value",): 0, ("preemptionPolicy",): "PreemptLowerPriority"},
    ),
    ("storage.k8s.io", "StorageClass"): _fixed(
        ("parameters",),
        ("provisioner",),
        ("reclaimPolicy",),
        ("volumeBindingMode",),
        defaults={("reclaimPolicy",): "Delete", ("volumeBindingMode",): "Immediate"},
    ),
    ("storage.k8s.io", "VolumeAttributesClass"): _fixed(("parameters",), ("driverName",)),
}
