"""What the download of a model gets from ServiceAccounts and Secrets."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from stackgen.platforms.kserve.credentials import Source, authorities, variables
from stackgen.platforms.kserve.expand import Known, expand
from stackgen.platforms.kserve.release import StopError
from tests.platforms.kserve.services import FIRST, one, row, service

LATER = "odh-3.5"
PLAIN = "kserve-0.20"
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
TOKEN = {
    "name": "HF_TOKEN",
    "valueFrom": {"secretKeyRef": {"name": "keys", "key": "HF_TOKEN"}},
}
LISTED = {"secrets": [{"name": "keys"}]}


def secret(**more: Any) -> dict[str, Any]:
    return {"kind": "Secret", "metadata": {"name": "keys"}, **more}


def told(release: str, account: Any, found: Any, notes: Any = None, whole: bool = True) -> Any:
    source = Source("serving", account, lambda _, name: found.get(name), notes or {}, whole)
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in variables(row(release), source)}


@pytest.mark.parametrize(
    "data",
    [
        {"data": {"HF_TOKEN": base64.b64encode(b"x").decode()}},
        {"stringData": {"HF_TOKEN": "x"}},
        {"data": {"HF_TOKEN": "not base64"}},
    ],
)
def test_a_token_is_a_reference_to_its_secret(data: dict[str, Any]) -> None:
    found = told(PLAIN, LISTED, {"keys": secret(**data)})
    assert found == {"HF_TOKEN": TOKEN["valueFrom"]}


def test_the_keys_and_settings_of_s3() -> None:
    notes = {
        "serving.kserve.io/s3-endpoint": "minio:9000",
        "serving.kserve.io/s3-usehttps": "0",
        "serving.kserve.io/s3-region": "eu-1",
    }
    keys = secret(
        stringData={**KEYS, "AWS_DEFAULT_REGION": "other"}, metadata={"annotations": notes}
    )
    found = told(PLAIN, LISTED, {"keys": keys})
    assert list(found) == [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "S3_USE_HTTPS", "S3_ENDPOINT",
        "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION",
    ]  # fmt: skip
    assert found["AWS_ENDPOINT_URL"] == "http://minio:9000"
    assert found["AWS_DEFAULT_REGION"] == "eu-1"


@pytest.mark.parametrize(
    ("endpoint", "https", "url"),
    [
        ("HTTPS://s3.example.com", "1", "HTTPS://s3.example.com"),
        ("http://s3.example.com", "0", "http://s3.example.com"),
        (" s3.example.com ", None, "https://s3.example.com"),
    ],
)
def test_the_address_of_s3(endpoint: str, https: str | None, url: str) -> None:
    found = told(PLAIN, LISTED, {"keys": secret(stringData={**KEYS, "S3_ENDPOINT": endpoint})})
    assert found.get("S3_USE_HTTPS") == https
    assert found["AWS_ENDPOINT_URL"] == url
    assert found["S3_ENDPOINT"] == "s3.example.com"


def test_a_release_has_an_entry_of_its_own_and_defaults() -> None:
    keys = secret(stringData={**KEYS, "AWS_S3_ENDPOINT": "one", "S3_ENDPOINT": "two"})
    assert told(LATER, LISTED, {"keys": keys})["S3_ENDPOINT"] == "one"
    assert told(PLAIN, LISTED, {"keys": keys})["S3_ENDPOINT"] == "two"
    assert "AWS_CA_BUNDLE_CONFIGMAP" in told(LATER, LISTED, {"keys": keys})
    assert "AWS_CA_BUNDLE_CONFIGMAP" not in told(PLAIN, LISTED, {"keys": keys})


def test_a_role_needs_no_secret() -> None:
    notes = {"eks.amazonaws.com/role-arn": "r", "serving.kserve.io/s3-useanoncredential": "true"}
    account = {"metadata": {"annotations": notes}}
    assert told(PLAIN, account, {}) == {"awsAnonymousCredential": "true"}


def test_the_service_may_name_the_secret() -> None:
    found = {"keys": secret(), "other": secret(stringData={"HF_TOKEN": "x"})}
    notes = {"serving.kserve.io/storageSecretName": "other"}
    assert told(PLAIN, LISTED, found, notes)["HF_TOKEN"]["secretKeyRef"]["name"] == "other"


def test_a_secret_that_is_missing_stops_the_controller() -> None:
    with pytest.raises(StopError, match="no Secret keys"):
        told(PLAIN, LISTED, {})
    assert told(PLAIN, LISTED, {}, whole=False) == {}


def test_authorities_are_mounted_where_the_download_is_told_of_them() -> None:
    pod: dict[str, Any] = {}
    authorities(pod, download := {"env": [{"name": "A", "value": "b"}]})
    assert pod == {} and len(download["env"]) == 1
    env = {"AWS_CA_BUNDLE_CONFIGMAP": "ca", "AWS_CA_BUNDLE": "/etc/own/ca.crt"}
    download = {"env": [{"name": k, "value": v} for k, v in env.items()]}
    authorities(pod, download)
    assert pod["volumes"] == [{"name": "cabundle-cert", "configMap": {"name": "ca"}}]
    assert download["volumeMounts"][0]["mountPath"] == "/etc/own"


def downloads(release: str, known: Known, **template: Any) -> list[str] | None:
    found = expand(service(template=template), row(release), known)
    if not any(o["kind"] == "Deployment" for o in found.objects):
        return None
    (init,) = one(found, "Deployment")["spec"]["template"]["spec"]["initContainers"]
    return [e["name"] for e in init.get("env", ())]


def test_order_of_the_variables() -> None:
    accounts = {"own": {"metadata": {"name": "own"}, **LISTED}, "default": {"metadata": {}}}
    known = Known(
        accounts=lambda _, name: accounts.get(name),
        secrets=lambda _, name: secret(stringData={"HF_TOKEN": "x"}),
        whole=True,
    )
    usual = downloads(PLAIN, known)
    assert usual and "HF_TOKEN" not in usual
    assert downloads(PLAIN, known, serviceAccountName="own") == ["HF_TOKEN", *usual]
    first = downloads(FIRST, known, serviceAccountName="own")
    assert first and first[-1] == "HF_TOKEN"


def test_without_its_account_a_pod_is_not_made() -> None:
    """Without an account `default` the later releases add no variables."""
    alone = Known(whole=True)
    assert downloads(PLAIN, alone, serviceAccountName="gone") is None
    assert downloads(PLAIN, alone) == []
    assert downloads(PLAIN, Known()) != []


def test_the_account_named_default_gives_its_secrets() -> None:
    accounts = {"default": {"metadata": {"name": "default"}, **LISTED}}
    known = Known(
        accounts=lambda _, name: accounts.get(name),
        secrets=lambda _, name: secret(stringData={"HF_TOKEN": "x"}),
        whole=True,
    )
    assert "HF_TOKEN" in (downloads(PLAIN, known) or ())
