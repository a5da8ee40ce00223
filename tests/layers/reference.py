"""The rendered reference stack, for assertions that read like sentences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.manifest.resource import Resource
from tests.stacks import build_data

FLUX, ARGO = "prod", "dev"  # which engine syncs which environment


@cache
def objects(env: str) -> tuple[Resource, ...]:
    """The cluster objects of an environment of the reference stack."""
    bundle = build_data(env).bundle
    assert bundle is not None
    return bundle.objects


def of(env: str, kind: str, name: str = "") -> list[Any]:
    """The data of all objects of a kind, of one name if given."""
    return [r.data for r in objects(env) if r.kind == kind and name in ("", r.name)]


def one(env: str, kind: str, name: str = "") -> Any:
    """The data of the only object of a kind (and name)."""
    (found,) = of(env, kind, name)
    return found


def strings(value: Any) -> Iterator[str]:
    """Every text in the data, keys as well."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def keyed(value: Any, key: str) -> Iterator[Any]:
    """Every value that stands under `key`, wherever that is."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield item
            yield from keyed(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from keyed(item, key)
