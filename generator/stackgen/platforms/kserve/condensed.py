"""Pods of presets as release rows write them, and as the API has them.

In a row, a list with a key is an object by that key: `containers`, `initContainers`, `volumes` and
`env` by name, `volumeMounts` by path, `ports` by number. An item that is only a value is that:
`env: {HOME: /home}`, `volumeMounts: {/home: home}`. `like: <preset>/<place of the pod>` starts from
another Pod, as a JSON merge patch does. `script` is an item of `command` or `args`: lines, and for
runs of lines that only prepare the start, the number of characters and their hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.facts.shape import as_dict, copied

# By list: the key, and the field of an item that is written as a bare value.
KEYED = {
    "containers": ("name", ""), "initContainers": ("name", ""), "volumes": ("name", ""),
    "env": ("name", "value"), "volumeMounts": ("mountPath", "name"),
    "ports": ("containerPort", "name"),
}  # fmt: skip
SCRIPT, LIKE = "script", "like"
PODS = ("template", "worker")
Json = dict[str, Any]


def whole_presets(rows: Mapping[str, Any]) -> dict[str, Json]:
    """The spec of each preset, by its name, as the API has it."""
    return {name: _whole_spec(spec, rows) for name, spec in rows.items()}


def _whole_spec(spec: Any, rows: Mapping[str, Any]) -> Any:
    if not isinstance(spec, dict):
        return copied(spec)
    return {
        key: whole_pod(resolved(value, rows))
        if key in PODS and isinstance(value, dict)
        else _whole_spec(value, rows)
        for key, value in spec.items()
    }


def resolved(pod: Mapping[str, Any], rows: Mapping[str, Any]) -> Json:
    """The condensed Pod without `like`."""
    own = {key: value for key, value in pod.items() if key != LIKE}
    if LIKE not in pod:
        return own
    found: Any = rows
    for step in str(pod[LIKE]).split("/"):
        found = found[step]
    result: Json = patched(resolved(found, rows), own)
    return result


def patched(below: Any, above: Any) -> Any:
    """A JSON merge patch (RFC 7386): objects are merged, null removes, all else replaces."""
    if not isinstance(above, dict):
        return above
    result = dict(as_dict(below))
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result


def whole_pod(pod: Json) -> Json:
    """The spec of a Pod, with lists as the API has them."""
    result: Json = {}
    for key, value in pod.items():
        if key in KEYED and isinstance(value, dict):
            result[key] = [_item(key, name, item) for name, item in value.items()]
        elif key in ("command", "args") and isinstance(value, list):
            result[key] = [_word(word) for word in value]
        else:
            result[key] = copied(value)
    return result


def _word(word: Any) -> Any:
    return script_text(word[SCRIPT]) if isinstance(word, dict) else word


def _item(key: str, name: Any, item: Any) -> Json:
    by, bare = KEYED[key]
    if not isinstance(item, dict):
        item = {bare: item}
    body = whole_pod(item) if key in ("containers", "initContainers") else copied(item)
    # A key of a row is a text.
    return {by: int(name) if key == "ports" else name, **body}


def script_text(parts: list[Any]) -> str:
    """The script, with a comment in place of lines that are known by their hash alone."""
    return "".join(
        part if isinstance(part, str)
        else f"# preset script: {part['characters']} characters, sha256:{part['sha256']}\n"
        for part in parts
    )  # fmt: skip
