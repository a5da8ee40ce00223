"""Values that are written in two ways and mean the same: defaults, quantities and flags."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from stackgen.facts.command_line import CommandLine
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, as_list, at, copied, maps
from stackgen.facts.workloads import GPU, TPU, Container
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.shipped import shipped
from stackgen.manifest.yaml_in import parse
from stackgen.plan.picker import CONTAINER

# Flags that the platform sets by other means, or that only say the default.
_DEFAULT_FLAGS = {"host": ("0.0.0.0", "::"), "port": ("8000",)}
_QUANTITIES = ("requests", "limits")


@lru_cache(maxsize=1)
def _defaults() -> tuple[tuple[tuple[str, ...], Any], ...]:
    """Paths, from the end, of fields that the API server sets, and the value; `*` is any key."""
    rows = shipped(__file__, "defaults.yaml")["defaults"]
    return tuple((tuple(row["at"].split(".")), row["value"]) for row in rows)


def is_default(path: Path, value: Any) -> bool:
    """Whether the API server sets this value of a built-in kind if the field is absent."""
    steps = [str(step) for step in path if not isinstance(step, int)]
    return any(
        value == default
        and len(steps) >= len(at)
        and all(want in ("*", have) for want, have in zip(at, steps[-len(at) :], strict=True))
        for at, default in _defaults()
    )


def same_version(one: Any, other: Any) -> bool:
    """Whether two API versions of one group have the same fields."""
    (group, _, first), (_, _, second) = str(one).rpartition("/"), str(other).rpartition("/")
    versions = shipped(__file__, "defaults.yaml")["same_versions"].get(group, ())
    return first in versions and second in versions


def equal(one: Any, other: Any, path: Path) -> bool:
    """Whether two values mean the same: numbers of resources may be written in several ways."""
    if one == other:
        return True
    if any(step in _QUANTITIES for step in path[:-1]) and one is not None and other is not None:
        first, second = number(one), number(other)
        return first is not None and first == second
    return False


def respelled(given: Resource, mine: Container | None, made: Container | None) -> Any:
    """The object with the container name and the command line of the rendered one.

    mine, made: the model servers of both. The line is kept unless it sets nothing else.
    """
    data = copy.deepcopy(given.data)
    if mine is None or made is None:
        return data
    here: Any = data
    for step in mine.path:
        here = here[step]
    here["name"] = made.name
    _parse_picker(data)
    _rename_worker(data, made.name)
    if _says(made.line, mine.line) and not (mine.data.get("command") and not mine.vllm):
        for field in ("command", "args"):
            here.pop(field, None)
            if field in made.data:
                here[field] = copy.deepcopy(made.data[field])
    return data


def _parse_picker(data: Any) -> None:
    """A picker configuration of a service that is a string, as the object that it says."""
    config = as_dict(at(data, "spec", "router", "scheduler", "config"))
    if isinstance(text := config.get("inline"), str):
        documents = parse(text, "picker configuration", learning=False)
        config["inline"] = copied(documents[0].data) if documents else text


def picker_respelled(given: Resource) -> Any:
    """The Deployment of an endpoint picker with its container named as the stack names it."""
    data = copy.deepcopy(given.data)
    if (own := picker_container(data)) is not None:
        own["name"] = CONTAINER
    return data


def picker_container(data: Any) -> dict[str, Any] | None:
    """The container of the endpoint picker in a Deployment."""
    found = [c for _, c in maps(at(data, "spec", "template", "spec", "containers"))]
    own = [c for c in found if any("--pool-name" in str(a) for a in as_list(c.get("args")))]
    return next(iter(own if len(found) > 1 else found), None)


def converted(given: Resource, rendered: Bundle, served: Sequence[str]) -> Resource:
    """A service in the API version of the rendered one, where the API server converts it as it is.

    served: the versions that the API server serves. The form of a pool differs between them.
    """
    for made in rendered.of_kind(given.kind, given.group):
        versions = {one.version for one in (given, made)}
        pool = given.get("spec", "router", "scheduler", "pool", "spec")
        if made.name == given.name and versions <= set(served) and pool is None:
            return replace(given, data={**given.data, "apiVersion": made.data["apiVersion"]})
    return given


def files_respelled(given: Resource, rendered: Bundle) -> Any:
    """The ConfigMap with the text of the rendered one where both are YAML that says the same."""
    data = copy.deepcopy(given.data)
    for made in rendered.of_kind("ConfigMap", ""):
        if made.name == given.name and given.namespace in ("", made.namespace):
            texts, files = as_dict(made.get("data")), as_dict(data.get("data"))
            for key in texts.keys() & files.keys():
                if _same_yaml(texts[key], files[key]):
                    files[key] = texts[key]
    return data


def _same_yaml(one: Any, other: Any) -> bool:
    """Whether two texts are one YAML document each, with the same object."""
    if not (isinstance(one, str) and isinstance(other, str)) or one == other:
        return False
    first, second = (parse(text, "file", learning=False) for text in (one, other))
    if any(document.problems for document in (*first, *second)):
        return False
    whole = len(first) == len(second) == 1 and isinstance(first[0].data, dict)
    return whole and first[0].data == second[0].data


def _rename_worker(data: Any, name: str) -> None:
    """Call the container of the workers that uses the accelerators as the leader's is called."""
    spec = at(data, "spec", "leaderWorkerTemplate", "workerTemplate", "spec")
    found = [c for _, c in maps(at(spec, "containers")) if _uses_devices(c)]
    if len(found) == 1:
        found[0]["name"] = name


def _uses_devices(container: Any) -> bool:
    asked = (as_dict(at(container, "resources", kind)) for kind in _QUANTITIES)
    return any(TPU in one or GPU in one for one in asked)


def _says(rendered: CommandLine, given: CommandLine) -> bool:
    """Whether the rendered line sets every flag of the given one to the same value."""
    if not given.complete or (given.path and not given.flags and given.model is None):
        return False
    mine, theirs = dict(_flags(rendered)), dict(_flags(given))
    return all(name in mine and mine[name] == value for name, value in theirs.items())


def _flags(line: CommandLine) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """The values of each flag; the model is one, however it is given."""
    for name, flag in line.flags.items():
        if len(name) > 1 and flag.value not in _DEFAULT_FLAGS.get(name, ()):
            yield name, tuple(one.value for one in line.several(name) if one is not line.model)
    if line.model is not None:
        yield "model", (line.model.value,)
