"""What the download of a model gets from the account of its pod: keys of S3 and of Hugging Face.

After `pkg/credentials` of KServe. The Secrets of other stores are not modeled: a model server
downloads from these two alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from stackgen.facts.shape import as_dict, maps
from stackgen.platforms.kserve.release import Controller, StopError
from stackgen.record import record

_ROLE = "eks.amazonaws.com/role-arn"
_SECRET_NAMED = "serving.kserve.io/storageSecretName"
_S3_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_HF_TOKEN = "HF_TOKEN"
# The variable of a setting, and the annotation that sets it, in the controller's order.
_SETTINGS = (
    ("S3_VERIFY_SSL", "s3-verifyssl"),
    ("awsAnonymousCredential", "s3-useanoncredential"),
    ("AWS_DEFAULT_REGION", "s3-region"),
    ("S3_USER_VIRTUAL_BUCKET", "s3-usevirtualbucket"),
    ("S3_USE_ACCELERATE", "s3-useaccelerate"),
    ("AWS_CA_BUNDLE", "s3-cabundle"),
    ("AWS_CA_BUNDLE_CONFIGMAP", "s3-cabundle-configmap"),
)
_CA_CONFIG_MAP, _CA_VOLUME, _CA_FOLDER = (
    "AWS_CA_BUNDLE_CONFIGMAP", "cabundle-cert", "/etc/ssl/custom-certs",
)  # fmt: skip
_ENDPOINT = ("S3_ENDPOINT", "s3-endpoint")
_USE_HTTPS = ("S3_USE_HTTPS", "s3-usehttps")
Found = Callable[[str, str], Mapping[str, Any] | None]
"""(namespace, name) -> a Secret that is known."""
Variables = tuple[dict[str, Any], ...]


@record
class Source:
    """Where a Pod's credentials come from.

    account: its ServiceAccount; None where the cluster has none, so that the controller leaves out
    what it would add. service: the annotations of the service. whole: what `secrets` does not know
    does not exist.
    """

    namespace: str
    account: Mapping[str, Any] | None
    secrets: Found
    service: Mapping[str, Any]
    whole: bool = False


def variables(controller: Controller, source: Source) -> Variables:
    """The environment of the download. Raises StopError where a Secret of the account is missing.

    Values of Secrets are references, but for the settings of S3, which the controller copies.
    """
    account = as_dict(source.account)
    found: dict[str, dict[str, Any]] = {}
    notes = as_dict(as_dict(account.get("metadata")).get("annotations"))
    if _ROLE in notes:
        found |= _settings(controller, notes, {})
    named = [str(s.get("name")) for _, s in maps(account.get("secrets"))]
    if _SECRET_NAMED in source.service:
        named = [str(source.service[_SECRET_NAMED])]
    for name in named:
        secret = source.secrets(source.namespace, name)
        if secret is None:
            if source.whole:
                raise StopError(f"no Secret {name}, which the ServiceAccount of its Pods lists")
            continue
        found |= _of_secret(controller, name, secret)
    return tuple(found.values())


def authorities(pod: dict[str, Any], download: dict[str, Any]) -> None:
    """Mounts the certificate authorities of S3 where the download is told of a ConfigMap."""
    env = download.get("env") or []
    values = {e.get("name"): str(e.get("value", "")) for _, e in maps(env)}
    if _CA_CONFIG_MAP not in values:
        return
    folder = values["AWS_CA_BUNDLE"].rpartition("/")[0] if "AWS_CA_BUNDLE" in values else _CA_FOLDER
    told = {
        "CA_BUNDLE_CONFIGMAP_NAME": values[_CA_CONFIG_MAP],
        "CA_BUNDLE_VOLUME_MOUNT_POINT": folder,
    }
    download["env"] = [*env, *({"name": k, "value": v} for k, v in told.items() if k not in values)]
    volume = {"name": _CA_VOLUME, "configMap": {"name": values[_CA_CONFIG_MAP]}}
    pod.setdefault("volumes", []).append(volume)
    mount = {"name": _CA_VOLUME, "mountPath": folder, "readOnly": True}
    download.setdefault("volumeMounts", []).append(mount)


def _of_secret(
    controller: Controller, name: str, secret: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    data = _data(secret)
    if _S3_KEYS[1] in data:
        notes = as_dict(as_dict(secret.get("metadata")).get("annotations"))
        keys = {key: _reference(key, name) for key in _S3_KEYS}
        return keys | _settings(controller, notes, data)
    if _HF_TOKEN in data:
        return {_HF_TOKEN: _reference(_HF_TOKEN, name)}
    return {}


def _reference(key: str, secret: str) -> dict[str, Any]:
    return {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def _settings(
    controller: Controller, notes: Mapping[str, Any], data: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Settings of S3: of an annotation, else of the Secret, else of the installation."""
    usual = as_dict(controller.storage_initializer.get("s3_defaults"))

    def told(setting: tuple[str, str]) -> str:
        variable, annotation = setting
        value = data.get(variable, usual.get(variable, ""))
        return str(notes.get(f"serving.kserve.io/{annotation}", value))

    values: dict[str, str] = {}
    endpoint = (data.get(controller.s3_endpoint_key) or told(_ENDPOINT)).strip()
    if endpoint:
        scheme, separator, host = endpoint.partition("://")
        given = scheme.lower() if separator else ""
        https = {"https": "1", "http": "0"}.get(given, told(_USE_HTTPS))
        if https:
            values[_USE_HTTPS[0]] = https
        bare = given not in ("https", "http")
        values[_ENDPOINT[0]] = endpoint if bare else host
        prefix = "http://" if https == "0" else "https://"
        values["AWS_ENDPOINT_URL"] = f"{prefix}{endpoint}" if bare else endpoint
    values |= {s[0]: told(s) for s in _SETTINGS if told(s)}
    return {name: {"name": name, "value": value} for name, value in values.items()}


def _data(secret: Mapping[str, Any]) -> dict[str, str]:
    """The entries of a Secret as the API server stores them; "" for one that is not a string."""
    found = {str(k): _decoded(v) for k, v in as_dict(secret.get("data")).items()}
    return found | {str(k): str(v) for k, v in as_dict(secret.get("stringData")).items()}


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
