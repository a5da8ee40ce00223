"""Small objects to bend, and the verdict on them in one line each."""

from __future__ import annotations

import copy
from typing import Any

from stackgen.manifest.document import show_path
from stackgen.schema import native

Data = dict[str, Any]


def thing(version: str, kind: str, **body: Any) -> Data:
    """An object named `x` with these top-level fields."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, **body}


def container(**more: Any) -> Data:
    return {"name": "c", "image": "i", **more}


def pod(*containers: Data, **spec: Any) -> Data:
    """A Pod; without containers, one plain container."""
    return thing("v1", "Pod", spec={"containers": list(containers) or [container()], **spec})


def template(labels: dict[str, str] | None = None, **spec: Any) -> Data:
    meta = {"labels": {"app": "x"} if labels is None else labels}
    return {"metadata": meta, "spec": {"containers": [container()], **spec}}


def workload(kind: str, **spec: Any) -> Data:
    """A Deployment, StatefulSet, DaemonSet or ReplicaSet."""
    base = {"selector": {"matchLabels": {"app": "x"}}, "template": template()}
    return thing("apps/v1", kind, spec={**base, **spec})


def job(**spec: Any) -> Data:
    return thing("batch/v1", "Job", spec={"template": template(restartPolicy="Never"), **spec})


def service(*ports: Data, **spec: Any) -> Data:
    return thing("v1", "Service", spec={"ports": list(ports) or [{"port": 80}], **spec})


def said(data: Data, previous: Data | None = None) -> list[str]:
    """The verdict: `rule path` for every problem; nothing when accepted."""
    before = copy.deepcopy(data)
    problems = native.validate(data, previous)
    assert data == before, "the object was changed"
    assert all(p.message for p in problems)
    return [f"{p.rule} {show_path(p.path)}" for p in problems]


def one(expected: str) -> list[str]:
    return [expected] if expected else []
