"""Secrets with credentials for a model that KServe's storage initializer does not get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.checks.context import Context
from stackgen.checks.serving.provided import Provided, provided
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.platforms.kserve.names import KIND
from stackgen.regex import regex

GROUP = "serving.kserve.io"
# A key that was meant to be HF_TOKEN: the rule secrets-hf-token-key names it.
_TOKEN_KEY = regex(r"(?i)(hf|hugging[-_]?face|hugging_face_hub)?[-_.]?(api)?[-_.]?(token|key)\Z")


def check(context: Context) -> Violations:
    """Keys that KServe does not read, and a Secret for KServe that no ServiceAccount lists."""
    known, facts = provided(context), shipped(__file__, "serving_credentials.yaml")
    if any(x.name == "inferenceservice-config" for x in context.bundle.of_kind("ConfigMap", "")):
        return  # it may give the keys other names
    schemes: dict[str, dict[str, list[list[str]]]] = facts["schemes"]
    for service in (x for kind in facts["kinds"] for x in context.bundle.of_kind(kind, GROUP)):
        for path, scheme in _models(service, schemes):
            account = _account(context, service)
            annotations = as_dict(service.get("metadata", "annotations"))
            if known.composed(service) or facts["annotation"] in annotations:
                continue
            if account is not None and not _annotations(account).keys() & set(facts["identities"]):
                yield from _keys(known, account, service, scheme, schemes)
            yield from _unlisted(context, service, path, scheme, facts["prefix"][scheme])


def _models(service: Resource, schemes: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    paths: list[Path] = [("spec", "model", "uri")]
    paths += [
        ("spec", "predictor", framework, "storageUri")
        for framework in as_dict(service.get("spec", "predictor"))
    ]
    for path in paths:
        uri = text(service.get(*path))
        scheme = uri.partition("://")[0]
        if scheme in schemes and plain(uri):
            yield path, scheme


def _account(context: Context, service: Resource) -> Resource | None:
    """The ServiceAccount that a service names, if the input has it."""
    fields = (("spec", part, "serviceAccountName") for part in ("predictor", "template"))
    name = next(filter(None, (text(service.get(*field)) for field in fields)), "default")
    return next(iter(context.bundle.named("ServiceAccount", service.namespace, name)), None)


def _annotations(one: Resource) -> dict[str, object]:
    return as_dict(one.get("metadata", "annotations"))


def _keys(
    known: Provided,
    account: Resource,
    service: Resource,
    scheme: str,
    schemes: Mapping[str, Mapping[str, list[list[str]]]],
) -> Violations:
    """The Secret of the account, if it is the only one and has other keys than KServe reads."""
    listed = list(maps(account.get("secrets")))
    if len(listed) != 1:
        return
    at, ref = listed[0]
    name = text(ref.get("name"))
    sets = known.keys("Secret", account.namespace, name, account)
    wanted = schemes[scheme]["keys"]
    every = [set(pair) for one in schemes.values() for pair in one["keys"]]
    for keys in sets:
        if any(pair <= keys for pair in every) or not plain(name):
            continue
        if service.kind == KIND and scheme == "hf" and any(map(_TOKEN_KEY.match, keys)):
            continue
        yield violation(
            f"Secret {name} has no key {' and '.join(wanted[0])}, which KServe needs for "
            f"{scheme}:// of {service.kind} {service.name}; it has {', '.join(sorted(keys))}",
            Place(account, ("secrets", at, "name")),
            severity=Severity.ERROR,
        )


def _unlisted(
    context: Context, service: Resource, path: Path, scheme: str, prefix: str
) -> Violations:
    """A Secret beside the service with annotations for KServe, which no ServiceAccount lists."""
    for secret in context.once(_unlisted_secrets).get((service.file, service.namespace), ()):
        if prefix and any(key.startswith(prefix) for key in _annotations(secret)):
            yield violation(
                f"no ServiceAccount lists Secret {secret.name}, so the storage initializer has no "
                f"credentials for {scheme}://",
                Place(service, path),
            )


def _unlisted_secrets(context: Context) -> dict[tuple[str, str], list[Resource]]:
    """The Secrets that no ServiceAccount lists, by file and namespace."""
    listed = {
        text(as_dict(ref).get("name"))
        for account in context.bundle.of_kind("ServiceAccount", "")
        for ref in as_list(account.get("secrets"))
    }
    found: dict[tuple[str, str], list[Resource]] = {}
    for secret in context.bundle.of_kind("Secret", ""):
        if secret.name not in listed and plain(secret.name):
            found.setdefault((secret.file, secret.namespace), []).append(secret)
    return found
