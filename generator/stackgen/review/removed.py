"""What comes of an object that is no longer rendered, where more than its kind says it.

The delivery engine may leave it in the cluster, and Config Connector may leave what it manages.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.manifest.resource import Resource
from stackgen.review.model import Consequence
from stackgen.review.risks import consequence
from stackgen.rollout.removal import ENGINES, Removal, Removals, kept

_CNRM = "cnrm.cloud.google.com"
_ABANDON = "cnrm.cloud.google.com/deletion-policy"


def stays(old: Resource, removals: Removals) -> str:
    """Why no engine deletes the object; empty when one does. Without a delivery, any may apply."""
    found = removals.of(old)
    return found.stays if found is not None else kept(old, "flux") or kept(old, "argocd")


def is_abandoned(old: Resource) -> bool:
    """Whether Config Connector leaves the Google Cloud resource when the object is deleted."""
    marks = old.metadata.get("annotations")
    return isinstance(marks, dict) and marks.get(_ABANDON) == "abandon"


def of_removed(old: Resource, removals: Removals) -> Consequence | None:
    """What becomes of the object; None when it is deleted, and its kind says what follows."""
    found = removals.of(old) or Removal()
    why = stays(old, removals)
    if why and found.delivers:
        return consequence("delivery-left", why=why, end=_end(found))
    if why and (old.group == _CNRM or old.group.endswith(f".{_CNRM}")):
        end = "leaves" if is_abandoned(old) else "deletes"
        return consequence("left-resource", why=why, end=end)
    if why:
        return consequence("left-behind", why=why)
    if found.delivers and found.keeps:
        return consequence("delivery-released", why=found.keeps)
    return consequence("abandoned", f"{_ABANDON}: abandon") if is_abandoned(old) else None


def _end(found: Removal) -> str:
    if found.keeps:
        return f"When you delete it, what it applied stays ({found.keeps})"
    return "When you delete it, the engine deletes what it applied"


def of_gone(removals: Removals) -> Iterator[Consequence]:
    """The deliveries whose folder is gone."""
    for one in removals.gone:
        steps = [f"{step.resource.kind} {step.unit}" for step in one.steps]
        yield consequence(
            "delivery-gone", folder=one.folder, engine=ENGINES[one.steps[0].engine],
            steps=", ".join(dict.fromkeys(steps)),
        )  # fmt: skip
