"""Finds a platform by its name, which the release row says as `platform`.

The name of its folder is the same, with `_` for `-`: a package cannot have a hyphen in its name.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from stackgen import platforms as package
from stackgen.errors import UsageError
from stackgen.manifest.shipped import shipped
from stackgen.platforms.model import Prediction, Rendering
from stackgen.spelling import did_you_mean

if TYPE_CHECKING:
    from stackgen.catalog.load import Catalog
    from stackgen.catalog.rows import Row
    from stackgen.facts.templates import Services
    from stackgen.facts.workloads import Workload
    from stackgen.manifest.resource import Bundle, Resource
    from stackgen.plan.model import Plan


@lru_cache(maxsize=1)
def platforms() -> tuple[str, ...]:
    """The names of all platforms: the packages in this package."""
    found = (one.name for one in pkgutil.iter_modules(package.__path__) if one.ispkg)
    return tuple(sorted(name.replace("_", "-") for name in found))


def _package(name: str) -> str:
    """The package of a platform."""
    return f"{package.__name__}.{name.replace('-', '_')}"


def _file(name: str, module: str) -> str:
    """The path of a file of the platform; "" for a name that is no platform."""
    if name not in platforms():
        return ""
    (folder,) = importlib.import_module(_package(name)).__path__
    return os.path.join(folder, module)


@lru_cache(maxsize=1)
def predictions() -> Mapping[str, Prediction]:
    """What the controllers of each platform make of manifests, by the platform's name."""
    return {
        name: importlib.import_module(f"{_package(name)}.prediction").PREDICTION
        for name in platforms()
        if os.path.isfile(_file(name, "prediction.py"))
    }


@lru_cache(maxsize=1)
def described_kinds() -> frozenset[tuple[str, str]]:
    """Group and kind of all objects that describe Pods of model servers for a controller."""
    return frozenset().union(*(p.services | p.configs for p in predictions().values()))


def prediction_of(resource: Resource) -> Prediction | None:
    """The platform whose controllers make Pods of the object; None without one."""
    key = (resource.group, resource.kind)
    return next((p for p in predictions().values() if key in p.services), None)


def meant(
    prediction: Prediction, catalog: Catalog, release: str, objects: Iterable[Resource]
) -> Row:
    """The row that is named, else the one that the objects tell, of those that serve them.

    Without signs, or with equally good ones, the newest.
    """
    row = catalog.release(release)
    if row is not None and predictions().get(row.data["platform"]) is prediction:
        return row
    seen = tuple(objects)
    kinds = [(r.group, r.version, r.kind) for r in seen]
    rows = prediction.releases(catalog, kinds) or prediction.releases(catalog, ())
    return max(rows, key=lambda row: told(prediction, row, seen))


def told(prediction: Prediction, row: Row, objects: Iterable[Resource]) -> int:
    """How much in the objects tells that the row is the installed release; 0 for nothing."""
    return sum(sign.weight for sign in prediction.signs(row, objects))


def is_config(resource: Resource) -> bool:
    """Whether services of a platform inherit from the object."""
    key = resource.group, resource.kind
    return any(key in prediction.configs for prediction in predictions().values())


def service_workloads(catalog: Catalog, release: str, bundle: Bundle) -> Services:
    """How services and configs of every platform describe their pods.

    release: the row with the presets that lie below them; "" for the newest one.
    """
    found: dict[tuple[str, str], Callable[[Resource], Iterator[Workload]]] = {}
    for prediction in predictions().values():
        tell = prediction.workloads(catalog, release, bundle)
        found |= dict.fromkeys(prediction.services | prediction.configs, tell)
        found |= {kind: partial(other, bundle) for kind, other in prediction.others.items()}
    return found


@lru_cache(maxsize=4)
def network(name: str) -> Mapping[str, Any]:
    """`network.yaml` of a platform: roles, Pods, ports, needed, forbidden; each may be missing."""
    file = _file(name, "network.yaml")
    found: Mapping[str, Any] = shipped(file, "network.yaml") if os.path.isfile(file) else {}
    return found


def rendering(name: str) -> Rendering:
    """What the platform `name` renders. Raises UsageError for a name that is none."""
    if name not in platforms():
        raise UsageError(f"no serving platform {name!r}{did_you_mean(name, list(platforms()))}")
    found: Rendering = importlib.import_module(f"{_package(name)}.rendering").RENDERING
    return found


def rendering_of(plan: Plan) -> Rendering:
    """What the platform of the plan's release renders."""
    return rendering(plan.release.platform)
