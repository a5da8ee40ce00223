"""What the references of the spec point to; shared by the rules that follow one."""

from __future__ import annotations

from typing import Any

from stackgen import spelling
from stackgen.checks.context import SpecContext


def pools(context: SpecContext) -> dict[str, dict[str, Any]]:
    """The node pools of the spec by name."""
    return {
        pool["name"]: pool
        for _, pool in context.items("cluster", "nodePools")
        if isinstance(pool.get("name"), str)
    }


def did_you_mean(word: str, known: list[str]) -> str:
    """The end of a message: the closest known word, or all of them."""
    hint = spelling.did_you_mean(word, known)
    return hint or (f"; there is {', '.join(known)}" if known else "")
