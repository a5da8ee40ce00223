"""What the controllers of a cluster would report, for objects whose controllers do not run here.

A thread looks at the objects every half second. An object that is new gets the status of a ready
one after DELAY, so that whatever waits for it is seen to wait. Nothing else is simulated: no pod
runs. What a controller makes of an object is made where the delivery waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tools.verdicts.server import Server, UnclearError

from tests.integration import cluster
from tests.integration.rendered import Object

DELAY = 2.0
PAUSE = 0.5
CONDITION = {
    ("source.toolkit.fluxcd.io/v1", "OCIRepository"): "Ready",
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"): "Ready",
    ("container.cnrm.cloud.google.com/v1beta1", "ContainerCluster"): "Ready",
    ("container.cnrm.cloud.google.com/v1beta1", "ContainerNodePool"): "Ready",
    ("external-secrets.io/v1", "ClusterSecretStore"): "Ready",
    ("external-secrets.io/v1", "ClusterExternalSecret"): "Ready",
    ("external-secrets.io/v1", "ExternalSecret"): "Ready",
    ("cert-manager.io/v1", "ClusterIssuer"): "Ready",
    ("cert-manager.io/v1", "Certificate"): "Ready",
    ("trust.cert-manager.io/v1alpha1", "Bundle"): "Synced",
    ("sailoperator.io/v1", "Istio"): "Ready",
    ("sailoperator.io/v1", "IstioCNI"): "Ready",
    ("operator.openshift.io/v1alpha1", "CertManager"): "Available",
    ("operator.openshift.io/v1", "LeaderWorkerSetOperator"): "Available",
    ("gateway.networking.k8s.io/v1", "Gateway"): "Programmed",
    ("serving.kserve.io/v1alpha1", "LLMInferenceService"): "Ready",
    ("batch/v1", "Job"): "Complete",
    ("apps/v1", "Deployment"): "Available",
}
# Deployments that an operator makes of an operand.
MAKES = {
    "CertManager": (
        "cert-manager/cert-manager",
        "cert-manager/cert-manager-cainjector",
        "cert-manager/cert-manager-webhook",
    ),
    "LeaderWorkerSetOperator": ("openshift-lws-operator/lws-controller-manager",),
    "Istio": ("istio-system/istiod",),
}
Held = Callable[[Object], bool]


@dataclass
class Controllers:
    """The controllers of one cluster. brings: definitions that come with a HelmRelease, by name.

    ready: when each object was first reported as ready, by kind and name.
    """

    server: Server
    brings: Mapping[str, list[Object]]
    held: Held = lambda _: False
    ready: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    _seen: dict[str, float] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `stop`; for a thread of its own."""
        while not self._end.wait(PAUSE):
            for version, kind in CONDITION:
                try:
                    self._look(version, kind)
                except UnclearError:
                    continue  # the kind is not served yet
                except Exception as error:
                    self.errors.append(f"{kind}: {error!r}")
                    return

    def stop(self) -> None:
        self._end.set()

    def _look(self, version: str, kind: str) -> None:
        for data in every(self.server, version, kind):
            name = title(data)
            meta = data["metadata"]
            first = self._seen.setdefault(meta["uid"], time.monotonic())
            generation = meta.get("generation", 1)
            if (data.get("status") or {}).get("observedGeneration") == generation and _is(
                data, CONDITION[version, kind]
            ):
                continue
            if time.monotonic() - first < DELAY or self.held({**data, "kind": kind}):
                continue
            self._act(kind, meta["name"])
            self._report(version, kind, data)
            self.ready.setdefault(name, time.monotonic())

    def _act(self, kind: str, name: str) -> None:
        """What the controller makes before it says that it is ready."""
        if kind == "HelmRelease":
            for definition in self.brings.get(name, ()):
                self.server.install(cluster.without_webhook(definition))
        for made in MAKES.get(kind, ()):
            namespace, _, deployment = made.partition("/")
            assert cluster.apply(self.server, _deployment(namespace, deployment)) == ""

    def _report(self, version: str, kind: str, data: Object) -> None:
        data = {**data, "apiVersion": version, "kind": kind}
        path = cluster.path_of(self.server, data)
        status = _status(kind, CONDITION[version, kind], data)
        code, answer = self.server.request(
            "PATCH", f"{path}/status", {"status": status}, cluster.MERGE
        )
        if code == 404:  # the kind has no status of its own
            code, answer = self.server.request("PATCH", path, {"status": status}, cluster.MERGE)
        assert code == 200, answer


def every(server: Server, version: str, kind: str) -> list[Object]:
    """All objects of a kind, in all namespaces."""
    where = server.collection(version, kind, "default").replace("/namespaces/default/", "/")
    status, answer = server.request("GET", where)
    if status in (404, 429):  # a new definition answers so for a moment
        return []
    assert status == 200, answer
    return [{"apiVersion": version, "kind": kind, **item} for item in answer["items"]]


def title(data: Object) -> str:
    """Kind and name, as the rollout names an object."""
    return f"{data['kind']} {data['metadata'].get('namespace', '')}/{data['metadata']['name']}"


def condition(kind: str) -> dict[str, str]:
    """A condition that is true, since now."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "type": kind, "status": "True", "reason": "Ready", "message": "",
        "lastTransitionTime": now,
    }  # fmt: skip


def _is(data: Object, kind: str) -> bool:
    found = (data.get("status") or {}).get("conditions") or ()
    return any(c["type"] == kind and c["status"] == "True" for c in found)


def _status(kind: str, name: str, data: Object) -> dict[str, Any]:
    status: dict[str, Any] = {"conditions": [condition(name)]}
    if kind == "Job":
        now = condition(name)["lastTransitionTime"]
        status["conditions"].insert(0, condition("SuccessCriteriaMet"))
        return {**status, "startTime": now, "completionTime": now, "succeeded": 1}
    status["observedGeneration"] = data["metadata"].get("generation", 1)
    if kind == "Deployment":
        count = data["spec"].get("replicas", 1)
        fields = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        status |= dict.fromkeys(fields, count)
        progress = {**condition("Progressing"), "reason": "NewReplicaSetAvailable"}
        status["conditions"].append(progress)
    return status


def _deployment(namespace: str, name: str) -> Object:
    labels = {"app": name}
    pod = {"containers": [{"name": "main", "image": "registry.example.com/main:v1.0.0"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
