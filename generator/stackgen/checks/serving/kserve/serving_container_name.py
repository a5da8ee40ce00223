"""A model server under a name that KServe does not know."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, maps, named, text
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import MAIN
from stackgen.regex import regex

_SERVER = regex(r"vllm|llm-d|rhaiis|rhaii/|tgi|sglang|inference-sim")


def check(context: Context) -> Violations:
    """Templates without `main` whose other container looks like a model server."""
    for service in services(context):
        for part in service.parts():
            containers = part.own.get("containers")
            if not service.whole or named(containers, MAIN) is not None:
                continue
            for i, container in maps(containers):
                if _serves(container):
                    yield violation(
                        f"container {text(container.get('name'))} runs next to the preset's "
                        "container "
                        "main",
                        part.place("containers", i, "name"),
                    )


def _serves(container: dict[str, Any]) -> bool:
    limits = as_dict(as_dict(container.get("resources")).get("limits"))
    if any("gpu" in str(key) or "tpu" in str(key) for key in limits):
        return True
    return bool(_SERVER.search(text(container.get("image"))))
