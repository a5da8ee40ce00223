"""A job of GitHub Actions that Google Cloud does not let in."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.identity_pairs import ROLE
from stackgen.escape import visible
from stackgen.facts.google_cloud import Grant, account_id, cloud
from stackgen.facts.shape import plain, text
from stackgen.facts.workflows import Job, jobs
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_REPOSITORY = regex(r"/attribute\.repository/([\w.-]+/[\w.-]+)\Z")
_PROVIDER = regex(
    r"projects/(?P<number>[\w-]+)/locations/global/workloadIdentityPools/[\w-]+"
    r"(?P<provider>/providers/[\w-]+)?\Z"
)
_GITHUB = regex(r"(?:https://|ssh://git@|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?\Z")
_SOURCES = (
    ("GitRepository", "source.toolkit.fluxcd.io", ("spec", "url")),
    ("Application", "argoproj.io", ("spec", "source", "repoURL")),
)


def check(context: Context) -> Violations:
    """One finding for each job and reason."""
    signing = [job for job in jobs(context.bundle) if next(job.sign_ins(), None) is not None]
    for job in signing:
        if job.write is False:
            yield violation(
                f"job {visible(job.name)} signs in with its identity, and its permissions have no "
                "id-token: write",
                job.place(job.where),
                job.place(next(job.sign_ins()).path),
            )
        yield from _registries(job)
        yield from _providers(job)
    yield from _accounts(context, signing) if signing else ()


def _registries(job: Job) -> Violations:
    """Images that are pushed to a host for which docker has no credentials."""
    known = job.registries()
    for image, path in job.pushes() if known is not None else ():
        host = image.partition("/")[0]
        if known is not None and host not in known:
            yield violation(
                f"job {visible(job.name)} pushes to {host}, and configure-docker is for "
                f"{', '.join(map(visible, sorted(known)))}",
                job.place(path),
                severity=Severity.WARNING,
            )
            return


def _providers(job: Job) -> Violations:
    """Names of a provider that are those of its pool, or that have the ID of the project.

    Source: google-github-actions/auth, TROUBLESHOOTING.md.
    """
    for step in job.sign_ins():
        name = step.inputs["workload_identity_provider"]
        found = _PROVIDER.match(name)
        if found is None:
            continue
        said = (
            "" if found["provider"] else "names a pool and no provider: /providers/NAME is missing"
        )
        if not found["number"].isdigit():
            said = f"has the project ID {visible(found['number'])}; it needs the project number"
        if said:
            place = job.place((*step.path, "with", "workload_identity_provider"))
            yield violation(f"workload_identity_provider {said}", place)


def _accounts(context: Context, signing: list[Job]) -> Violations:
    """Accounts that no repository may act for, while one may act for another account."""
    known = cloud(context.bundle)
    made = known.names.get("IAMServiceAccount", {})
    bound = [
        one
        for one in known.grants
        if one.role == ROLE and _REPOSITORY.search(one.who) and plain(one.who + one.target)
    ]
    own = sorted(set(_repositories(context)))
    for job in signing if bound and known.whole else ():
        for step in job.sign_ins():
            email = step.inputs.get("service_account", "")
            who = account_id(email)
            mine = [one for one in bound if one.target == who]
            place = job.place((*step.path, "with", "service_account"))
            targets = sorted({one.target for one in bound})
            if who and plain(who) and not mine and all(one in made for one in targets):
                yield violation(
                    f"no binding lets a repository act for {visible(who)}; there is one for "
                    f"{', '.join(targets)}",
                    place,
                    Place(bound[0].by, ("spec", "resourceRef"), note="the binding"),
                    severity=Severity.WARNING,
                )
            elif mine and len(own) == 1:
                yield from _other_repository(mine, own[0], place)
            yield from _other_project(made.get(who), email, place)


def _other_project(account: Resource | None, email: str, place: Place) -> Violations:
    named = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    project = text(account.get("spec", "project")) if account is not None else ""
    if account is not None and project and plain(project + named) and project != named:
        yield violation(
            f"the account is of project {visible(named)}; the input makes it in project {project}",
            place,
            Place(account, (), note="the account"),
            severity=Severity.WARNING,
        )


def _other_repository(mine: list[Grant], own: str, place: Place) -> Violations:
    named = [found[1] for one in mine if (found := _REPOSITORY.search(one.who))]
    owner = own.partition("/")[0]
    if all(one.lower() != own.lower() and one.partition("/")[0] == owner for one in named):
        yield violation(
            f"the binding is for repository {visible(named[0])}, and the delivery reads {own}",
            Place(mine[0].by, ("spec", "member")),
            place,
            severity=Severity.WARNING,
            confidence="medium",
        )


def _repositories(context: Context) -> Iterator[str]:
    """The repositories of GitHub that deliver manifests."""
    for kind, group, path in _SOURCES:
        for one in context.bundle.of_kind(kind, group):
            found = _GITHUB.match(text(one.get(*path)))
            if found:
                yield found[1]
