"""A step that goes on before an object is ready, although a later step needs it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.argocd_wave_ignored import argocd_settings
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.rollout.argocd import GROUP
from stackgen.rollout.model import key_of

# A route attaches to a Gateway whenever it appears.
_ROUTES = "gateway.networking.k8s.io"
# What Flux makes of a source waits for it, and counts no failure.
_SOURCES = "source.toolkit.fluxcd.io"
_ARGOCD = (
    "Add a health check for the kind to `resource.customizations.health` in the ConfigMap "
    "`argocd-cm` (in the chart: `configs.cm`)."
)


def check(context: Context) -> Violations:
    """One finding for each kind of a step.

    Anyone's step that waits has done what is usual: controllers try again, and a stack does better.
    Where the settings of Argo CD are in the input, argocd-wave-ignored judges Applications.
    """
    seen = set()
    known = any(True for _ in argocd_settings(context))
    for one in (x for found in simulated(context) for x in found.order.unawaited()):
        kind = (one.step.name, one.resource.group, one.resource.kind)
        if kind in seen or (known and kind[1:] == (GROUP, "Application")):
            continue
        if context.plan is None and one.user.group == _ROUTES:
            continue
        seen.add(kind)
        source = one.resource.group == _SOURCES and one.user.group.endswith(".toolkit.fluxcd.io")
        why = (
            "has no status at first, and counts as ready then"
            if one.gate is not None else "is not among what the step waits for"
        )  # fmt: skip
        yield violation(
            f"{key_of(one.resource)} {why}: the step {one.step.name} may end too early for "
            f"{key_of(one.user).title} of {one.later.name}",
            Place(one.step.resource, one.gate.path if one.gate is not None else ("spec",)),
            Place(one.resource, ("metadata", "name")),
            remedy=_ARGOCD if one.step.resource.group == GROUP else "",
            severity=Severity.INFO
            if context.plan is None and (source or one.gate is not None)
            else None,
        )
