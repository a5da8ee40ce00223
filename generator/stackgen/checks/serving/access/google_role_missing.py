"""A Google service account without the role for what its Pods, stores or nodes read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.access.gcsfuse_annotation import fuse_pods
from stackgen.checks.serving.identity_pairs import ANNOTATION, is_completed_account
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.clusters import clusters
from stackgen.facts.google_cloud import Cloud, account_id, cloud, service_accounts
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.facts.workflows import jobs
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

# Predefined roles with the permission. Source: IAM documentation, roles and permissions.
_READ_OBJECTS = frozenset(
    f"roles/storage.{role}"
    for role in (
        "objectViewer", "objectUser", "objectAdmin", "admin", "legacyObjectReader",
        "legacyObjectOwner",
    )
)  # fmt: skip
_READ_SECRETS = frozenset({"roles/secretmanager.secretAccessor", "roles/secretmanager.admin"})
_WRITE_RECORDS = frozenset({"roles/dns.admin"})
_PULL = frozenset(
    f"roles/artifactregistry.{role}" for role in ("reader", "writer", "repoAdmin", "admin")
) | {"roles/container.nodeServiceAccount", "roles/composer.worker"}
_PUSH = frozenset(f"roles/artifactregistry.{role}" for role in ("writer", "repoAdmin", "admin"))
# Roles that may hold the permission.
_BROAD = frozenset({"roles/owner", "roles/editor", "roles/viewer", "roles/reader", "roles/writer"})
# What a role on these gives is for all that is in them.
_ABOVE = ("Project", "Folder", "Organization", "")
# Members that may stand for an account.
_GROUPS = ("group:", "domain:", "allUsers", "allAuthenticatedUsers", "principalSet:", "principal:")
_ACCOUNT_OF_STORE = ("spec", "provider", "gcpsm", "auth", "workloadIdentity", "serviceAccountRef")
_GS = regex(r"gs://([a-z0-9._-]+)")
_IMAGE = regex(r"[a-z0-9-]+-docker\.pkg\.dev/[^/]+/([^/]+)/")


def check(context: Context) -> Violations:
    """One finding for each account and need, if the input makes all bindings."""
    known = cloud(context.bundle)
    if known.whole and known.grants:
        yield from _buckets(context, known)
        yield from _charts(context, known)
        yield from _stores(context, known)
        yield from _images(context, known)
        yield from _pushes(context, known)


def _lacks(known: Cloud, who: str, roles: Collection[str], kind: str, target: str) -> str | None:
    """What an account has instead of one of the roles; None if it has one, or may have."""
    given = known.roles(who)
    if any(one.role in _BROAD or not one.role.startswith("roles/") for one in given):
        return None
    for one in (*given, *(x for x in known.grants if x.who.startswith(_GROUPS))):
        everywhere = one.kind in _ABOVE or not target or not plain(one.target)
        if one.role in roles and (everywhere or one.target == target):
            return None
    near = sorted({one.role for one in given if one.kind == kind and one.target == target})
    return f"; it has {', '.join(near)}" if near else ""


def _buckets(context: Context, known: Cloud) -> Violations:
    made = known.names.get("StorageBucket", {})
    told: set[tuple[str, str]] = set()
    for place, space, account, bucket in (*_mounted(context), *_downloaded(context)):
        found = list(context.bundle.named("ServiceAccount", space, account))
        who = account_id(text(found[0].get("metadata", "annotations", ANNOTATION))) if found else ""
        accounts = known.names.get("IAMServiceAccount", {})
        if bucket in made and len(found) == 1 and _has_none(context, known, found[0]):
            own = f"{space}/{account}"
            if (own, bucket) not in told:
                told.add((own, bucket))
                yield violation(
                    f"ServiceAccount {own} has no annotation {ANNOTATION} and no binding of its "
                    f"own, so nothing lets its Pods read bucket {bucket}",
                    place,
                    Place(found[0], ("metadata", "name"), note="the account"),
                )
            continue
        if bucket not in made or who not in accounts or (who, bucket) in told:
            continue
        told.add((who, bucket))
        has = _lacks(known, who, _READ_OBJECTS, "StorageBucket", bucket)
        if has is not None:
            yield violation(
                f"no binding gives {who} a role that reads the objects of bucket {bucket}{has}",
                place,
                Place(accounts[who], (), note="the account"),
            )


def _has_none(context: Context, known: Cloud, account: Resource) -> bool:
    """Whether an account acts for none and has no role itself, where Pods have no other identity.

    Nodes with their own metadata server give Pods the account of the node.
    """
    own = f"{account.namespace}/{account.name}"
    pools = [one for one in context.bundle.outside if one.kind == "ContainerNodePool"]
    mode = ("spec", "nodeConfig", "workloadMetadataConfig", "mode")
    made = list(clusters(context.bundle))
    return (
        bool(account.namespace and plain(own))
        and bool(made) and all(one.pool for one in made)
        and all(pool.get(*mode) == "GKE_METADATA" for pool in pools)
        and not account.get("metadata", "annotations", ANNOTATION)
        and not account.get("secrets")
        and not known.roles(own)
        and not any("svc.id.goog" in one.who for one in known.grants)
        and not is_completed_account(context, account)
    )  # fmt: skip


def _mounted(context: Context) -> Iterator[tuple[Place, str, str, str]]:
    """Buckets that Pods mount: the place, and the namespace and name of their ServiceAccount."""
    for resource, template, i in fuse_pods(context):
        volume = template.spec["volumes"][i]
        bucket = text(at(volume, "csi", "volumeAttributes", "bucketName"))
        claim = text(at(volume, "persistentVolumeClaim", "claimName"))
        for one in context.bundle.named("PersistentVolumeClaim", resource.namespace, claim):
            for bound in context.bundle.named(
                "PersistentVolume", "", text(one.get("spec", "volumeName"))
            ):
                bucket = text(bound.get("spec", "csi", "volumeHandle")).partition(":")[0]
        place = Place(resource, (*template.spec_path, "volumes", i))
        yield place, resource.namespace, text(template.spec.get("serviceAccountName")), bucket


def _downloaded(context: Context) -> Iterator[tuple[Place, str, str, str]]:
    """Buckets from which KServe downloads models."""
    for one in context.bundle.of_kind("InferenceService"):
        predictor = as_dict(one.get("spec", "predictor"))
        path = ("spec", "predictor", "model", "storageUri")
        bucket = _GS.match(text(one.get(*path)))
        if bucket and predictor.get("serviceAccountName"):
            account = text(predictor.get("serviceAccountName"))
            yield Place(one, path), one.namespace, account, bucket[1]


def _charts(context: Context, known: Cloud) -> Violations:
    """Controllers of charts whose account the values name."""
    path = ("serviceAccount", "annotations", ANNOTATION)
    for values in chart_values(context.bundle):
        who = account_id(text(at(values.values, *path)))
        made = known.names.get("IAMServiceAccount", {}).get(who)
        roles, needs = _NEEDED.get(values.chart, (frozenset(), None))
        need = needs(context, values.values) if needs is not None and made is not None else ""
        if not need or made is None or any(one.role in roles for one in known.roles(who)):
            continue
        if _lacks(known, who, roles, "Project", "") is not None:
            role = min(roles, key=lambda one: (one != _USUAL[values.chart], one))
            service = role.removeprefix("roles/").partition(".")[0]
            others = sorted({g.role for g in known.roles(who) if f"/{service}." in g.role})
            yield violation(
                f"no binding gives {who} the role {role}, which {need} needs"
                + (f"; it has {', '.join(others)}" if others else ""),
                values.place(path),
                Place(made, (), note="the account"),
            )


def _stores(context: Context, known: Cloud) -> Violations:
    """Stores of Secret Manager with an account of their own, and the secrets read through them."""
    made = known.names.get("SecretManagerSecret", {})
    told: set[tuple[str, str]] = set()
    for secret in context.bundle.of_kind("ExternalSecret") if made else ():
        ref = as_dict(secret.get("spec", "secretStoreRef"))
        kind = text(ref.get("kind")) or "SecretStore"
        space = secret.namespace if kind == "SecretStore" else ""
        for store in context.bundle.named(kind, space, text(ref.get("name"))):
            account = as_dict(store.get(*_ACCOUNT_OF_STORE))
            home = text(account.get("namespace")) or secret.namespace
            found = list(context.bundle.named("ServiceAccount", home, text(account.get("name"))))
            note = text(found[0].get("metadata", "annotations", ANNOTATION)) if found else ""
            who = account_id(note)
            owner = known.names.get("IAMServiceAccount", {}).get(who)
            for i, row in maps(secret.get("spec", "data") if owner is not None else None):
                key = text(as_dict(row.get("remoteRef")).get("key"))
                if key not in made or (who, key) in told or owner is None:
                    continue
                told.add((who, key))
                has = _lacks(known, who, _READ_SECRETS, "SecretManagerSecret", key)
                if has is not None:
                    yield violation(
                        f"no binding gives {who}, the account of {kind} {store.name}, "
                        f"roles/secretmanager.secretAccessor on secret {visible(key)}{has}",
                        Place(secret, ("spec", "data", i, "remoteRef", "key")),
                        Place(owner, (), note="the account"),
                    )


def _store(context: Context, _values: Mapping[str, Any]) -> str:
    """A store of Secret Manager."""
    for kind in ("ClusterSecretStore", "SecretStore"):
        for one in context.bundle.of_kind(kind):
            if one.get("spec", "provider", "gcpsm") is not None:
                return f"{kind} {one.name}"
    return ""


def _solver(context: Context, _values: Mapping[str, Any]) -> str:
    """An issuer that proves domains by records of Cloud DNS, with the account of the controller."""
    for kind in ("ClusterIssuer", "Issuer"):
        for one in context.bundle.of_kind(kind):
            for _, solver in maps(one.get("spec", "acme", "solvers")):
                cloud_dns = at(solver, "dns01", "cloudDNS")
                if isinstance(cloud_dns, dict) and not cloud_dns.get("serviceAccountSecretRef"):
                    return f"{kind} {one.name}"
    return ""


def _records(_context: Context, values: Mapping[str, Any]) -> str:
    """external-dns, if it writes records of Cloud DNS."""
    provider = values.get("provider")
    name = provider.get("name") if isinstance(provider, dict) else provider
    return "external-dns" if name == "google" else ""


_NEEDED: Mapping[str, tuple[frozenset[str], Callable[[Context, Mapping[str, Any]], str]]] = {
    "external-secrets": (_READ_SECRETS, _store),
    "cert-manager": (_WRITE_RECORDS, _solver),
    "external-dns": (_WRITE_RECORDS, _records),
}
_USUAL = {
    "external-secrets": "roles/secretmanager.secretAccessor",
    "cert-manager": "roles/dns.admin",
    "external-dns": "roles/dns.admin",
}


def _images(context: Context, known: Cloud) -> Violations:
    made = known.names.get("ArtifactRegistryRepository", {})
    images = list(_pulled(context, made)) if made else []
    for pool, who in service_accounts(context.bundle, "ContainerNodePool") if images else ():
        account = known.names.get("IAMServiceAccount", {}).get(who)
        if account is None:
            continue
        for resource, repository in images:
            if _lacks(known, who, _PULL, "ArtifactRegistryRepository", repository) is not None:
                yield violation(
                    f"the nodes of {pool.name} run as {who}, and no binding gives it "
                    f"roles/artifactregistry.reader on repository {visible(repository)}, from "
                    f"which {resource.kind} {resource.name} has an image",
                    Place(account, ()),
                    Place(resource, ("metadata", "name"), note="has the image"),
                )
                break


def _pulled(context: Context, made: Collection[str]) -> Iterator[tuple[Resource, str]]:
    """The Pods with images of repositories that the input makes, and no Secret for them."""
    for pod in pod_specs(context):
        for _, container in maps(pod.spec.get("containers")):
            found = _IMAGE.match(text(container.get("image")))
            if found and found[1] in made and not pod.spec.get("imagePullSecrets"):
                yield pod.resource, found[1]


def _pushes(context: Context, known: Cloud) -> Violations:
    """Jobs of GitHub Actions that push to a repository of the input."""
    made = known.names.get("ArtifactRegistryRepository", {})
    for job in jobs(context.bundle) if made else ():
        accounts = {account_id(one.inputs.get("service_account", "")) for one in job.sign_ins()}
        who = accounts.pop() if len(accounts) == 1 else ""
        account = known.names.get("IAMServiceAccount", {}).get(who)
        for image, path in job.pushes() if account is not None else ():
            repository = image.split("/")[2]
            lacking = repository in made and _lacks(
                known, who, _PUSH, "ArtifactRegistryRepository", repository
            )
            if lacking is not None and lacking is not False:
                yield violation(
                    f"job {visible(job.name)} pushes as {who}, and no binding gives it "
                    f"roles/artifactregistry.writer on repository {visible(repository)}{lacking}",
                    job.place(path),
                    Place(made[repository], (), note="the repository"),
                )
                break
