"""A real kube-apiserver accepts every object, in the order of delivery, by server-side apply.

There are no controllers: a namespace stays when it is deleted, and nothing becomes ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tools.verdicts.server import Server

from tests.integration import cluster, delivery
from tests.integration.rendered import NAMED, NAMES, Object, Stack, identity

# Flux applies a Namespace before what is in it, and keeps the order of the rest.
FIRST = ("Namespace", "CustomResourceDefinition")
BESIDE = ("delivery/management-cluster", "delivery/workload-cluster")
NAMESPACES = ("flux-system", "argocd")  # `bootstrap` installs the engine


@pytest.fixture(scope="module")
def api() -> Iterator[Server]:
    with cluster.running() as found:
        for name in NAMESPACES:
            data = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            assert cluster.apply(found, data) == ""
        yield found


def _steps(stack: Stack) -> Iterator[tuple[str, list[Object]]]:
    """The folders in the order of delivery, each with its objects in the order of application."""
    for folder in (*BESIDE, *delivery.folders(stack)):
        found = delivery.objects(stack, folder)
        yield folder, sorted(found, key=lambda d: d["kind"] not in FIRST)


def _rejected(api: Server, stack: Stack, tried: list[str]) -> list[str]:
    """What the server says against objects of the stack, applied folder by folder."""
    said = []
    for folder, objects in _steps(stack):
        for data in objects:
            if cluster.known(api, data):
                tried.append(identity(data))
                why = cluster.apply(api, data)
                said += [f"{folder}: {why}"] if why else []
    return said


def _cleared(api: Server, stack: Stack) -> None:
    for data in stack.files.values():
        if data["kind"] != "Namespace" and cluster.known(api, data):
            cluster.remove(api, data)


@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_accepted(name: str, api: Server, stack_of: Callable[[str], Stack]) -> None:
    stack = stack_of(name)
    tried: list[str] = []
    assert _rejected(api, stack, tried) == []
    known = [identity(d) for d in stack.files.values() if cluster.known(api, d)]
    assert sorted(tried) == sorted(known), "a folder is not delivered, or is delivered twice"
    assert len(tried) > 20
    _cleared(api, stack)


NEIGHBORS = [
    (one, other)
    for env in ("dev", "prod")
    for names in ([n for n in NAMED if n.endswith(f"/{env}") and not n.startswith("reference")],)
    for one, other in zip(names, [*names[1:], names[0]], strict=True)
]


@pytest.mark.parametrize(("before", "after"), NEIGHBORS)
def test_a_stack_becomes_its_neighbor(
    before: str, after: str, api: Server, stack_of: Callable[[str], Stack]
) -> None:
    old, new = stack_of(before), stack_of(after)
    assert _rejected(api, old, []) == []
    assert _rejected(api, new, []) == []
    kept = {identity(d) for d in new.files.values()}
    for data in old.files.values():
        if identity(data) not in kept and data["kind"] != "Namespace" and cluster.known(api, data):
            cluster.remove(api, data)
    _cleared(api, new)


def test_every_kind_is_tried(stack_of: Callable[[str], Stack], api: Server) -> None:
    kinds = {
        f"{data['kind']} of {data['apiVersion']}"
        for name in NAMES
        for data in stack_of(name).files.values()
        if not cluster.known(api, data)
    }
    if kinds:
        pytest.skip(f"no definition of these kinds can be had here: {', '.join(sorted(kinds))}")
