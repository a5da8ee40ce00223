from __future__ import annotations
from collections.abc import Iterator
from typing import Any
from stackgen.manifest.document import Path
from stackgen.schema.node import Node
from stackgen.schema.problem import Problem


def check_rule(
    rule: dict[str, Any], value: Any, node: Node, path: Path, old: Any
) -> Iterator[Problem]:
    yield Problem("schema-not-evaluated", path, "a rule was not checked")
