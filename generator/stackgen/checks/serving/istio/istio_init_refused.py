"""Sidecars in a namespace whose Pod Security Standard refuses their init container."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.pod_security import LEVELS
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Bundle

_ENFORCE = "pod-security.kubernetes.io/enforce"
_INJECTS = ("istio-injection", "istio.io/rev")
_ON = (("pilot", "cni", "enabled"), ("cni", "enabled"), ("istio_cni", "enabled"))


def check(context: Context) -> Violations:
    """One finding for each Namespace, where the input installs istiod by its chart and no CNI."""
    spaces = [
        space
        for space in context.bundle.of_kind("Namespace", "")
        if as_dict(space.metadata.get("labels")).get(_ENFORCE) in LEVELS[1:]
    ]
    if not spaces or not _without_cni(context.bundle):
        return
    for space in spaces:
        labels = as_dict(space.metadata.get("labels"))
        key = next((k for k in _INJECTS if labels.get(k) not in (None, "", "disabled")), None)
        if key is not None:
            yield violation(
                f"the namespace enforces {labels[_ENFORCE]}, which refuses istio-init, and nothing "
                "installs Istio CNI",
                Place(space, ("metadata", "labels", key)),
            )


def _without_cni(bundle: Bundle) -> bool:
    """Whether the input installs istiod, and says nowhere that it uses the CNI node agent."""
    charts = list(chart_values(bundle))
    named = {one.chart for one in charts}
    if "istiod" not in named or not named.isdisjoint({"cni", "istio-cni", "ztunnel", "ambient"}):
        return False
    for one in (one for one in charts if one.chart == "istiod"):
        profile = text(one.values.get("profile"))
        if one.problem or not one.whole or profile in ("ambient", "openshift"):
            return False
        if any(at(one.values, *path) not in (None, False) for path in _ON):
            return False
    by_operator = ("Istio", "IstioCNI", "IstioOperator")
    return not any(True for kind in by_operator for _ in bundle.of_kind(kind))
