"""Whether two objects differ in more than an API server fills in, or a controller computes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from stackgen.facts import quantity

_SERVERS_OWN = {
    "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink",
    "ownerReferences", "finalizers",
}  # fmt: skip
# Values computed at run time; their keys are compared.
_COMPUTED = {"certificates.kserve.io/expiration-v2", "certificates.kserve.io/expiration"}
_PREDICTED = "stackgen.dev/predicted"
# Defaults by the key whose value they are, wherever a built-in or Gateway API type has it.
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "protocol": ("TCP",), "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",), "dnsPolicy": ("ClusterFirst",),
    "restartPolicy": ("Always",), "schedulerName": ("default-scheduler",),
    "successThreshold": (1,), "timeoutSeconds": (1,), "periodSeconds": (10,),
    "failureThreshold": (3,), "initialDelaySeconds": (0,), "terminationGracePeriodSeconds": (30,),
    "defaultMode": (420,), "type": ("ClusterIP",), "sessionAffinity": ("None",), "weight": (1,),
    "group": ("",), "apiVersion": ("v1",), "readOnly": (False,), "optional": (False,),
    "progressDeadlineSeconds": (600,), "revisionHistoryLimit": (10,), "replicas": (1,),
    "internalTrafficPolicy": ("Cluster",), "ipFamilyPolicy": ("SingleStack",),
    "scheme": ("HTTP",), "subGroupPolicyType": ("LeaderWorker",), "appProtocol": ("http",),
    "path": ({"type": "PathPrefix", "value": "/"},),
    "volumeMode": ("Filesystem",),
    "hostIPC": (False,), "hostPID": (False,), "hostNetwork": (False,),
    "strategy": (
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
    ),
}  # fmt: skip
# Addresses that the API server allocates to a Service; "None" is a choice of its author.
_ALLOCATED = {"clusterIP", "clusterIPs", "ipFamilies", "nodePort", "healthCheckNodePort"}
_DEFAULTS_IN = {
    "backendRefs": {"kind": "Service"},
    "headers": {"type": "Exact"},
    "parentRefs": {"group": "gateway.networking.k8s.io", "kind": "Gateway"},
}
_NO_DEFAULT = {"initContainers": {"restartPolicy"}}
_HASHED = re.compile(r"# preset script: (\d+) characters, sha256:([0-9a-f]{64})\n")
Object = dict[str, Any]


def identity(data: Object) -> str:
    """Kind, API group, namespace and name."""
    group, _, _ = str(data.get("apiVersion")).rpartition("/")
    meta = data.get("metadata", {})
    return f"{data.get('kind')}/{group}/{meta.get('namespace', '')}/{meta.get('name')}"


def like(data: Object, other: Object | None = None) -> Object:
    """The object without what the server owns, fills in or computes.

    other: the prediction, whose hashes of start scripts stand for texts that have them.
    """
    kept = {key: value for key, value in data.items() if key not in ("status", "spec")}
    meta = {k: v for k, v in kept.get("metadata", {}).items() if k not in _SERVERS_OWN}
    told = {k: v for k, v in (meta.get("annotations") or {}).items() if k != _PREDICTED}
    meta["annotations"] = {k: "" if k in _COMPUTED else v for k, v in told.items()}
    kept["metadata"] = meta
    if data.get("kind") == "Secret":
        kept["data"] = dict.fromkeys(data.get("data") or {}, "<value>")
    pruned: Object = _pruned({k: v for k, v in kept.items() if k not in ("apiVersion", "kind")}, "")
    spec = _hashed(data.get("spec"), other.get("spec") if other else None)
    return {"apiVersion": data.get("apiVersion"), **pruned, "spec": _pruned(spec, "")}


def _pruned(value: Any, parent: str) -> Any:
    if isinstance(value, dict):
        left = {}
        for key, item in value.items():
            found = _pruned(item, key)
            if key in _ALLOCATED and found not in ("None", ["None"]):
                continue
            if key == "imagePullPolicy" and found == _pull_policy(value.get("image")):
                continue
            # The older name of serviceAccountName, which the API server writes beside it.
            if key == "serviceAccount" and found == value.get("serviceAccountName"):
                continue
            # An empty object says something only where it chooses one of several.
            empty = found is None or (found in ({}, [], "") and key != "emptyDir")
            usual = key in _DEFAULTS and found in _DEFAULTS[key]
            usual = usual or (found is not None and _DEFAULTS_IN.get(parent, {}).get(key) == found)
            if usual and key in _NO_DEFAULT.get(parent, ()):
                usual = False
            if not empty and not usual:
                left[key] = _quantities(found) if key in ("limits", "requests") else found
        return left
    if isinstance(value, list):
        return [_pruned(item, parent) for item in value]
    return value


def _pull_policy(image: Any) -> str:
    """The policy that the API server fills in for an image."""
    name = str(image or "").rpartition("/")[2]
    tag = "" if "@" in name else name.partition(":")[2] or "latest"
    return "Always" if tag == "latest" else "IfNotPresent"


def _quantities(value: Any) -> Any:
    """Quantities by what they are worth: the API server writes each in one way."""
    if not isinstance(value, dict):
        return value
    return {name: _worth(text) for name, text in value.items()}


def _worth(text: Any) -> str:
    try:
        return f"{quantity.parse(str(text)).normalize():f}"
    except quantity.QuantityError:
        return str(text)


def _hashed(real: Any, mine: Any) -> Any:
    """`real`, with the hash of the prediction for the start of a script that has this hash."""
    if isinstance(real, dict):
        other = mine if isinstance(mine, dict) else {}
        return {key: _hashed(value, other.get(key)) for key, value in real.items()}
    if isinstance(real, list):
        others = mine if isinstance(mine, list) else []
        return [_hashed(v, others[i] if i < len(others) else None) for i, v in enumerate(real)]
    if isinstance(real, str) and isinstance(mine, str) and _HASHED.search(mine):
        return mine if _same_script(real, mine) else real
    return real


def _same_script(real: str, mine: str) -> bool:
    """The text is the prediction's, with a text of the right hash for each hash."""
    at = start = 0
    for told in _HASHED.finditer(mine):
        literal, length = mine[start : told.start()], int(told[1])
        at, start = at + len(literal), told.end()
        found = real[at : at + length]
        if not real[:at].endswith(literal) or _digest(found) != told[2]:
            return False
        at += length
    return real[at:] == mine[start:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def differences(mine: Any, real: Any, path: str = "") -> Iterator[str]:
    """`path: predicted X, created Y` for each field that differs; list items have no number."""
    if isinstance(mine, dict) and isinstance(real, dict):
        for key in sorted(mine.keys() | real.keys()):
            inner = f"{path}.{key}" if path else key
            if key not in real:
                yield f"{inner}: predicted {mine[key]!r}, not created"
            elif key not in mine:
                yield f"{inner}: not predicted, created {real[key]!r}"
            else:
                yield from differences(mine[key], real[key], inner)
    elif isinstance(mine, list) and isinstance(real, list) and len(mine) == len(real):
        for ours, theirs in zip(mine, real, strict=True):
            yield from differences(ours, theirs, f"{path}[]")
    elif mine != real or type(mine) is not type(real):
        yield f"{path}: predicted {mine!r}, created {real!r}"
