"""S3 credentials of a namespace that an InferenceService does not get."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.object_references import made_from
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.record import record

_KEY = "AWS_SECRET_ACCESS_KEY"
_FORMER = "awsSecretAccessKey"  # of installations whose ConfigMap names no keys
_SECRET_NAME = "serving.kserve.io/storageSecretName"
_ENDPOINT = "serving.kserve.io/s3-endpoint"
_ROLE = "eks.amazonaws.com/role-arn"


@record
class _Credentials:
    """A Secret with S3 credentials, or what makes it. key: of the secret access key."""

    resource: Resource
    name: str
    key: str


def check(context: Context) -> Violations:
    """Services that load from S3, in namespaces with a Secret for it."""
    config = list(context.bundle.named("ConfigMap", "kserve", "inferenceservice-config"))
    if config:  # it may give the keys other names
        return
    found = list(_credentials(context))
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        here = [one for one in found if one.resource.namespace == service.namespace]
        predictor = as_dict(service.get("spec", "predictor"))
        uris = [text(as_dict(given).get("storageUri")) for given in predictor.values()]
        named = at(service.metadata, "annotations", _SECRET_NAME)
        if not here or named or not any(uri.startswith("s3://") for uri in uris):
            continue
        yield from _of_service(context, service, text(predictor.get("serviceAccountName")), here)


def _of_service(
    context: Context, service: Resource, name: str, here: list[_Credentials]
) -> Violations:
    accounts = list(context.bundle.named("ServiceAccount", service.namespace, name or "default"))
    if name and not accounts:
        return  # it is not in the input
    if any(at(one.metadata, "annotations", _ROLE) for one in accounts):
        return
    listed = {text(one.get("name")) for a in accounts for _, one in maps(a.get("secrets"))}
    mine = [one for one in here if one.name in listed]
    where = ("spec", "predictor", "serviceAccountName") if name else ("spec", "predictor")
    if mine and all(one.key != _KEY for one in mine):
        yield violation(
            f"Secret {visible(mine[0].name)} has the key {visible(mine[0].key)}; KServe takes S3 "
            f"credentials from {_KEY}",
            Place(mine[0].resource, ("metadata", "name")),
            Place(service, where, note="loads from S3"),
        )
    elif mine and (settings := _settings(accounts)) and not _settings([mine[0].resource]):
        yield violation(
            f"KServe reads the S3 settings of a ServiceAccount only beside {_ROLE}; Secret "
            f"{visible(mine[0].name)} has none",
            Place(accounts[0], ("metadata", "annotations", settings[0])),
            Place(mine[0].resource, ("metadata", "name"), note="the credentials"),
        )
    elif not mine and not listed:
        yield violation(
            f"ServiceAccount {visible(name or 'default')} lists no Secret, so the storage "
            f"initializer loads s3:// without the credentials of Secret {visible(here[0].name)}",
            Place(service, where, key=not name),
            Place(here[0].resource, ("metadata", "name"), note="the credentials"),
        )


def _settings(resources: list[Resource]) -> list[str]:
    """The annotations or keys that say where S3 is."""
    keys = [
        str(key)
        for one in resources[:1]
        for part in (one.metadata.get("annotations"), one.get("data"), one.get("stringData"))
        for key in as_dict(part)
    ]
    return [key for key in keys if key in (_ENDPOINT, "S3_ENDPOINT", "AWS_ENDPOINT_URL")]


def _credentials(context: Context) -> Iterator[_Credentials]:
    for resource in (*context.bundle.objects, *context.bundle.outside):
        if resource.kind == "Secret" and not resource.group:
            keys = [*as_dict(resource.get("data")), *as_dict(resource.get("stringData"))]
            sets = [(resource.name, keys)]
        else:
            made = (one for one in made_from(resource) if one.kind == "Secret" and one.keys)
            sets = [(one.name, list(one.keys or ())) for one in made]
        for name, keys in sets:
            for key in (_KEY, _FORMER):
                if key in keys:
                    yield _Credentials(resource, name, key)
                    break
