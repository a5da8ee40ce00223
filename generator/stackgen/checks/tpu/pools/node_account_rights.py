"""A service account of nodes with rights that each Pod then has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_ACCOUNT = ("spec", "nodeConfig", "serviceAccountRef", "external")
_METADATA = ("spec", "nodeConfig", "workloadMetadataConfig", "mode")
_IDENTITY = ("spec", "workloadIdentityConfig", "workloadPool")
# A block of Terraform, or the address of the account.
_WHO = regex(
    r"google_service_account\.[\w-]+|[a-z][a-z0-9-]+@[a-z0-9-]+\.iam\.gserviceaccount\.com"
)
# Roles that change the project, act for others, or read all data of a kind.
# Source: IAM documentation, roles and permissions.
_BROAD = regex(
    r"roles/(?:owner|editor|[a-z]+\.admin|secretmanager\.secretAccessor|compute\.osAdminLogin"
    r"|compute\.instanceAdmin(?:\.v1)?|container\.(?:clusterAdmin|developer)|iam\.\w+Admin"
    r"|iam\.serviceAccount(?:User|TokenCreator|KeyAdmin)|resourcemanager\.projectIamAdmin)\Z"
)


def check(context: Context) -> Violations:
    """One finding for each account, where no cluster of the input has Workload Identity."""
    outside = context.bundle.outside
    clusters = [r for r in outside if r.kind == "ContainerCluster"]
    closed = any(r.get(*_IDENTITY) is not None or _is_autopilot(r) for r in clusters)
    if not clusters or closed:
        return
    roles: dict[str, list[Resource]] = {}
    for grant in outside:
        of_project = text(grant.get("spec", "resourceRef", "kind")) in ("", "Project")
        broad = grant.kind == "IAMPolicyMember" and _BROAD.match(text(grant.get("spec", "role")))
        if broad and of_project:
            roles.setdefault(_who(grant.get("spec", "member")), []).append(grant)
    told: set[str] = set()
    for pool in outside:
        who = _who(pool.get(*_ACCOUNT))
        if pool.kind not in ("ContainerNodePool", "ContainerCluster") or who in told or not who:
            continue
        given = roles.get(who, [])
        if given and pool.get(*_METADATA) is None:
            told.add(who)
            names = ", ".join(sorted({text(one.get("spec", "role")) for one in given}))
            yield violation(
                f"each Pod of these nodes has {names}: the cluster has no Workload Identity, and "
                "Pods get the token of the node",
                Place(pool, _ACCOUNT),
                Place(given[0], ("spec", "role")),
            )


def _is_autopilot(cluster: Resource) -> bool:
    return cluster.get("spec", "enableAutopilot") is not None


def _who(value: object) -> str:
    found = _WHO.search(text(value))
    return found[0] if found else ""
