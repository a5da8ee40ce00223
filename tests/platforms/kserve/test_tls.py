"""How the gateway talks to what a service brings: each rule in full, and when there is none."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from stackgen.platforms.kserve.expand import expand
from tests.platforms.kserve.services import FIRST, FULL, SPLIT, one, row, service

HOST = "{}.serving.svc.cluster.local"
ROUTED: dict[str, Any] = {"router": {"route": {}}}


def rules(release: str, spec: dict[str, Any], **changed: Any) -> dict[str, tuple[str, Any]]:
    """Host and TLS settings of each DestinationRule."""
    found = expand(service(**spec), replace(row(release), **changed)).objects
    return {
        o["metadata"]["name"]: (o["spec"]["host"], o["spec"]["trafficPolicy"]["tls"])
        for o in found
        if o["kind"] == "DestinationRule"
    }


@pytest.mark.parametrize(
    ("release", "shadow"),
    [(FIRST, "qwen-kserve-workload"), ("odh-master", "qwen-kserve-shadow-svc")],
)
def test_the_rules_of_a_routed_service(release: str, shadow: str) -> None:
    picker, server = HOST.format("qwen-epp-service"), HOST.format("qwen-kserve-workload-svc")
    digest = hashlib.sha256(b"qwen-inference-pool").hexdigest()[:8]
    unverified = {"mode": "SIMPLE", "insecureSkipVerify": True}
    assert rules(release, FULL) == {
        "qwen-kserve-scheduler": (picker, {**unverified, "sni": picker}),
        shadow: (
            HOST.format(f"qwen-inference-pool-ip-{digest}"), {**unverified, "sni": server},
        ),
        "qwen-kserve-workload-svc": (
            server,
            {
                "mode": "SIMPLE", "insecureSkipVerify": False, "sni": server,
                "caCertificates": "/var/run/secrets/opendatahub/ca.crt",
            },
        ),
    }  # fmt: skip


def test_only_what_is_there_gets_a_rule() -> None:
    assert set(rules(FIRST, ROUTED)) == {"qwen-kserve-workload-svc"}
    # Prefill servers are asked by another name than that of the certificate.
    _, settings = rules(FIRST, SPLIT)["qwen-kserve-workload-svc"]
    assert settings["insecureSkipVerify"] is True and "caCertificates" not in settings


@pytest.mark.parametrize(
    ("spec", "changed"),
    [
        ({"router": {"scheduler": {}}}, {}),
        ({}, {}),
        (FULL, {"tls": "off"}),
        (FULL, {"destination_rules": False}),
    ],
)
def test_no_rule_is_made(spec: dict[str, Any], changed: dict[str, Any]) -> None:
    assert rules(FIRST, spec, **changed) == {}


def test_rules_are_seen_from_every_namespace_and_marked() -> None:
    rule = one(expand(service(**ROUTED), row(FIRST)), "DestinationRule")
    assert rule["spec"]["exportTo"] == ["*"]
    assert rule["metadata"]["labels"] == {
        "app.kubernetes.io/component": "llminferenceservice-workload",
        "app.kubernetes.io/name": "qwen",
        "app.kubernetes.io/part-of": "llminferenceservice",
        "llm-d.ai/managed": "true",
    }


def test_every_service_has_a_secret_for_its_certificate() -> None:
    for release in (FIRST, "kserve-0.20"):
        secret = one(expand(service(), row(release)), "Secret")
        assert secret["type"] == "kubernetes.io/tls"
        assert set(secret["data"]) == {"ca.crt", "tls.crt", "tls.key"}
