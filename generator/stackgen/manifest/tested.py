"""Manifests that tests of Gatekeeper and Kyverno read: no cluster has them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.manifest.resource import Resource


def inputs_of(test: Resource) -> Iterator[str]:
    """The files that a test judges, in its folder or below it."""
    folder = os.path.dirname(test.file)
    given: list[Any] = []
    if test.group == "test.gatekeeper.sh":
        for one in _maps(test.get("tests")):
            given += [case.get("object") for case in _maps(one.get("cases"))]
    elif test.group == "cli.kyverno.io":
        given += _list(test.get("resources"))
    for file in given:
        if isinstance(file, str) and file and not file.startswith(("/", "..")):
            yield os.path.normpath(os.path.join(folder, file))


def without_inputs(
    resources: list[Resource], inputs: Iterable[str]
) -> tuple[list[Resource], list[str]]:
    """The resources without those of the files that only tests read, and these files."""
    tested = set(inputs)
    for index in resources if tested else ():
        for entry in _list(index.get("resources")) if index.index else ():
            tested.discard(os.path.normpath(os.path.join(os.path.dirname(index.file), str(entry))))
    if not tested:
        return resources, []
    left = [one for one in resources if os.path.normpath(one.file) not in tested]
    return left, sorted(tested & {os.path.normpath(one.file) for one in resources})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in _list(value) if isinstance(one, dict))
