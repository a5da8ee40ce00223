"""Names and labels of what the controller makes for an LLMInferenceService."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from stackgen.record import record

KIND = "LLMInferenceService"
CONFIG_KIND = "LLMInferenceServiceConfig"
# The container in which the controller starts vLLM, and the variable of more flags for it.
MAIN = "main"
MORE_FLAGS = "VLLM_ADDITIONAL_ARGS"
LONGEST = 63
_HASH = 32
NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"
KSERVE_COMPONENT = "kserve.io/component"
ROLE = "llm-d.ai/role"
PART_OF_VALUE = "llminferenceservice"
SCHEDULER_COMPONENT = "llminferenceservice-router-scheduler"
TOKENIZER_COMPONENT = "tokenizer"
WORKLOAD_COMPONENT = "llminferenceservice-workload"
PORT = 8000
LONGEST_SUFFIX = "-kserve-self-signed-certs"


def child_name(parent: str, suffix: str) -> str:
    """knative's kmeta.ChildName: `parent` + `suffix`, the middle hashed beyond 63 characters."""
    if len(parent) <= LONGEST - len(suffix):
        return parent + suffix
    head = LONGEST - _HASH
    if head <= len(suffix):
        digest = hashlib.md5((parent + suffix).encode(), usedforsecurity=False).hexdigest()
        name = parent[:head] + digest
        return (name + suffix[: LONGEST - len(name)]).rstrip("-.")
    digest = hashlib.md5(parent.encode(), usedforsecurity=False).hexdigest()
    return parent[: head - len(suffix)] + digest + suffix


@record
class Names:
    """The names of the children of the service `name`."""

    name: str

    def child(self, suffix: str) -> str:
        return child_name(self.name, suffix)

    @property
    def service(self) -> str:
        return self.child("-kserve-workload-svc")

    def group(self, *, prefill: bool = False) -> str:
        """Of the LeaderWorkerSet, and of its account."""
        return self.child("-kserve-mn-prefill" if prefill else "-kserve-mn")

    @property
    def tokenizer(self) -> str:
        return self.child("-tokenizer")

    @property
    def tls_secret(self) -> str:
        return self.child(LONGEST_SUFFIX)

    @property
    def scheduler(self) -> str:
        return self.child("-kserve-router-scheduler")

    @property
    def scheduler_service(self) -> str:
        return self.child("-epp-service")

    @property
    def scheduler_account(self) -> str:
        return self.child("-epp-sa")

    @property
    def pool(self) -> str:
        return self.child("-inference-pool")

    @property
    def route(self) -> str:
        return self.child("-kserve-route")


def common(name: str, component: str) -> dict[str, str]:
    """The labels that everything of one service bears."""
    return {COMPONENT: component, NAME: name, PART_OF: PART_OF_VALUE}


def server_selector(name: str) -> dict[str, str]:
    """What the workload Service and the InferencePool select: servers, prefill and leaders."""
    return {NAME: name, PART_OF: PART_OF_VALUE, KSERVE_COMPONENT: "workload"}


def pod_labels(
    name: str, part: str, *, prefill: bool, several: bool, split: bool, leader: bool = True
) -> dict[str, str]:
    """Labels of server pods.

    part: `template` or `worker`. prefill: of the prefill pods. several: Pods form groups.
    split: the service has prefill pods. leader: a leader template exists.
    """
    suffix = ""
    if several:
        suffix = "-worker" if part == "worker" else "-leader"
    component = WORKLOAD_COMPONENT + suffix + ("-prefill" if prefill else "")
    labels = common(name, component)
    if part == "worker" and leader:
        return labels
    role = "prefill" if prefill else "decode" if split else "both"
    return {**labels, KSERVE_COMPONENT: "workload", ROLE: role}


def scheduler_labels(name: str) -> dict[str, str]:
    """Labels of the endpoint picker's pods."""
    return common(name, SCHEDULER_COMPONENT)


def every_pod_labels() -> list[dict[str, str]]:
    """The labels of each kind of Pod that a service can have, but for the service's own name."""
    found = [
        pod_labels("", part, prefill=prefill, several=several, split=split, leader=leader)
        for part in ("template", "worker")
        for several in (False, True)
        for prefill in (False, True)
        for split in (False, True)
        for leader in (False, True)
        if (several or part == "template") and (split or not prefill)
    ]
    found += [scheduler_labels(""), common("", TOKENIZER_COMPONENT)]
    return [{k: v for k, v in labels.items() if k != NAME} for labels in found]


def name_of(data: Mapping[str, Any]) -> tuple[str, str]:
    """(namespace, name) of an object; empty where it does not say."""
    meta = data.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    namespace, name = meta.get("namespace"), meta.get("name")
    return (
        namespace if isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )


def obj(
    api_version: str, kind: str, namespace: str, name: str, labels: dict[str, str], body: Any
) -> dict[str, Any]:
    """One object; without a namespace when the service does not say its own."""
    meta: dict[str, Any] = {"name": name}
    if namespace:
        meta["namespace"] = namespace
    if labels:
        meta["labels"] = dict(sorted(labels.items()))
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **body}
