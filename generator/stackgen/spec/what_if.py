"""Reading `--what-if`: which values of the spec are to be tried out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.digits import to_int
from stackgen.errors import UsageError
from stackgen.manifest.document import Path, show_path
from stackgen.regex import regex
from stackgen.spec.load import Change
from stackgen.spelling import did_you_mean

# What a short key changes. Pools are those with an accelerator; topology and gpus are for those of
# their kind.
_OF_POOLS = (
    "topology", "gpus", "accelerator", "machineType", "purchase", "reservation", "zone",
    "nodes.min", "nodes.max",
)  # fmt: skip
_OF_MODELS = (
    "replicas", "prefill.replicas", "prefill.nodePool",
    *(f"{of}autoscaling.{field}" for of in ("", "prefill.")
      for field in ("min", "max", "metric", "target")),
    "model", "maxModelLen", "maxLoras", "kvOffload.memory", "concurrency", "gpus",
    "traffic.requestsPerSecond",
    "traffic.users", "traffic.inputTokens", "traffic.outputTokens", "traffic.prefixShare",
    *(f"slo.{metric}.{at}" for metric in ("ttft", "tpot") for at in ("p50", "p90", "p95", "p99")),
)  # fmt: skip
_OF_CLUSTER = ("location",)
_STEP = regex(r"[A-Za-z][A-Za-z0-9]*(\[[0-9]+\])*\Z")
_LONG = regex(r"-?[0-9]{19,}(\.[0-9]+)?\Z")


def changes(data: Any, texts: Iterable[str]) -> tuple[Change, ...]:
    """What `texts` such as `topology=2x4` or `chat.replicas=2,pool.nodes.max=3` change in a spec.

    Raises UsageError for what is not understood.
    """
    found: list[Change] = []
    for text in texts:
        for part in text.split(","):
            key, equals, value = part.strip().partition("=")
            if not equals or not key or not value:
                raise UsageError(f"--what-if: {part.strip()!r} is not KEY=VALUE")
            paths = list(_paths(data, key))
            if not paths and key in _OF_POOLS:
                raise UsageError(f"--what-if: no node pool of the spec has a {key} to try")
            if not paths:
                raise UsageError(f"--what-if: {key!r} cannot be tried{_hint(data, key)}")
            if _LONG.match(value):
                raise UsageError(f"--what-if: the number for {key!r} has more than 18 digits")
            found += [Change(path, _value(value), part.strip()) for path in paths]
    return tuple(found)


def _paths(data: Any, key: str) -> Iterator[Path]:
    if key in _OF_CLUSTER:
        yield ("spec", "cluster", key)
    elif key in _OF_POOLS:
        for path, item in _items(data, "cluster", "nodePools"):
            if item.get("accelerator") is not None and _suits(key, item):
                yield (*path, *key.split("."))
    elif key in _OF_MODELS:
        for path, _ in _items(data, "serving", "models"):
            yield (*path, *key.split("."))
    elif key.startswith("spec."):
        yield from _full(data, key)
    else:
        yield from _named(data, key)


def _suits(key: str, pool: dict[str, Any]) -> bool:
    """A TPU pool has a topology, a GPU pool has none."""
    if key in ("topology", "gpus"):
        return (pool.get("topology") is not None) == (key == "topology")
    return True


def _named(data: Any, key: str) -> Iterator[Path]:
    """`NAME.FIELD` of a pool or a model; a name has no dots."""
    name, _, field = key.partition(".")
    for where, fields in (
        (("cluster", "nodePools"), _OF_POOLS),
        (("serving", "models"), _OF_MODELS),
    ):
        for path, item in _items(data, *where):
            if item.get("name") == name and field in fields:
                yield (*path, *field.split("."))


def _full(data: Any, key: str) -> Iterator[Path]:
    """A path as `stackgen impact` takes it, where it leads into the spec."""
    path: list[str | int] = []
    for step in key.split("."):
        if not _STEP.match(step):
            return
        name, *indices = re.split(r"[\[\]]+", step.rstrip("]"))
        path.append(name)
        path += [to_int(i) for i in indices]
    here: Any = data
    for i, inner in enumerate(path[:-1]):
        if isinstance(inner, int):
            if not isinstance(here, list):
                return
            if inner >= len(here):
                entries = f"{len(here)} {'entry' if len(here) == 1 else 'entries'}"
                raise UsageError(f"--what-if: {show_path(tuple(path[:i]))} has {entries}")
            here = here[inner]
        else:
            here = here.get(inner, {}) if isinstance(here, dict) else {}
    if isinstance(path[-1], str):
        yield tuple(path)


def _items(data: Any, *steps: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    here = data.get("spec") if isinstance(data, dict) else None
    for step in steps:
        here = here.get(step) if isinstance(here, dict) else None
    for i, item in enumerate(here if isinstance(here, list) else ()):
        if isinstance(item, dict):
            yield ("spec", *steps, i), item


def _value(text: str) -> Any:
    if re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        return to_int(text)
    if re.fullmatch(r"-?[0-9]+\.[0-9]+", text):
        return float(text)
    return {"true": True, "false": False}.get(text, text)


def _hint(data: Any, key: str) -> str:
    names = [
        f"{item['name']}.{field}"
        for steps, fields in (
            (("cluster", "nodePools"), _OF_POOLS),
            (("serving", "models"), _OF_MODELS),
        )
        for _, item in _items(data, *steps)
        if isinstance(item.get("name"), str)
        for field in fields
    ]
    known = list(dict.fromkeys([*_OF_POOLS, *_OF_MODELS, *_OF_CLUSTER]))
    return did_you_mean(key, [*known, *names]) or f"; there is {', '.join(known)}, NAME.KEY, spec.…"
