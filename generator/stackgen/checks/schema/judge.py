"""What the API server of the release row says of an object, said before or now.

Several rules ask about one object, and an object that is the same has the same problems. An object
that is like an accepted one is accepted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from stackgen.cache.verdicts import content
from stackgen.checks.context import Context
from stackgen.checks.schema.alike import alike
from stackgen.schema.engine import validate
from stackgen.schema.problem import Problem
from stackgen.schema.store import SchemaCatalog, user_files

Judge = Callable[..., list[Problem]]


def judge_of(context: Context) -> Judge:
    """The problems of an object; with a second one, as what replaces that."""
    return context.once(_judge)


def _judge(context: Context) -> Judge:
    schemas = SchemaCatalog(context.schemas, context.catalog.variants(context.release))
    users = user_files(schemas)  # their patterns may name digits
    shelf = context.verdicts.shelf("schema", schemas.variants, users)
    accepted: set[str] = set()

    def judge(data: Any, previous: Any = None) -> list[Problem]:
        key = content(data) if previous is None else ""
        known = shelf.get(key)
        if known is not None:
            return [Problem(rule, tuple(path), *rest) for rule, path, *rest in known]
        common = alike(data) if key and not users and isinstance(data, dict) else ""
        if common in accepted:
            found = []
        else:
            found = validate(data, catalog=schemas, previous=previous)
            if common and not found:
                accepted.add(common)
        plain = (dataclasses.astuple(problem) for problem in found)
        shelf.put(key, [[rule, list(path), *rest] for rule, path, *rest in plain])
        return found

    return judge
