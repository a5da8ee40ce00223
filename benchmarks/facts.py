"""What a recording says of each object, without the texts of others: the facts of an answer.

Names, kinds, labels, ports and short values are written; longer ones as the start of their hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from benchmarks.equality import identity, like

_LONGEST = 24  # of a value that is written as it is
_LISTS = ("containers", "initContainers")
_WHOLE = {"labels", "ports"}  # written as they are, however long
_TOLD = {"apiVersion", "name", "namespace"}  # what the identity says
_OPENED = {
    "spec", "template", "metadata", "leaderWorkerTemplate", "leaderTemplate", "workerTemplate",
    *_LISTS,
}  # fmt: skip
Object = dict[str, Any]


def facts(objects: Iterable[Object], predicted: Iterable[Object] = ()) -> dict[str, Object]:
    """By kind, group, namespace and name: each field's path and value, or hash.

    predicted: their hashes of start scripts stand for texts that have them, so that the facts of
    equal objects are equal.
    """
    mine = {identity(o): o for o in predicted}
    return {
        identity(o): dict(sorted(_fields(like(o, mine.get(identity(o))), "")))
        for o in sorted(objects, key=identity)
    }


def _fields(value: Any, path: str) -> Iterable[tuple[str, Any]]:
    last = path.rpartition(".")[2].partition("[")[0]
    if value is None or path.removeprefix("metadata.") in _TOLD:
        return
    if isinstance(value, dict) and (not path or last in _OPENED):
        for key, item in value.items():
            yield from _fields(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and last in _LISTS:
        yield f"{path}.names", [item["name"] for item in value]
        for item in value:
            yield from _container(item, f"{path}[{item['name']}]")
    else:
        yield path, value if last in _WHOLE else _short(value)


def _container(value: Object, path: str) -> Iterable[tuple[str, Any]]:
    for key, item in value.items():
        if key != "name":
            yield f"{path}.{key}", item if key in _WHOLE else _short(item)


def _short(value: Any) -> Any:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if len(text) <= _LONGEST:
        return value
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:8]}"
