"""What the user's repository brings to a run: rows, schemas, policies. Its Context is made here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from typing import Any

from stackgen.cache import verdicts
from stackgen.cache.verdicts import Verdicts
from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context, Identity
from stackgen.checks.shard import Shard
from stackgen.findings import config
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.spec.load import Loaded
from stackgen.spec.model import Stack
from stackgen.spec.overlays import SPEC_FILE


@record
class Repository:
    """What stands beside stack.yaml, or what `.stackgen.yaml` names.

    findings: what is wrong with the user's rows. texts: the files of those rows. schemas, policies:
    folders. verdicts: those on single objects, which all environments of a run share.
    """

    catalog: Catalog
    findings: tuple[Finding, ...] = ()
    texts: tuple[Source, ...] = ()
    schemas: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    verdicts: Verdicts = field(default_factory=verdicts.of_run)


def open_repository(root: str) -> Repository:
    """The repository whose stack.yaml or `.stackgen.yaml` stands in `root`.

    Without either, it brings nothing. Raises UsageError for a config file that is wrong.
    """
    has_spec = os.path.lexists(os.path.join(root, SPEC_FILE))
    folders = config.load_folders(root, by_default=has_spec)
    catalog, findings, texts = _catalog(root, folders.catalog)
    schemas = tuple(os.path.normpath(os.path.join(root, name)) for name in folders.schemas)
    policies = tuple(os.path.normpath(os.path.join(root, name)) for name in folders.policies)
    return Repository(catalog, findings, texts, schemas, policies)


def _catalog(root: str, name: str) -> tuple[Catalog, tuple[Finding, ...], tuple[Source, ...]]:
    if not name:
        return Catalog(), (), ()
    from stackgen.catalog.user import open_catalog, texts
    from stackgen.schema.store import variants

    folder = os.path.join(root, name)
    catalog, problems = open_catalog(folder, variants(), name)
    findings = tuple(rule_named(p.rule).finding(p.message, p.place) for p in problems)
    return catalog, findings, tuple(texts(folder, name))


def context_of(
    own: Repository,
    bundle: Bundle,
    release: str,
    profile: Mapping[str, Any],
    *,
    catalog: Catalog | None = None,
    stack: Stack | None = None,
    plan: Plan | None = None,
    loaded: Loaded | None = None,
    today: date | None = None,
    schemas: Iterable[str] = (),
    policies: Iterable[str] = (),
    data: Mapping[str, Any] | None = None,
    previous: Mapping[Identity, dict[str, Any]] | None = None,
    complete: bool = False,
    shard: Shard = Shard(),  # noqa: B008
) -> Context:
    """The context of a run on `bundle`, whether it was rendered here or read.

    catalog: the repository's rows, with a record of those that this environment used. schemas,
    policies: further folders, before the repository's own. The rest is as in `Context`.
    """
    return Context(
        bundle,
        release=release,
        stack=stack,
        plan=plan,
        profile=profile,
        schemas=(*schemas, *own.schemas),
        policies=(*policies, *own.policies),
        data=data or {},
        previous=previous or {},
        complete=complete,
        catalog=catalog or own.catalog,
        loaded=loaded,
        today=today,
        verdicts=own.verdicts,
        shard=shard,
    )
