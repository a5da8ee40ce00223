"""`benchmarks.expand --cluster` reads a kube-apiserver with kubectl.

The objects of a prediction are stored as a controller would store them. What the server fills in
is no difference; what an administrator changes is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.expand import predicted
from tools.verdicts.server import TOKEN, Server

from stackgen.catalog.load import Catalog
from stackgen.manifest.yaml_in import parse
from tests.integration import cluster

ROW = "odh-3.5"
INPUTS = Path(__file__).parents[1] / "platforms" / "kserve" / "recorded" / "inputs"
ROOT = Path(__file__).parents[2]


def kubeconfig(folder: Path, server: Server) -> Path:
    """A kubectl configuration for the server, whose certificate is made at each start."""
    place = {"server": f"https://127.0.0.1:{server.port}", "insecure-skip-tls-verify": True}
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "local",
                "clusters": [{"name": "local", "cluster": place}],
                "users": [{"name": "admin", "user": {"token": TOKEN}}],
                "contexts": [{"name": "local", "context": {"cluster": "local", "user": "admin"}}],
            }
        ),
        encoding="utf-8",
    )  # fmt: skip
    return path


def compared(config: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """HOME is where kubectl keeps what it learned of the server."""
    command = ["--cluster", "local", "--release", ROW, *more]
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.expand", *command], cwd=ROOT, text=True, timeout=300,
        env={**os.environ, "KUBECONFIG": str(config), "HOME": str(config.parent)},
        capture_output=True, check=False,
    )  # fmt: skip


def stored(server: Server, case: str) -> int:
    """Stores an input, and what is predicted of it as owned by its service. The number of these."""
    text = (INPUTS / f"{case}.yaml").read_text(encoding="utf-8")
    documents: list[dict[str, Any]] = [d.data for d in parse(text, case)]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case}}
    assert cluster.apply(server, namespace) == ""
    for data in documents:
        if not cluster.known(server, data):
            pytest.skip(f"no definition of {data['kind']} is here: see STACKGEN_CRDS")
        assert cluster.apply(server, data) == ""
    (service,) = (d for d in documents if d["kind"] == "LLMInferenceService")
    found = cluster.read(server, service)
    assert found is not None
    owner = {k: found[k] for k in ("apiVersion", "kind")}
    owner |= {k: found["metadata"][k] for k in ("name", "uid")}
    objects = predicted(text, ROW, Catalog())
    for data in objects:
        if not cluster.known(server, data):
            pytest.skip(f"no definition of {data['kind']} is here: see STACKGEN_CRDS")
        meta = dict(data["metadata"])
        if "namespace" in meta:
            meta["ownerReferences"] = [owner]
        assert cluster.apply(server, {**data, "metadata": meta}) == ""
    return len(objects)


def test_a_cluster_is_compared_with_the_prediction(tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH")
    with cluster.running() as server:
        count = stored(server, "bucket") + stored(server, "queue")
        config = kubeconfig(tmp_path, server)
        saved = tmp_path / "saved.jsonl"
        done = compared(config, "--save", str(saved))
        assert done.returncode == 0, done.stdout + done.stderr
        assert (
            f"created {count}, predicted {count}, equal but for API defaults {count}" in done.stdout
        )
        # The recording has no value of a Secret, and says the same.
        assert (
            "AWS_SECRET_ACCESS_KEY" in saved.read_text() and "stringData" not in saved.read_text()
        )
        again = subprocess.run(
            [sys.executable, "-m", "benchmarks.expand", "--recording", str(saved)],
            cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert again.stdout == done.stdout
        path = "/apis/apps/v1/namespaces/bucket/deployments/s3-kserve"
        status, _ = server.request(
            "PATCH", path, {"metadata": {"labels": {"a": "b"}}}, cluster.MERGE
        )
        assert status == 200
        changed = compared(config, "--namespace", "bucket")
        assert changed.returncode == 1
        assert "Deployment metadata.labels.a" in changed.stdout
