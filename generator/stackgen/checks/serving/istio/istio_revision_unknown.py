"""A label that asks for sidecars of a revision which no istiod of the input has."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.istio.istiod import DEFAULT, istiods
from stackgen.escape import visible
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.selectors import labels_of

_REVISION, _INJECTION = "istio.io/rev", "istio-injection"
_TAG = "istio.io/tag"  # of the webhooks that `istioctl tag` writes


def check(context: Context) -> Violations:
    """One finding for each label, where all istiods of the input say which revisions they have."""
    known: set[str] = set()
    for one in istiods(context):
        if one.revisions is None or not one.whole or not all(map(plain, one.revisions)):
            return
        known |= one.revisions
    if not known or any(one.kind == "IstioRevision" for one in context.bundle.objects):
        return
    for hooks in context.bundle.of_kind("MutatingWebhookConfiguration"):
        labels = labels_of(hooks.metadata)
        known |= {text(labels.get(_TAG)), text(labels.get(_REVISION))} - {""}
    for place, label, revision in _asked(context):
        if revision not in known and plain(revision):
            yield violation(
                f"{label} asks for revision {visible(revision)}, and istiod has "
                f"{', '.join(map(visible, sorted(known)))}",
                place,
            )


def _asked(context: Context) -> Iterator[tuple[Place, str, str]]:
    """The labels of namespaces and Pods: place, label and value, and the revision."""
    for space in context.bundle.of_kind("Namespace", ""):
        labels = labels_of(space.metadata)
        if labels.get(_INJECTION) == "enabled":
            where = Place(space, ("metadata", "labels", _INJECTION))
            yield where, f"{_INJECTION}: enabled", DEFAULT
        elif _REVISION in labels:
            where = Place(space, ("metadata", "labels", _REVISION))
            yield where, f"{_REVISION}: {labels[_REVISION]}", labels[_REVISION]
    for pods in (one for here in chain(context).pods.values() for one in here):
        if _REVISION in pods.labels and not pods.owner.service:
            revision = pods.labels[_REVISION]
            yield pods.owner.place("metadata", "name"), f"{_REVISION}: {revision}", revision
