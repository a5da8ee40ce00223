"""A ServiceAccount that no binding lets act for its Google service account."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, matches, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

ANNOTATION = "iam.gke.io/gcp-service-account"
_GROUP = "iam.cnrm.cloud.google.com"
_ROLE = "roles/iam.workloadIdentityUser"
_MEMBER = regex(
    r"serviceAccount:[^\[\]]*\.svc\.id\.goog\[(?P<space>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+)\]\Z"
    r"|principal://iam\.googleapis\.com/.*/subject/ns/([a-z0-9-]+)/sa/([a-z0-9.-]+)\Z"
)
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
    for binding, path, space, name in members:
        if known.has("ServiceAccount", space, name) or (space, name) in used:
            continue
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
            yield violation(
                f"the binding names ServiceAccount {space}/{name}, which is not in the "
                f"manifests; there is {one.namespace or 'default'}/{one.name}",
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
    for account in accounts:
        email = text(account.get("metadata", "annotations", ANNOTATION))
        name, _, domain = email.partition("@")
        project, at, _ = domain.partition(".iam.gserviceaccount.com")
        projects = made.get(name, set())
        known = bool(projects) and all(one and plain(one) for one in projects)
        if at and plain(project) and known and project not in projects:
            yield violation(
                f"the annotation names {visible(name)} of project {visible(project)}; the input "
                f"makes it in project {', '.join(sorted(projects))}",
                Place(account, ("metadata", "annotations", ANNOTATION)),
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
