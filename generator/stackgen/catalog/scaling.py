"""What autoscalers can scale and by what, and the triggers of KEDA with their settings.

`scaling.yaml` is written by hand, and says its fields. `scalers.json` is written by
`tools/keda/write.py`: for each type of trigger its settings with what they take, `needed` ones,
`authenticated` ones (also needed, from the metadata or an authentication), `removed` ones, and
`open` where it may read others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen import paths
from stackgen.manifest.shipped import shipped
from stackgen.reading import read_text


@cache
def scaling() -> Mapping[str, Any]:
    """scaling.yaml; see there for the fields."""
    found: Mapping[str, Any] = shipped(__file__, "scaling.yaml")
    return found


@cache
def triggers() -> Mapping[str, Mapping[str, Any]]:
    """The triggers of KEDA by type."""
    found: Mapping[str, Any] = json.loads(read_text(paths.catalog("scalers.json")))
    types: Mapping[str, Mapping[str, Any]] = found["types"]
    return types


def groups_with_scale(kind: str) -> list[str]:
    """The API groups in which a kind has the subresource `scale`."""
    return [group for group, kinds in scaling()["scale"].items() if kind in kinds]
