"""A custom resource in the Application that also installs the chart with its definition."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.rollout.model import key_of

_OPTION, _SKIPS = "argocd.argoproj.io/sync-options", "SkipDryRunOnMissingResource=true"


def check(context: Context) -> Violations:
    """One finding for each kind of an Application."""
    defined = {
        text(one.get("spec", "group")) for one in context.bundle.of_kind("CustomResourceDefinition")
    }
    seen = set()
    for one in (x for found in simulated(context) for x in found.order.unawaited()):
        user, parent = one.user, one.step.resource
        kind = (id(parent), user.group, user.kind)
        inside = parent is one.later.resource and parent.kind == one.resource.kind == "Application"
        # Kinds of Kubernetes need no definition.
        custom = "." in user.group and not user.group.endswith(".k8s.io")
        custom = custom or user.group.endswith(".x-k8s.io")
        if (
            not inside
            or not custom
            or user.group in defined
            or kind in seen
            or _skips(user, parent)
        ):
            continue
        seen.add(kind)
        yield violation(
            f"{key_of(user).title} is in the same Application {parent.name} as "
            f"{key_of(one.resource).title}, which installs its definition",
            Place(user, ("metadata", "name")),
            Place(one.resource, ("metadata", "name"), note="installs the definition"),
        )


def _skips(user: Resource, parent: Resource) -> bool:
    own = text(as_dict(user.metadata.get("annotations")).get(_OPTION))
    return _SKIPS in (
        *(word.strip() for word in own.split(",")),
        *as_list(parent.get("spec", "syncPolicy", "syncOptions")),
    )
