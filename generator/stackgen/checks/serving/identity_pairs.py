"""ServiceAccounts whose annotation and binding do not name the same Google service account."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.composed import kind_patched, together
from stackgen.checks.context import Context
from stackgen.facts.google_cloud import Cloud, account_id, cloud
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

ANNOTATION = "iam.gke.io/gcp-service-account"
ROLE = "roles/iam.workloadIdentityUser"
_PATH = ("metadata", "annotations", ANNOTATION)
_ANNOTATES = regex(r"\bannotate\b")


def unmatched(context: Context, accounts: Iterable[Resource]) -> Violations:
    """One finding for each ServiceAccount, if the input makes all bindings."""
    known = cloud(context.bundle)
    if not known.whole or not known.grants:
        return
    there = {f"{one.namespace}/{one.name}" for one in accounts}
    for one in accounts:
        if not one.namespace or len(list(context.bundle.named(
            "ServiceAccount", one.namespace, one.name
        ))) > 1:  # fmt: skip
            continue
        given = text(one.get(*_PATH))
        if given:
            yield from _annotated(known, one, account_id(given), there)
        else:
            yield from _bare(context, known, one)


def _annotated(known: Cloud, one: Resource, wanted: str, there: set[str]) -> Violations:
    who = f"{one.namespace}/{one.name}"
    acting = [grant for grant in known.grants if grant.role == ROLE]
    own = [grant for grant in acting if grant.who == who]
    if not wanted or not plain(wanted) or any(grant.target == wanted for grant in own):
        return
    others = [grant for grant in own if plain(grant.target)]
    if others and len(others) == len(own):
        yield violation(
            f"the annotation names {wanted}; the binding lets ServiceAccount {who} act for "
            f"{others[0].target}",
            Place(one, _PATH),
            Place(others[0].by, ("spec", "resourceRef"), note="the binding"),
        )
    elif not own and wanted in known.names.get("IAMServiceAccount", {}):
        # A member that no manifest has is a finding of its own.
        stray = any(g.target == wanted and g.who not in there and "/" in g.who for g in acting)
        roles = any(g.target == wanted and g.who == who for g in known.grants)
        if not stray and not roles:
            yield violation(
                f"nothing lets ServiceAccount {who} act for {wanted}: no binding gives it {ROLE}",
                Place(one, _PATH),
                Place(known.names["IAMServiceAccount"][wanted], (), note="the account"),
            )


def _bare(context: Context, known: Cloud, one: Resource) -> Violations:
    who = f"{one.namespace}/{one.name}"
    own = [grant for grant in known.roles(who) if grant.role == ROLE]
    if len(own) == 1 and not is_completed_account(context, one):
        yield violation(
            f"a binding lets ServiceAccount {who} act for {own[0].target}, and the ServiceAccount "
            f"has no annotation {ANNOTATION}",
            Place(one, ("metadata", "name")),
            Place(own[0].by, ("spec", "member"), note="the binding"),
        )


def is_completed_account(context: Context, one: Resource) -> bool:
    """Whether a patch or a script may give the ServiceAccount the annotation."""
    texts = {r.document.source.text for r in context.bundle.outside if r.document is not None}
    if any(map(_ANNOTATES.search, texts)):
        return True
    world = together(context, one)
    folders = world.folders if world is not None else frozenset()
    for index in (r for r in context.bundle.resources if r.index):
        if index.file.rpartition("/")[0] not in folders:
            continue
        if any(index.get(w) for w in ("components", "replacements", "transformers")):
            return True
        if index.get("commonAnnotations") or index.get("patchesStrategicMerge"):
            return True
        for _, patch in maps(index.get("patches")):
            if kind_patched(patch) in ("", "ServiceAccount"):
                return True
    return any(as_dict(one.data).get("kind") == "ServiceAccount" for one in context.bundle.patches)
