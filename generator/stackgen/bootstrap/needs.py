"""What the Google Cloud project of a stack needs, for the script and for Terraform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.regex import regex

_ACCOUNT = regex(r"(?P<name>[^@]+)@(?P<project>.+)\.iam\.gserviceaccount\.com")
CONNECTOR = "config-connector"


@record
class Account:
    """A service account. email: empty for the Compute Engine default account.

    name, project: of an account that can be created; empty for one that Google Cloud creates.
    """

    email: str
    name: str
    project: str


@record
class Needs:
    """The project, from the values of the stack.

    connector: the account of Config Connector. network: the VPC network of the cluster.
    proxy_range: of the proxy-only subnet, empty without one. image_projects: the projects of
    Artifact Registry that images come from. secrets: the entries of Secret Manager. hosts: host
    names of the gateway.
    """

    project: str
    region: str
    services: tuple[str, ...]
    network: str
    proxy_range: str
    nodes: Account
    connector: Account
    image_projects: tuple[str, ...]
    secrets: tuple[str, ...]
    hosts: tuple[str, ...]
    managed: bool


@lru_cache(maxsize=1)
def google_cloud() -> Mapping[str, Any]:
    """The rows of `google_cloud.yaml`."""
    found: Mapping[str, Any] = shipped(__file__, "google_cloud.yaml")
    return found


def needs(plan: Plan, cluster: Resource) -> Needs:
    """cluster: the ContainerCluster, rendered or not: patches of the spec are in it."""
    spec, facts = plan.stack.spec, google_cloud()
    kind = str(spec.gateway.class_.value)
    own_gateway = kind.startswith("gke-")
    secrets = _secrets(plan)
    hosts = tuple(dict.fromkeys(
        str(one.hostname.value) for one in spec.gateway.listeners if one.hostname.value
    ))  # fmt: skip
    images = tuple(_image_projects(plan))
    wanted = {
        "always": True, "secret-manager": bool(secrets),
        "dns": bool(hosts) or spec.gateway.acme.email.value is not None,
        "gke-gateway": own_gateway, "artifact-registry": bool(images),
        "buckets": any(m.cache.fuse.value for m in plan.models),
    }  # fmt: skip
    return Needs(
        project=str(spec.cluster.project.value),
        region=region_of(str(spec.cluster.location.value)),
        services=tuple(s for name, on in wanted.items() if on for s in facts["services"][name]),
        network=_network(cluster),
        proxy_range=str(spec.gateway.proxyOnlySubnet.value or "") if own_gateway else "",
        nodes=_account(spec.cluster.nodeServiceAccount.value),
        connector=_account(
            spec.cluster.configConnectorServiceAccount.value
            or f"{CONNECTOR}@{spec.cluster.project.value}.iam.gserviceaccount.com"
        ),
        image_projects=images,
        secrets=secrets,
        hosts=hosts,
        managed=bool(spec.cluster.managed.value),
    )


def region_of(location: str) -> str:
    """The region of a zone or region: `europe-west4` of `europe-west4-a`."""
    return "-".join(location.split("-")[:2])


def _network(cluster: Resource) -> str:
    ref = cluster.get("spec", "networkRef")
    named = (ref.get("external") or ref.get("name")) if isinstance(ref, dict) else None
    return str(named or "default").rpartition("/")[2]


def _account(email: str | None) -> Account:
    found = _ACCOUNT.fullmatch(email or "")
    if found is None:
        return Account(email or "", "", "")
    return Account(found[0], found["name"], found["project"])


def _secrets(plan: Plan) -> tuple[str, ...]:
    spec = plan.stack.spec
    if spec.secrets.manager.value != "external-secrets":
        return ()
    names = [spec.serving.imagePullSecret.value, spec.serving.huggingFaceToken.secret.value]
    names += [key.secret.value for key in spec.gateway.authentication.apiKeys]
    return tuple(name for name in names if name is not None)


def _image_projects(plan: Plan) -> Iterator[str]:
    found = []
    for model in plan.models:
        try:
            image = image_reference(str(model.image.value))
        except ImageReferenceError:
            continue
        if image.registry.endswith("-docker.pkg.dev"):
            found.append(image.repository.partition("/")[0])
    yield from dict.fromkeys(found)
