"""What the references of the spec point to; shared by the rules that follow one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen import spelling
from stackgen.checks.context import SpecContext
from stackgen.manifest.document import Path
from stackgen.spec.load import Node


def pools(context: SpecContext) -> dict[str, dict[str, Any]]:
    """The node pools of the spec by name."""
    return {
        pool["name"]: pool
        for _, pool in context.items("cluster", "nodePools")
        if isinstance(pool.get("name"), str)
    }


def servers(context: SpecContext) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Path and data of each model, and of its prefill servers, which have its pool and GPUs."""
    for path, model in context.items("serving", "models"):
        yield path, model
        half = model.get("prefill")
        if isinstance(half, dict):
            mine: dict[str, Any] = {key: model[key] for key in ("nodePool", "gpus") if key in model}
            given = {key: value for key, value in half.items() if value is not None}
            name = f"{model.get('name', 'a model')}-prefill"
            yield (*path, "prefill"), {**mine, **given, "name": name}


def capacities(context: SpecContext) -> Iterator[tuple[Path, dict[str, Any], str]]:
    """Each node pool and each entry of its `fallback`, which has what it leaves to the pool.

    With the path, and what messages call it.
    """
    for path, pool in context.items("cluster", "nodePools"):
        name = str(pool.get("name", "a node pool"))
        yield path, pool, name
        entries = pool.get("fallback")
        for i, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                left = {key: pool.get(key) for key in ("accelerator", "topology")}
                made = {**{key: value for key, value in left.items() if value}, **entry}
                yield (*path, "fallback", i), made, f"fallback {i + 1} of {name}"


def is_gpu(context: SpecContext, accelerator: object) -> bool:
    """Whether an accelerator of the spec is a GPU that the catalog knows."""
    row = context.catalog.accelerator(accelerator) if isinstance(accelerator, str) else None
    return row is not None and row.data["kind"] == "gpu"


def misspelt_name(context: SpecContext, path: Path) -> str:
    """The end of a message about a list item that only an overlay has: the item it may mean."""
    near = meant_name(context, path)
    return f"; {context.loaded.sources[0].name} has {near}, did you mean that?" if near else ""


def rename_remedy(context: SpecContext, path: Path, missing: str) -> str:
    """What to do about such an item: change its name, or add what is missing; else empty."""
    near = meant_name(context, path)
    return f"Change `name` to `{near}`. If the item is new, add {missing}." if near else ""


def meant_name(context: SpecContext, path: Path) -> str:
    """For something in a list item that only an overlay has: the name in the base it may mean."""
    last = max((i for i, step in enumerate(path) if isinstance(step, int)), default=-1)
    item, siblings = path[: last + 1], path[:last]
    if last < 0 or len(context.loaded.sources) < 2:
        return ""
    base = context.loaded.sources[0]
    node, around = context.loaded.node(item), context.loaded.node(siblings)
    if node.source == base or not isinstance(around.value, list):
        return ""
    known = [_name(one) for one in around.value if one.source == base]
    name = _name(node)
    near = spelling.nearest(name, [n for n in known if n]) if name else None
    return near if near and near != name else ""


def _name(node: Node) -> str:
    name = node.value.get("name") if isinstance(node.value, dict) else None
    return name.value if name is not None and isinstance(name.value, str) else ""


def did_you_mean(word: str, known: list[str]) -> str:
    """The end of a message: the closest known word, or all of them."""
    hint = spelling.did_you_mean(word, known)
    return hint or (f"; there is {', '.join(known)}" if known else "")
