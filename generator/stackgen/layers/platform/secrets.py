"""Phases secret-operator and secrets: External Secrets, and the registry's pull secret."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import When, all_of, given_or, is_set, is_value, literal
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.helm import Chart, install
from stackgen.render.objects import PULL_SECRET_LABEL, Rendered, Scope, obj

OPERATOR = "2-platform/secret-operator"
FOLDER = "2-platform/secrets"
STORE = "gcp-secret-manager"


def operator_phase(plan: Plan) -> Iterator[Rendered]:
    """The operator that copies secrets; before all others, whose images need the pull secret."""
    manager = plan.stack.spec.secrets.manager
    for name, oci, why in (
        ("external-secrets", "external_secrets", "copies secrets from Secret Manager"),
        ("reflector", "reflector", "copies secrets from one namespace to others"),
    ):
        yield from install(plan, OPERATOR, Chart(
            name=name, namespace=plan.release.value("namespaces", oci), why=why, oci=oci,
            when=all_of(is_value(manager, name), plan.managed.secret_operator),
        ))  # fmt: skip


def phase(plan: Plan) -> Iterator[Rendered]:
    """The store, and the pull secret in every namespace that asks for it."""
    spec = plan.stack.spec
    managed = is_value(spec.secrets.manager, "external-secrets")
    yield obj(
        Scope(plan, FOLDER), "external-secrets.io/v1", "ClusterSecretStore", STORE,
        {"spec": {"provider": {"gcpsm": {"projectID": spec.cluster.project}}}}, when=managed,
        rule="platform/secret-store", why="Secret Manager of the stack's project",
    )  # fmt: skip
    secret = spec.serving.imagePullSecret
    name = given_or(secret, literal("pull-secret", "platform/pull-secret", "none is named"))
    copied = {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": STORE},
        "target": {
            "name": name,
            "creationPolicy": "Owner",
            "template": {
                "type": "kubernetes.io/dockerconfigjson",
                "data": {".dockerconfigjson": "{{ .config | toString }}"},
            },
        },
        "data": [{"secretKey": "config", "remoteRef": {"key": name}}],
    }
    yield obj(
        Scope(plan, FOLDER), "external-secrets.io/v1", "ClusterExternalSecret", name,
        {"spec": {
            "externalSecretName": name,
            "namespaceSelectors": [
                {"matchLabels": {PULL_SECRET_LABEL: "true"}},
                When(rendering_of(plan).foreign_gateway(plan), {
                    "matchLabels": {"kubernetes.io/metadata.name": spec.gateway.namespace}
                }),
            ],
            "refreshTime": "1h",
            "externalSecretSpec": copied,
        }},
        when=all_of(managed, is_set(secret)), rule="platform/pull-secret",
        why="the registry's pull secret, wherever images are pulled",
    )  # fmt: skip
