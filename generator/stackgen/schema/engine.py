"""One document in, every reason out for which an API server would refuse it."""

from __future__ import annotations

from typing import Any

from stackgen.schema.problem import Problem
from stackgen.schema.store import Catalogue


def validate(data: Any, *, catalogue: Catalogue, previous: Any = None) -> list[Problem]:
    """The problems of one document, ordered by path; an accepted document has none.

    data: the object as decoded from YAML or JSON; it is not changed. previous: the object it
    replaces, when there is one: rules on what may not change need it.
    """
    return []
