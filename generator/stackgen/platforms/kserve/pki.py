"""Phase pki: the certificate authority of the stack, and trust-manager to hand it out."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import Because, When
from stackgen.plan.model import Plan
from stackgen.platforms.model import Authority
from stackgen.render.helm import Chart, install
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "2-platform/pki"
API = "cert-manager.io/v1"


def phase(plan: Plan) -> Iterator[Rendered]:
    """Self-signed issuer, CA certificate, CA issuer; then trust-manager."""
    release, mine = plan.release, plan.managed.serving
    first, issuer = release.value("ca", "selfsigned_issuer"), release.value("ca", "issuer")
    secret = release.value("ca", "secret")
    yield obj(
        Scope(plan, FOLDER), API, "ClusterIssuer", first, {"spec": {"selfSigned": {}}}, when=mine,
        rule="platform/ca", why="signs the CA certificate",
    )  # fmt: skip
    certificate = {
        "secretName": secret,
        "commonName": secret,
        "isCA": True,
        "duration": release.value("ca", "duration"),
        "renewBefore": release.value("ca", "renew_before"),
        "privateKey": When(release.quirk("ca-must-be-rsa"), Because(
            {"algorithm": "RSA", "size": release.value("ca", "key_size")},
            "platform/ca-key", "the key KServe signs with",
        )),
        "issuerRef": {"name": first, "kind": "ClusterIssuer", "group": "cert-manager.io"},
    }  # fmt: skip
    yield obj(
        Scope(plan, FOLDER, release.value("ca", "namespace")), API, "Certificate", secret,
        {"spec": certificate}, when=mine, rule="platform/ca",
        why="the CA that signs the model servers' certificates",
    )  # fmt: skip
    yield obj(
        Scope(plan, FOLDER), API, "ClusterIssuer", issuer, {"spec": {"ca": {"secretName": secret}}},
        when=mine, rule="platform/ca", why="issues certificates in the CA's name",
    )  # fmt: skip
    yield from install(plan, FOLDER, Chart(
        name="trust-manager",
        namespace=release.value("ca", "namespace"),
        why="copies the CA certificate, without its key, to where it is trusted",
        oci="trust_manager",
        values={"app": {"trust": {"namespace": release.value("ca", "namespace")}}},
        when=plan.managed.ca_bundle,
    ))  # fmt: skip


def authority(plan: Plan) -> Authority | None:
    """What other layers need of it; None where the release serves no TLS."""
    release = plan.release
    if "ca" not in release.row.data:
        return None
    return Authority(
        issuer=release.value("ca", "issuer"),
        bundle=release.value("ca", "bundle"),
        bundle_key=release.value("ca", "bundle_key"),
        gateway_mount=release.value("ca", "gateway_mount"),
        mounted=release.quirk("gateway-mounts-ca"),
    )
