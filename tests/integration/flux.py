"""The real kustomize-controller on a kube-apiserver, with artifacts served on the loopback address.

source-controller does not run: the status that it would write on a GitRepository is written here,
with an archive of the files.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import os
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tools.verdicts.server import TOKEN, Server, UnclearError, free_ports

from tests.integration import cluster
from tests.integration.controllers import condition, every
from tests.integration.programs import program

NAMESPACE = "flux-system"
KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
REPOSITORY = ("source.toolkit.fluxcd.io/v1", "GitRepository")
# What the controller watches: without the definition of one it ends.
WATCHED = (
    KUSTOMIZATION, REPOSITORY, ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
    ("source.toolkit.fluxcd.io/v1", "Bucket"), ("source.toolkit.fluxcd.io/v1", "ExternalArtifact"),
)  # fmt: skip
PAUSE = 0.2


@dataclass(frozen=True)
class Seen:
    """What a Kustomization said at a moment. ready: True, False, Unknown or empty."""

    at: float
    name: str
    ready: str
    reason: str
    message: str
    revision: str


@dataclass
class Flux:
    """The sources of a cluster and what its Kustomizations said, in order of time."""

    server: Server
    address: str
    archives: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)

    def serve(self, repository: str, revision: str, folder: Path) -> None:
        """Let `repository` be at a revision that holds the files below `folder`."""
        archive = _archive(folder)
        digest = hashlib.sha256(archive).hexdigest()
        self.archives[f"/{digest}.tar.gz"] = archive
        self.sources[repository] = (revision, digest)

    def run(self) -> None:
        """Report sources, and write down what Kustomizations say, until `stop`."""
        last: dict[str, tuple[str, ...]] = {}
        while not self._end.wait(PAUSE):
            try:
                for data in every(self.server, *REPOSITORY):
                    self._report(data)
                listed, now = every(self.server, *KUSTOMIZATION), time.monotonic()
                for data in listed:  # all at one moment
                    self._note(data, now, last)
            except UnclearError as error:
                self.errors.append(str(error))
                return

    def stop(self) -> None:
        self._end.set()

    def now(self) -> dict[str, Seen]:
        """The last word of each Kustomization."""
        return {one.name: one for one in list(self.seen)}

    def _note(self, data: dict[str, Any], at: float, last: dict[str, tuple[str, ...]]) -> None:
        name, status = data["metadata"]["name"], data.get("status") or {}
        ready = next((c for c in status.get("conditions", ()) if c["type"] == "Ready"), {})
        told = tuple(str(ready.get(k, "")) for k in ("status", "reason", "message"))
        told = (*told, str(status.get("lastAppliedRevision", "")))
        if last.get(name) != told:
            last[name] = told
            self.seen.append(Seen(at, name, *told))

    def _report(self, data: dict[str, Any]) -> None:
        if (found := self.sources.get(data["metadata"]["name"])) is None:
            return
        revision, digest = found
        status = data.get("status") or {}
        generation = data["metadata"]["generation"]
        same = (status.get("artifact") or {}).get("revision") == revision
        if same and status.get("observedGeneration") == generation:
            return
        path = f"/{digest}.tar.gz"
        ready = condition("Ready")
        artifact = {
            "digest": f"sha256:{digest}", "lastUpdateTime": ready["lastTransitionTime"],
            "path": path[1:], "revision": revision, "size": len(self.archives[path]),
            "url": f"{self.address}{path}",
        }  # fmt: skip
        body = {
            "observedGeneration": generation, "artifact": artifact, "conditions": [ready],
        }  # fmt: skip
        where = cluster.path_of(self.server, data)
        code, answer = self.server.request(
            "PATCH", f"{where}/status", {"status": body}, cluster.MERGE
        )
        assert code == 200, answer


def _archive(folder: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".", filter=_owner_less)
    return out.getvalue()


def _owner_less(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.uid = entry.gid = 0
    entry.mtime = 0
    return None if "/.git/" in f"{entry.name}/" else entry


@contextlib.contextmanager
def running(server: Server, folder: Path, *flags: str) -> Iterator[Flux]:
    """kustomize-controller on `server`, as a `with` block. folder: for its log and settings."""
    command = str(program("kustomize-controller"))
    for version, kind in WATCHED:
        watched = {"apiVersion": version, "kind": kind, "metadata": {"name": "any"}}
        assert cluster.known(server, watched)
    with _artifacts() as flux, contextlib.ExitStack() as stack:
        flux.server = Server(server.port)
        metrics, health = free_ports(2)
        settings = folder / "kubeconfig"
        settings.write_text(yaml.safe_dump(_kubeconfig(server.port)), encoding="utf-8")
        log = stack.enter_context((folder / "kustomize-controller.log").open("w"))
        process = subprocess.Popen(
            [
                command, "--watch-all-namespaces", "--events-addr=", "--log-level=info",
                f"--metrics-addr=127.0.0.1:{metrics}", f"--health-addr=127.0.0.1:{health}",
                "--requeue-dependency=1s", "--concurrent=20", "--interval-jitter-percentage=0",
                *flags,
            ],
            stdout=log, stderr=log,
            env={**os.environ, "KUBECONFIG": str(settings), "RUNTIME_NAMESPACE": NAMESPACE},
        )  # fmt: skip
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        thread = threading.Thread(target=flux.run, daemon=True)
        thread.start()
        stack.callback(thread.join, 30)
        stack.callback(flux.stop)
        stack.callback(_write, flux, folder / "transitions.log")
        yield flux
        assert process.poll() is None, log.name
        assert flux.errors == []


@contextlib.contextmanager
def _artifacts() -> Iterator[Flux]:
    flux = Flux(Server(0), "")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = flux.archives.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: each request would be a line on standard error."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        flux.address = f"http://127.0.0.1:{served.server_address[1]}"
        threading.Thread(target=served.serve_forever, daemon=True).start()
        try:
            yield flux
        finally:
            served.shutdown()


def _write(flux: Flux, file: Path) -> None:
    """What was seen, for a person who asks why a test failed."""
    first = flux.seen[0].at if flux.seen else 0.0
    lines = (f"{s.at - first:7.1f} {s.name} {s.ready} {s.reason} {s.message}\n" for s in flux.seen)
    file.write_text("".join(lines), encoding="utf-8")


def _kubeconfig(port: int) -> dict[str, Any]:
    address = f"https://127.0.0.1:{port}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {"name": "test", "cluster": {"server": address, "insecure-skip-tls-verify": True}}
        ],
        "users": [{"name": "test", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
