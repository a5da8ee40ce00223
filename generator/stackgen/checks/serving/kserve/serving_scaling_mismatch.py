"""Decode and prefill that scale in different ways."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Judged where both parts say how they scale, and the release has scaling."""
    for service in services(context, "scaling"):
        decode = service.spec.get("scaling")
        prefill = as_dict(service.spec.get("prefill")).get("scaling")
        if not isinstance(decode, dict) or not isinstance(prefill, dict):
            continue
        for name_of in (_mode, _actuator):
            one, other = name_of(decode), name_of(prefill)
            if one and other and one != other:
                yield violation(
                    f"decode scales with {one}, prefill with {other}",
                    service.place("spec", "prefill", "scaling", key=True),
                    service.place("spec", "scaling", key=True, note="decode"),
                )
                break


def _mode(scaling: dict[str, Any]) -> str:
    return next((m for m in ("wva", "keda") if isinstance(scaling.get(m), dict)), "")


def _actuator(scaling: dict[str, Any]) -> str:
    wva = as_dict(scaling.get("wva"))
    return next((f"wva.{a}" for a in ("hpa", "keda") if isinstance(wva.get(a), dict)), "")
