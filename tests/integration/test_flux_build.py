"""Flux's own libraries render every Kustomization of the stack, and lose nothing of it.

Before it applies objects, Flux reads those of built-in kinds into Go types. That adds empty fields,
and drops what a type does not know. It also drops the status of custom resources.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stackgen.facts import quantity
from tests.integration import delivery
from tests.integration.overlays import flux_build, of_others
from tests.integration.rendered import NAMED, NAMES, Object, Stack, identity

SKIPS = {
    "kustomize.toolkit.fluxcd.io/ssa": "ignore",
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
}
EXACT = re.compile(r"@sha256:[0-9a-f]{64}$|:v?[0-9]+(\.[0-9]+){2}([.-][0-9A-Za-z.-]+)?$")


def _lost(before: Any, after: Any, path: str) -> Iterator[str]:
    """The paths of what is not there afterwards, or is there with another value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from _lost(value, after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _lost(one, other, f"{path}[{i}]")
    elif before != after and not _same_quantity(before, after):
        yield path


def _same_quantity(one: Any, other: Any) -> bool:
    """Whether both are the same number, as `10000` and `10k` are."""
    try:
        return quantity.parse(str(one)) == quantity.parse(str(other))
    except quantity.QuantityError:
        return False


@pytest.mark.parametrize("name", NAMES)
def test_flux_renders_every_kustomization(
    name: str, stack_of: Callable[[str], Stack], tmp_path: Path
) -> None:
    stack = stack_of(name)
    if stack.engine != "flux":
        pytest.skip("delivered by another engine")
    shutil.copytree(stack.root, tmp_path / "copy")
    ordered = delivery.kustomizations(stack)
    assert len(ordered) > 4
    tried: list[str] = []
    for file, folder in ordered:
        if not (stack.out / folder).is_dir():
            continue  # encrypted files, which the user writes
        found = flux_build(tmp_path / "copy", stack.out / file)
        wanted = {identity(d): d for f, d in stack.files.items() if f.startswith(f"{folder}/")}
        assert {identity(d) for d in found} == set(wanted), folder
        lost = [(identity(d), p) for d in found for p in _lost(wanted[identity(d)], d, "")]
        assert lost == [], folder
        tried += [identity(d) for d in found]
    delivered = [f for f in stack.files if not f.startswith("delivery/")]
    assert len(tried) == len(set(tried)), "two Kustomizations apply the same object"
    assert len(tried) == len(delivered), "no Kustomization applies an object"


def _flux(stack: Stack) -> Stack:
    if stack.engine != "flux":
        pytest.skip("delivered by another engine")
    return stack


@pytest.mark.parametrize("name", NAMED)
def test_flux_renders_the_sources_of_others(name: str, stack_of: Callable[[str], Stack]) -> None:
    """With the patches of the stack, at the pinned commit."""
    for data, found in of_others(_flux(stack_of(name))):
        if found is None:
            pytest.skip(f"the source {data['spec']['sourceRef']['name']} cannot be had")
        assert found, data["metadata"]["name"]
        dropped = {
            patch["target"]["kind"]
            for patch in data["spec"].get("patches", ())
            if '"$patch": delete' in patch["patch"]
        }
        assert dropped.isdisjoint(d["kind"] for d in found)


def _is_skipped(data: Object) -> bool:
    """Whether Flux leaves the object alone: fluxcd/pkg/ssa compares without case."""
    notes = data["metadata"].get("annotations") or {}
    return any(notes.get(key, "").lower() == value for key, value in SKIPS.items())


def test_no_object_of_others_is_applied_twice(stack_of: Callable[[str], Stack]) -> None:
    """Two Kustomizations with one object in their inventories take it from each other."""
    for name in NAMED:
        stack = stack_of(name)
        if stack.engine == "flux":
            built = [found for _, found in of_others(stack) if found is not None]
            applied = [identity(d) for found in built for d in found if not _is_skipped(d)]
            if not built:
                pytest.skip("the source of KServe cannot be had")
            assert [x for x, n in Counter(applied).items() if n > 1] == []


@pytest.mark.xfail(reason="the overlay of KServe runs images by a moving tag", strict=True)
def test_no_image_of_others_moves(stack_of: Callable[[str], Stack]) -> None:
    """A pinned commit does not pin what it runs: an image needs a digest or an exact version."""
    moving = {
        image
        for name in NAMED
        for _, found in of_others(stack_of(name))
        for data in found or ()
        for image in _images(data)
        if not EXACT.search(image)
    }
    assert moving == set()


def _images(data: Any) -> Iterator[str]:
    """The values of all fields `image`: the presets of KServe hold pod templates too."""
    if isinstance(data, dict):
        if isinstance(image := data.get("image"), str):
            yield image
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _images(item)
