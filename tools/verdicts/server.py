"""A kube-apiserver and an etcd of one's own, on 127.0.0.1, for as long as a `with` block lasts.

The programs come from $KUBEBUILDER_ASSETS or PATH. Admission plug-ins are the default ones. There
are no controllers and no webhooks; the service accounts that pods of the seeds name are made here.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TOKEN = "local-only"  # valid for the server of this run, on the loopback address
NAMESPACE = "serving"
START_SECONDS = 120
# A dry run allocates no node port, so it does not refuse one that cannot be had.
ALLOCATED = "/services"
_FIELD = re.compile(r'(?:unknown|duplicate) field "([^"]+)"')


@dataclass(frozen=True)
class Verdict:
    """What the server answered. fields: the paths it names, sorted; message: its own words."""

    accepted: bool
    fields: tuple[str, ...]
    message: str


# Refusals that depend on what else the cluster holds.
_STATE = re.compile(r"no PriorityClass with name|admin access to devices requires|not found$")


class UnclearError(Exception):
    """An answer that is no verdict on the object, such as a missing namespace."""


def program(name: str) -> str:
    """The path of a program. Raises FileNotFoundError."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    found = shutil.which(name, path=assets) if assets else None
    found = found or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is neither in $KUBEBUILDER_ASSETS nor on PATH")
    return found


def version() -> str:
    """The version of the kube-apiserver, such as `v1.36.3`."""
    run = subprocess.run(
        [program("kube-apiserver"), "--version"], capture_output=True, text=True, check=True
    )
    return run.stdout.split()[-1]


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nothing listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@contextlib.contextmanager
def running(*flags: str) -> Iterator[Server]:
    """A server that is ready and has the namespace NAMESPACE. flags: more of kube-apiserver."""
    with tempfile.TemporaryDirectory(prefix="verdicts-") as folder:
        client, peer, secure = free_ports(3)
        key = os.path.join(folder, "account.key")
        with open(os.path.join(folder, "tokens.csv"), "w", encoding="utf-8") as file:
            file.write(f"{TOKEN},admin,admin,system:masters\n")
        subprocess.run(
            ["openssl", "genrsa", "-out", key, "2048"], check=True, stderr=subprocess.DEVNULL
        )
        etcd = [
            program("etcd"), "--data-dir", os.path.join(folder, "etcd"), "--unsafe-no-fsync",
            "--listen-client-urls", f"http://127.0.0.1:{client}",
            "--advertise-client-urls", f"http://127.0.0.1:{client}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}",
        ]  # fmt: skip
        api = [
            program("kube-apiserver"), "--etcd-servers", f"http://127.0.0.1:{client}",
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
            "--secure-port", str(secure), "--cert-dir", os.path.join(folder, "certificates"),
            "--token-auth-file", os.path.join(folder, "tokens.csv"), "--authorization-mode", "RBAC",
            "--service-cluster-ip-range", "10.0.0.0/16", "--service-account-key-file", key,
            "--service-account-signing-key-file", key,
            "--service-account-issuer", "https://127.0.0.1", "--allow-privileged",
            "--runtime-config", "api/all=true",
            "--max-mutating-requests-inflight", "0", "--max-requests-inflight", "0",
            "--enable-priority-and-fairness=false", *flags,
        ]  # fmt: skip
        with contextlib.ExitStack() as stack:
            for name, command in (("etcd", etcd), ("kube-apiserver", api)):
                log = stack.enter_context(
                    open(os.path.join(folder, f"{name}.log"), "w", encoding="utf-8")
                )
                process = subprocess.Popen(command, stdout=log, stderr=log)
                stack.callback(_stop, process)
            server = Server(secure)
            _await(server, process, os.path.join(folder, "kube-apiserver.log"))
            yield server


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await(server: Server, process: subprocess.Popen[bytes], log: str) -> None:
    last = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(UnclearError):
            if server.request("GET", "/readyz")[0] == 200 and _furnish(server):
                return
        if process.poll() is not None or time.monotonic() > last:
            with open(log, encoding="utf-8") as file:
                raise RuntimeError(f"kube-apiserver did not become ready: {file.read()[-2000:]}")
        time.sleep(0.3)


def _furnish(server: Server) -> bool:
    """Make what objects of the seeds refer to; whether it is there."""
    body: dict[str, Any] = {"metadata": {"name": NAMESPACE}}
    made = [server.request("POST", "/api/v1/namespaces", body)[0]]
    for name in ("default", "model"):
        body = {"metadata": {"name": name}}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
        made.append(server.request("POST", path, body)[0])
    return all(status in (201, 409) for status in made)


class Server:
    """A connection to a running server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection: http.client.HTTPSConnection | None = None
        self._plurals: dict[tuple[str, str], tuple[str, bool]] = {}

    def request(
        self, method: str, path: str, body: Any = None, content: str = "application/json"
    ) -> tuple[int, Any]:
        """The status code and the decoded answer. content: the media type of `body`."""
        if self._connection is None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=context
            )
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content}
        data = None if body is None else json.dumps(body).encode("utf-8", "surrogatepass")
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            raise UnclearError(f"no answer: {error}") from error
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text.decode(errors="replace")

    def install(self, definition: dict[str, Any]) -> None:
        """Install a CustomResourceDefinition and wait until it is served."""
        meta = definition["metadata"]
        # Groups of kubernetes.io need a link to their approval, which copies often lack.
        notes = {"api-approved.kubernetes.io": "unapproved, local", **meta.get("annotations", {})}
        definition = {**definition, "metadata": {**meta, "annotations": notes}}
        base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        status, answer = self.request("POST", base, definition)
        if status not in (201, 409):
            raise RuntimeError(f"{definition['metadata']['name']}: {answer}")
        last = time.monotonic() + START_SECONDS
        while time.monotonic() < last:
            _, found = self.request("GET", f"{base}/{definition['metadata']['name']}")
            conditions = (found.get("status") or {}).get("conditions") or ()
            if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{definition['metadata']['name']} is not served")

    def collection(self, version: str, kind: str, namespace: str = NAMESPACE) -> str:
        """The path objects of a kind are created at. Raises UnclearError when it is not served."""
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, kind) not in self._plurals:
            _, answer = self.request("GET", root)
            for resource in answer.get("resources", ()) if isinstance(answer, dict) else ():
                if "/" not in resource["name"]:
                    entry = (resource["name"], bool(resource["namespaced"]))
                    self._plurals[version, resource["kind"]] = entry
        if (version, kind) not in self._plurals:
            raise UnclearError(f"{kind} of {version} is not served")
        plural, namespaced = self._plurals[version, kind]
        return f"{root}/namespaces/{namespace}/{plural}" if namespaced else f"{root}/{plural}"

    def verdict(self, where: str, manifest: Any, previous: Any = None) -> Verdict:
        """What the server says to `manifest`, which does not stay stored.

        where: the path of its collection. previous: the stored object it would replace.
        """
        query = "?dryRun=All&fieldValidation=Strict"
        if previous is None:
            status, answer = self.request("POST", where + query, manifest)
        else:
            name = urllib.parse.quote(previous["metadata"]["name"])
            status, answer = self.request("PUT", f"{where}/{name}{query}", manifest)
        if status == 201 and where.endswith(ALLOCATED):
            status, answer = self.request("POST", f"{where}?fieldValidation=Strict", manifest)
            if status == 201:
                self.request("DELETE", f"{where}/{answer['metadata']['name']}")
        if status in (200, 201):
            return Verdict(True, (), "")
        refusals = (400, 403, 413, 422, 500) if where.endswith(ALLOCATED) else (400, 403, 413, 422)
        if (
            status not in refusals
            or not isinstance(answer, dict)
            or (status == 403 and _STATE.search(answer["message"]))
        ):
            raise UnclearError(f"{status}: {str(answer)[:300]}")
        causes = (answer.get("details") or {}).get("causes") or ()
        fields = {c.get("field", "") for c in causes} | set(_FIELD.findall(answer["message"]))
        return Verdict(False, tuple(sorted(fields - {"", "<nil>"})), answer["message"])
