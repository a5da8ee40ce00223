"""Mutants that no run has seen: random changes of the seeds' objects, from a number.

Two kinds of change are mixed: those of `seeds.systematic`, and fields that the kind's schema knows
and the object lacks, filled with values that are right, nearly right or wrong.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from tools.verdicts import rules
from tools.verdicts.seeds import DROP, Path, Seed, changed, others, places

from stackgen.schema.node import Node, tree
from stackgen.schema.store import SchemaCatalog

TEXTS = (
    "", "a", "model", "Model", "a-b", "a_b", "a.b", "example.com/a", "a/b", "-a", "a b", "1", "0",
    "http", "TCP", "UDP", "None", "Always", "Never", "ClusterIP", "10.0.0.0/8", "10.0.0.1",
    "10.0.0.1/8", "2001:db8::1", "fe80::1", "127.0.0.1", "100m", "1Gi", "-1", "1.5", "25%", "101%",
    "0%", "64Ki", "10s", "1h30m", "5", "*", "*.example.com", "/a", "a/../b", "../a", "x" * 64,
    "x" * 254, "2026-01-02T03:04:05Z", "https://example.com", "ReadWriteOnce", "ReadWriteOncePod",
    "Exists", "In", "Equal", "NoSchedule", "v1", "v1beta1", "Fail", "Local", "Cluster",
    "metadata.name", "spec.nodeName", "status.podIP", "limits.cpu", "object.spec",
    "true", "@daily", "é", "\n",
)  # fmt: skip
NUMBERS = (-1, 0, 1, 2, 3, 5, 10, 80, 100, 101, 443, 1000, 8000, 29999, 30080, 32768, 65535, 65536,
           86400, 86401, 2**31 - 1, 2**31, 2**63 - 1)  # fmt: skip


def mutants(bases: dict[str, dict[str, Any]], number: int, count: int) -> Iterator[Seed]:
    """`count` mutants of `bases`, the same for the same number."""
    chance = random.Random(number)
    schemas = SchemaCatalog((), ())
    names = list(bases)
    for i in range(count):
        name = names[i % len(names)]
        data = copy.deepcopy(bases[name])
        path: Path = ()
        if data["kind"] == "CustomResourceDefinition" and chance.random() < 0.6:
            path, value = rules.change(data, chance)
            data = changed(data, path, value)
        else:
            for _ in range(chance.choice((1, 1, 1, 2))):
                path, value = _change(data, chance, schemas)
                data = changed(data, path, value)
        yield Seed(f"{name}: {number}-{i}", data, path)


def _change(
    data: dict[str, Any], chance: random.Random, schemas: SchemaCatalog
) -> tuple[Path, Any]:
    spots = [(p, v) for p, v in places(data) if p[0] not in ("apiVersion", "kind", "metadata")]
    if not spots or chance.random() < 0.05:
        spots = [(p, v) for p, v in places(data) if p[0] == "metadata" and p[-1] != "namespace"]
    if chance.random() < 0.6:
        node = _node(data, schemas)
        maps = [(p, v) for p, v in spots if isinstance(v, dict)] or [((), data)]
        for _ in range(8):
            path, value = chance.choice(maps)
            at = node.at(path) if node else None
            absent = [n for n in at.names() if n not in value] if at else []
            if absent:
                field = chance.choice(sorted(absent))
                return (*path, field), made(at.child(field) if at else None, chance, 0)
    path, value = chance.choice(spots)
    kind = chance.random()
    if kind < 0.15:
        return path, DROP
    if kind < 0.5:
        return path, chance.choice(others(value))
    if kind < 0.6 and isinstance(value, list) and value:
        return path, [*value, chance.choice(value)]
    if isinstance(value, str):
        same = [v for _, v in spots if isinstance(v, str)]
        return path, chance.choice((*TEXTS, *same))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return path, chance.choice(NUMBERS)
    return path, chance.choice(others(value))


def _node(data: dict[str, Any], schemas: SchemaCatalog) -> Any:
    group, slash, version = data["apiVersion"].rpartition("/")
    known = schemas.find(group if slash else "", version, data["kind"])
    return tree(known.path) if known else None


def made(node: Node | None, chance: random.Random, depth: int) -> Any:
    """A value for a field: mostly of its type."""
    if node is None or chance.random() < 0.04:
        return chance.choice(("text", 7, True, None, [], {}))
    kind = node.type
    if isinstance(kind, list):
        kind = chance.choice([k for k in kind if k != "null"])
    allowed = node.get("enum")
    if allowed and chance.random() < 0.8:
        return chance.choice(allowed)
    if kind == "string":
        return chance.choice(TEXTS)
    if kind in ("integer", "number"):
        return chance.choice(NUMBERS)
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "array":
        return [made(node.items, chance, depth + 1) for _ in range(chance.choice((0, 1, 1, 2)))]
    names = node.names()
    if not names:
        if node.extra is None:
            return {}
        return {chance.choice(TEXTS): made(node.extra, chance, depth + 1)}
    needed = list(node.get("required") or ())
    most = 3 if depth < 3 else 1
    optional = chance.sample(names, min(len(names), chance.randint(0, most)))
    return {name: made(node.child(name), chance, depth + 1)
            for name in sorted({*needed, *optional})}  # fmt: skip
