"""The two-way strategic merge that lays one spec over another: presets, baseRefs, the service.

Measured with `kubectl patch --local --type=strategic` on pod specs: lists with a merge key are
merged by it, all others replaced; a null deletes; a volume keeps the sources of both sides. The
order of lists is that of k8s.io/apimachinery/pkg/util/strategicpatch, `normalizeElementOrder`.
"""

from __future__ import annotations

from typing import Any

from stackgen.facts.shape import copied

# Merge keys of the lists in a Pod's spec. Lists that are not named here are replaced.
KEYS = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "env": "name",
    "volumes": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath",
    "ports": "containerPort", "imagePullSecrets": "name", "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey", "resourceClaims": "name", "schedulingGates": "name",
}  # fmt: skip
_PODS = ("template", "worker")


def merge(below: Any, above: Any, in_pod: bool = False) -> Any:
    """`above` laid over `below`; neither is changed. in_pod: both are parts of a Pod's spec."""
    return copied(shared(below, above, in_pod))


def shared(below: Any, above: Any, in_pod: bool = False) -> Any:
    """`merge` without the copy: parts of the result are parts of both."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    result = dict(below)
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
            continue
        inner = in_pod or key in _PODS
        merge_key = KEYS.get(key) if in_pod else None
        if key not in result:
            result[key] = value
        elif merge_key and isinstance(value, list) and isinstance(result[key], list):
            result[key] = _lists(result[key], value, merge_key)
        else:
            result[key] = shared(result[key], value, inner)
    return result


def _lists(below: list[Any], above: list[Any], key: str) -> list[Any]:
    """Items of both, merged by `key`, in the order of Go's strategic merge.

    Items of `above` come first, but for those of `below` that stand before an item of both.
    """

    def name_of(item: Any) -> Any:
        name = item.get(key) if isinstance(item, dict) else None
        return name if isinstance(name, (str, int)) else None

    order: dict[Any, int] = {}
    for i, item in enumerate(below):
        order.setdefault(name_of(item), i)
    upper: dict[Any, Any] = {}
    for i, item in enumerate(above):
        name = name_of(item)
        of = ("", i) if name is None else name
        old = upper.get(of, below[order[name]] if name is not None and name in order else None)
        upper[of] = item if old is None else shared(old, item, True)
    alone = [item for item in below if name_of(item) not in upper]
    result: list[Any] = []
    ours = list(upper.items())
    at = 0
    for name, item in ours:
        while at < len(alone) and name in order and order[name_of(alone[at])] < order[name]:
            result.append(alone[at])
            at += 1
        result.append(item)
    return [*result, *alone[at:]]
