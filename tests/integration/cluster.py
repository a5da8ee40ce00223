"""Applying and removing objects on a real kube-apiserver, as a delivery engine does."""

from __future__ import annotations

import contextlib
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from tools.verdicts import server
from tools.verdicts.server import Server, UnclearError

from tests.integration.definitions import Definition, definitions
from tests.integration.rendered import Object, identity

MANAGER = "kustomize-controller"
APPLY = "application/apply-patch+yaml"  # the body may be JSON
MERGE = "application/merge-patch+json"
FORCE = "kustomize.toolkit.fluxcd.io/force"


@contextlib.contextmanager
def running(*flags: str) -> Iterator[Server]:
    """A server without objects. Skips the test where there is none. flags: of kube-apiserver."""
    for name in ("etcd", "kube-apiserver"):
        try:
            server.program(name)
        except FileNotFoundError as error:
            pytest.skip(str(error))
    with server.running(*flags) as found:
        yield found


def without_webhook(definition: Definition) -> Definition:
    """Without the conversion by a webhook: nothing serves it here."""
    spec = {k: v for k, v in definition["spec"].items() if k != "conversion"}
    meta = {"name": definition["metadata"]["name"]}
    return {**definition, "metadata": meta, "spec": spec}


def apply(to: Server, data: Object) -> str:
    """Apply an object on the server's side, strictly. Returns why it was rejected, or "".

    Raises UnclearError where the server does not serve the kind: see `known`.
    """
    query = f"?fieldManager={MANAGER}&force=true&fieldValidation=Strict"
    status, answer = to.request("PATCH", path_of(to, data) + query, data, APPLY)
    if status == 422 and _may_be_replaced(data, answer):
        remove(to, data)
        status, answer = to.request("PATCH", path_of(to, data) + query, data, APPLY)
    return "" if status in (200, 201) else f"{identity(data)}: {status} {_message(answer)}"


def _may_be_replaced(data: Object, answer: Any) -> bool:
    """Whether Flux would delete the object and make it again: its field cannot be changed."""
    notes = data["metadata"].get("annotations") or {}
    return notes.get(FORCE, "").lower() == "enabled" and "immutable" in _message(answer)


def remove(to: Server, data: Object) -> None:
    """Delete an object immediately; an object that is not there is no error."""
    options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
    path = path_of(to, data)
    status, answer = to.request("DELETE", path, options)
    assert status in (200, 202, 404), answer
    if status != 404:  # nothing here removes what a controller would
        to.request("PATCH", path, {"metadata": {"finalizers": None}}, MERGE)


def read(to: Server, data: Object) -> Object | None:
    """The object as it is stored, or None."""
    status, answer = to.request("GET", path_of(to, data))
    return answer if status == 200 else None


def path_of(to: Server, data: Object) -> str:
    meta = data["metadata"]
    where = to.collection(data["apiVersion"], data["kind"], meta.get("namespace") or "default")
    return f"{where}/{urllib.parse.quote(meta['name'])}"


def known(to: Server, data: Object) -> bool:
    """Whether the server serves the kind. Installs the kind's definition where it can be had."""
    with contextlib.suppress(UnclearError):
        return bool(path_of(to, data))
    group = data["apiVersion"].rpartition("/")[0]
    definition = definitions().get((group, data["kind"]))
    if definition is None:
        return False
    to.install(without_webhook(definition))
    last = time.monotonic() + server.START_SECONDS
    while time.monotonic() < last:  # an established definition is served a little later
        with contextlib.suppress(UnclearError):
            return bool(path_of(to, data))
        time.sleep(0.1)
    raise RuntimeError(f"{definition['metadata']['name']} is not served")


def _message(answer: Any) -> str:
    return str(answer.get("message", answer) if isinstance(answer, dict) else answer)
