"""Objects that SOPS has encrypted: what the cluster gets has their keys, and values not known here.

Flux and helpers of Argo CD decrypt them before they are applied. Source: getsops/sops README, the
encrypted form of YAML files, 2026-11-30.
"""

from __future__ import annotations

from typing import Any

_ENCRYPTED = "ENC["
_LATER = "${SOPS}"


def readable(data: dict[str, Any]) -> dict[str, Any]:
    """An object with a variable for each encrypted value, and without what SOPS notes in it.

    The values of a Secret are given as text, because what they decode to is not known. Other
    objects are returned as they are.
    """
    notes = data.get("sops")
    if not isinstance(notes, dict) or "mac" not in notes:
        return data
    found: dict[str, Any] = {k: _filled(v) for k, v in data.items() if k != "sops"}
    if found.get("kind") == _LATER and {"data", "stringData"} & found.keys():
        # Encrypted as a whole. A name of its own, because it is not known to be the one of another.
        found |= {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"${{{_mark(data)}}}"}}
    values = found.get("data")
    if found.get("kind") == "Secret" and isinstance(values, dict):
        later = {key: value for key, value in values.items() if value == _LATER}
        found["data"] = {key: value for key, value in values.items() if key not in later}
        text = found.get("stringData")
        found["stringData"] = {**(text if isinstance(text, dict) else {}), **later}
    return found


def _mark(data: dict[str, Any]) -> str:
    """A name for a variable, other than that of other objects."""
    from zlib import crc32

    return f"SOPS_{crc32(repr(data.get('metadata')).encode()):08X}"


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return _LATER if isinstance(value, str) and value.startswith(_ENCRYPTED) else value
