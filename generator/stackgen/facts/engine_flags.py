"""Which options a version of an engine has."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache

from stackgen.reading import read_text

# Images whose tag is the version of vLLM. Those of others have versions of their own.
_IMAGE = re.compile(r"(?:^|/)vllm/vllm-(?:openai|tpu):v?(\d+\.\d+\.\d+)(?:[-.@]|\Z)")


@cache
def vllm_flags() -> Mapping[str, frozenset[str]]:
    """The options of vLLM's server by version, without dashes in front."""
    from stackgen.manifest.yaml_in import parse

    folder = os.path.dirname(os.path.abspath(__file__))
    file = os.path.join(folder, "engine_flags.yaml")
    (document,) = parse(read_text(file), file, learning=False)
    assert not document.problems, document.problems
    return {version: frozenset(map(str, flags)) for version, flags in document.data["vllm"].items()}


def vllm_version(image: str) -> str:
    """The version of vLLM that an image of the project has; "" for any other image."""
    found = _IMAGE.search(image)
    return found[1] if found else ""


def accepts(flags: frozenset[str], name: str) -> bool:
    """Whether the parser takes the option: its name, `no-` and its name, or the start of a name."""
    plain = name.partition(".")[0].removeprefix("no-")
    return any(known.startswith((name, plain)) for known in flags)
