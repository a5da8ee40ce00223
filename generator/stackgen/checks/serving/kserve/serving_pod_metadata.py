"""Labels or annotations that never reach the pods."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.release import Controller
from stackgen.regex import regex

_FOR_PODS = regex(
    r"(sidecar|traffic|proxy)\.istio\.io/|prometheus\.io/|cluster-autoscaler\.kubernetes\.io/safe-to-evict"
    r"|gke-gcsfuse/|linkerd\.io/inject|container\.apparmor|vault\.hashicorp\.com/agent"
)


def check(context: Context) -> Violations:
    """Keys that only Pods understand, on a service whose release keeps them."""
    seen = view(context)
    for service in seen.services:
        for field in ("labels", "annotations"):
            for key in as_dict(service.resource.metadata.get(field)):
                if not _FOR_PODS.match(str(key)) or _passed(service, field, str(key), seen.newest):
                    continue
                where = f"spec.{field}" if "labels" in seen.newest.fields else "nothing of the kind"
                yield violation(
                    f"{key} is not set on the Pods; "
                    f"release {seen.newest.name} has {where} for that",
                    service.place("metadata", field, str(key), key=True),
                )


def _passed(service: Service, field: str, key: str, controller: Controller) -> bool:
    if (
        key.startswith("prometheus.io/")
        and field == "annotations"
        and "labels" in controller.fields
    ):
        return True
    return key in as_dict(service.own.get(field))
