"""Keys of other tools, which the spec does not have: why, and what to write instead."""

from __future__ import annotations

import re
from typing import Any

from stackgen.catalog.engines import engine
from stackgen.manifest.document import Path
from stackgen.manifest.shipped import shipped


def foreign(path: Path, value: Any) -> tuple[str, str]:
    """The end of the message and the remedy for a key that other tools have; "" for other keys."""
    key = str(path[-1])
    around = ([step for step in path[:-1] if isinstance(step, str)] or [""])[-1]
    for row in shipped(__file__, "synonyms.yaml")["left_out"].get(around, ()):
        if key in row["keys"]:
            return row["why"], row.get("use", "Remove `{key}`.").format(key=key)
    option = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", key).lower().replace("_", "-")
    if around == "models" and option in engine("vllm").options:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return (
            f"it is an option of vLLM, --{option}",
            f"Write `args: [--{option}={value if number else 'VALUE'}]`.",
        )
    return "", ""
