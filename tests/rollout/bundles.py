"""Bundles of a few objects, and their rollouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.compiler import Compiled
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.net.profile import profile_of
from stackgen.rollout.model import Rollout
from stackgen.rollout.rollout import known_of, rollouts
from tests.stacks import build_data

FLUX = {"kind": "Kustomization", "apiVersion": "kustomize.toolkit.fluxcd.io/v1"}


def bundle_of(files: Mapping[str, str]) -> Bundle:
    """The objects of files, by name."""
    return Bundle(tuple(
        Resource(document.data, file, document=document)
        for file, text in files.items() for document in parse(text, file)
    ))  # fmt: skip


def step(name: str, path: str, *after: str, **spec: Any) -> str:
    """A Flux Kustomization that waits, as YAML."""
    given = {
        "interval": "1h", "path": path, "prune": True, "wait": True,
        "sourceRef": {"kind": "GitRepository", "name": "repository"},
        "dependsOn": [{"name": one} for one in after], **spec,
    }  # fmt: skip
    return str({**FLUX, "metadata": {"name": name, "namespace": "flux-system"}, "spec": given})


def rolled(files: Mapping[str, str], old: Mapping[str, str] | None = None) -> Rollout:
    """The rollout of files, from others or from nothing."""
    before = bundle_of(old).resources if old is not None else ()
    found = rollouts(known_of(bundle_of(files), None, Catalog()), before)
    assert found
    return found[0].rollout


def of_stack(
    data: dict[str, Any] | None = None, env: str = "prod", old: dict[str, Any] | None = None
) -> Rollout:
    """The rollout of a stack, from another one or from nothing."""
    compiled = build_data(env, data)
    before = build_data(env, old).bundle if old is not None else None
    return of_compiled(compiled, before.resources if before is not None else ())


def of_compiled(compiled: Compiled, old: tuple[Resource, ...] = ()) -> Rollout:
    """The rollout of a compiled stack."""
    assert compiled.bundle is not None and compiled.plan is not None
    catalog = compiled.catalog.copy()
    found = rollouts(known_of(compiled.bundle, profile_of(compiled.plan), catalog), old)
    return next(one.rollout for one in found if one.rollout.delivery == "workload-cluster")
