"""The profile: facts about the cluster that manifests do not show, and what each may be."""

from __future__ import annotations

from typing import Any

from stackgen.spelling import did_you_mean

STAGES = ("dev", "test", "prod")
_TEXTS, _FLAG = "a list of texts", "true or false"
KEYS = {
    "stage": f"one of {', '.join(STAGES)}",
    "allowedRegistries": _TEXTS,
    "gatedModels": _TEXTS,
    "foreignNamespaces": _TEXTS,
    "networkPolicyEnforced": _FLAG,
    "fqdnNetworkPolicy": _FLAG,
    "schedulerFailOpen": _FLAG,
    "defaultDeny": _FLAG,
    "unverifiedHosts": _TEXTS,
    "kserveTLS": _FLAG,
    "authentication": "none",
    "coldStartSeconds": "a number of seconds",
    "nodePools": "a list of mappings with accelerator, topology and maxNodes",
}
_POOL = {"accelerator": str, "topology": str, "maxNodes": int}


def problem(key: str, value: Any) -> str:
    """What is wrong with an entry of a profile; empty when nothing is."""
    if key not in KEYS:
        return did_you_mean(key, KEYS) or f"; the keys are {', '.join(KEYS)}"
    return "" if _fits(KEYS[key], value) else f" is not {KEYS[key]}"


def _fits(wanted: str, value: Any) -> bool:
    if wanted == _TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if wanted == _FLAG:
        return isinstance(value, bool)
    if wanted == KEYS["coldStartSeconds"]:
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    if wanted == KEYS["nodePools"]:
        return isinstance(value, list) and all(map(_is_pool, value))
    return value in (STAGES if wanted == KEYS["stage"] else (wanted,))


def _is_pool(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_POOL)
        and all(type(value[key]) is kind for key, kind in _POOL.items())
    )
