"""Agreement with what a real API server said about built-in kinds."""

from __future__ import annotations

import json
import lzma
import os
from collections.abc import Iterator
from typing import Any

import pytest

from stackgen.manifest.yaml_in import parse
from stackgen.schema import native

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
SHARED = os.environ.get("STACKGEN_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
FLOOR = 0.998
# Whether these are refused depends on the cluster: its address families, its service network.
OF_THE_CLUSTER = ("not configured", "not in the valid range")


def recorded(name: str) -> Iterator[dict[str, Any]]:
    path = os.path.join(SHARED, "verdicts", name)
    if not os.path.exists(path):
        pytest.skip(f"no recorded verdicts: {path} is absent")
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            group, slash, _ = row["group_version"].rpartition("/")
            if (group if slash else "", row["kind"]) in native.KINDS:
                yield row


def accepts(row: dict[str, Any]) -> bool:
    data = row["manifest"]
    if row.get("raw") is not None:
        documents = parse(row["raw"], "raw")
        if any(d.problems for d in documents):
            return False
        data = documents[0].data if documents else None
    return isinstance(data, dict) and not native.validate(data, row.get("old_manifest"))


def asks_for_node_port(row: dict[str, Any]) -> bool:
    """These requests were dry runs, which allocate no node port."""
    problems = native.validate(row["manifest"])
    return {p.path[-1] for p in problems} <= {"nodePort", "healthCheckNodePort"}


@pytest.mark.parametrize("name", ["create.jsonl.xz", "update.jsonl.xz"])
def test_agreement(name: str) -> None:
    rows = list(recorded(name))
    wrong = [row for row in rows if accepts(row) != row["accepted"]]
    shown = "\n".join(f"{r['id']} {r['kind']} {r['mutation']}: {r['message'][:150]}" for r in wrong)
    assert 1 - len(wrong) / len(rows) >= FLOOR, shown
    wrong = [row for row in wrong if row["kind"] != "Service" or not asks_for_node_port(row)]
    ours = [r for r in wrong if not any(text in r["message"] for text in OF_THE_CLUSTER)]
    assert not [r for r in ours if r["accepted"]], shown
