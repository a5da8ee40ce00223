"""A ServiceAccount that no binding lets act for its Google service account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving import identity_pairs
from stackgen.checks.serving.access.gcsfuse_annotation import fuse_pods
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, matches, plain, text
from stackgen.facts.shape import at as at_path
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

ANNOTATION = "iam.gke.io/gcp-service-account"
_ANNOTATED = ("metadata", "annotations", ANNOTATION)
_GROUP = "iam.cnrm.cloud.google.com"
_ROLE = "roles/iam.workloadIdentityUser"
_MEMBER = regex(
    r"serviceAccount:[^\[\]]*\.svc\.id\.goog\[(?P<space>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+)\]\Z"
    r"|principal://iam\.googleapis\.com/.*/subject/ns/([a-z0-9-]+)/sa/([a-z0-9.-]+)\Z"
)
# A member whose account is filled in, or that is all accounts of a namespace.
_FILLED_IN = regex(r"/sa/\$|svc\.id\.goog(?:\[[^\s\"'\]/]*/\$|/(?:namespace|kubernetes\.))")
# Roles that let a Pod read a bucket.
_STORAGE = ("roles/storage.object", "roles/storage.admin")
_RESOURCE = regex(r"\$\{(google_service_account\.[\w-]+)\.\w+\}\Z")
_MEMBERS: tuple[tuple[str, ...], ...] = (
    ("spec", "member"),
    ("spec", "bindings", "*", "members", "*"),
)


def check(context: Context) -> Violations:
    """Members that the input does not have, and has under another name or in another namespace.

    It is the one that has the annotation for the same account, or the same name elsewhere.
    """
    known = provided(context)
    accounts = list(context.bundle.of_kind("ServiceAccount", ""))
    used = {(p.namespace, text(p.spec.get("serviceAccountName"))) for p in pod_specs(context)}
    yield from _other_projects(context, accounts)
    members = list(_members(context))
    yield from _other_roles(context, members, accounts)
    bound = {(space, name) for *_, space, name in members}
    yield from _other_readers(context, members)
    yield from identity_pairs.unmatched(context, accounts)
    for binding, path, space, name in members:
        if known.has("ServiceAccount", space, name) or (space, name) in used:
            continue
        if any(a.name == name and not a.namespace for a in accounts):
            continue  # what applies it gives it the namespace
        of = as_dict(binding.get("spec", "resourceRef"))
        target = _target(context, text(of.get("external"))) or of.get("name")
        meant = [
            a
            for a in accounts
            if (a.namespace, a.name) not in bound
            and target
            and text(a.get("metadata", "annotations", ANNOTATION)).startswith(f"{target}@")
        ]
        meant += [a for a in accounts if a.name == name and (a.namespace, name) not in bound]
        if meant:
            one = meant[0]
            there = "/".join(filter(None, (one.namespace, one.name)))
            yield violation(
                f"the binding names ServiceAccount {space}/{name}, which is not in the "
                f"manifests; there is {there}",
                Place(binding, path),
                Place(one, ("metadata", "annotations", ANNOTATION), note="acts for nothing"),
            )


def _target(context: Context, external: str) -> str:
    """The id of the Google service account, which Terraform may name by its resource."""
    by_terraform = _RESOURCE.match(external)
    for one in context.bundle.outside if by_terraform else ():
        if by_terraform and one.name == by_terraform[1]:
            return text(one.get("spec", "accountId"))
    return external.rpartition("/")[2].partition("@")[0]


def _other_projects(context: Context, accounts: list[Resource]) -> Violations:
    """Accounts whose annotation names a Google service account that another project has."""
    made: dict[str, set[str]] = {}
    for one in (*context.bundle.objects, *context.bundle.outside):
        if one.group == _GROUP and one.kind == "IAMServiceAccount":
            made.setdefault(text(one.get("spec", "accountId")), set()).add(
                text(one.get("spec", "project"))
            )
    annotated = [(text(one.get(*_ANNOTATED)), Place(one, _ANNOTATED)) for one in accounts]
    value = ("serviceAccount", "annotations", ANNOTATION)
    annotated += [
        (text(at_path(one.values, *value)), one.place(value))
        for one in chart_values(context.bundle)
    ]
    for email, place in annotated:
        name, _, domain = email.partition("@")
        project, at, _ = domain.partition(".iam.gserviceaccount.com")
        projects = made.get(name, set())
        known = bool(projects) and all(one and plain(one) for one in projects)
        if at and plain(project) and known and project not in projects:
            yield violation(
                f"the annotation names {visible(name)} of project {visible(project)}; the input "
                f"makes it in project {', '.join(sorted(projects))}",
                place,
            )


def _other_roles(
    context: Context,
    members: list[tuple[Resource, Path, str, str]],
    accounts: list[Resource],
) -> Violations:
    """Bindings of ServiceAccounts with the annotation that have another role only."""
    annotated = {
        (a.namespace, a.name) for a in accounts if a.get("metadata", "annotations", ANNOTATION)
    }
    roles: dict[tuple[str, str], list[str]] = {}
    for binding, _, space, name in members:
        if _of_account(binding):
            roles.setdefault((space, name), []).append(text(binding.get("spec", "role")))
    for binding, _, space, name in members:
        given = roles.get((space, name), [])
        role = text(binding.get("spec", "role"))
        known = all(plain(one) and one.startswith("roles/") for one in given)
        if given and known and _ROLE not in given and role in given and (space, name) in annotated:
            yield violation(
                f"ServiceAccount {space}/{name} has {role} on the Google service account; it acts "
                f"for it by {_ROLE}",
                Place(binding, ("spec", "role")),
            )


def _other_readers(context: Context, members: list[tuple[Resource, Path, str, str]]) -> Violations:
    """Bindings on a bucket to an account as which no Pod with a bucket runs, while others do.

    A reader that another text of the input names may have its permissions by that.
    """
    readers: dict[str, dict[str, Resource]] = {}
    for resource, template, _ in fuse_pods(context):
        name = text(template.spec.get("serviceAccountName")) or "default"
        readers.setdefault(resource.namespace, {}).setdefault(name, resource)
    by_role = [m for m in members if text(m[0].get("spec", "role")).startswith(_STORAGE)]
    for binding, path, space, name in by_role if readers else ():
        others = readers.get(space, {})
        if name in others or not others or _of_account(binding):
            continue
        free = [one for one in others if not _granted(context, space, one)]
        if len(free) == len(others):
            yield violation(
                f"the binding is for ServiceAccount {space}/{name}; the Pods with a bucket run as "
                f"{', '.join(f'{space}/{one}' for one in sorted(free))}, which no binding names",
                Place(binding, path),
                Place(others[free[0]], (), note="mounts a bucket"),
            )


def _granted(context: Context, space: str, name: str) -> bool:
    """Whether an account may have permissions that are not those of a binding that is read."""
    accounts = context.bundle.named("ServiceAccount", space, name)
    if any(one.get("metadata", "annotations", ANNOTATION) for one in accounts):
        return True
    texts = {one.document.source.text for one in context.bundle.outside if one.document}
    texts |= {str(one.data) for one in context.bundle.objects if one.group == _GROUP}
    named = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    return any(_FILLED_IN.search(one) or re.search(named, one) for one in texts)


def _of_account(binding: Resource) -> bool:
    """Whether the binding is one of a Google service account, and not of a project."""
    ref = as_dict(binding.get("spec", "resourceRef"))
    external = text(ref.get("external"))
    return (
        ref.get("kind") == "IAMServiceAccount"
        or "@" in external
        or "google_service_account." in external
    )


def _members(context: Context) -> Iterator[tuple[Resource, Path, str, str]]:
    objects = (*context.bundle.objects, *context.bundle.outside)
    for binding in (r for r in objects if r.group == _GROUP):
        for at in _MEMBERS:
            for path, member in matches(binding.data, at):
                found = _MEMBER.match(member) if isinstance(member, str) else None
                if found is not None:
                    space, name = (x for x in found.groups() if x)
                    yield binding, path, space, name
