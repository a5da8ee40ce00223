"""Whether the cluster of the input is one of OpenShift."""

from __future__ import annotations

from stackgen.manifest.resource import Bundle

# Operators of Red Hat bring these kinds to other clusters.
_BROUGHT = ("operator.openshift.io", "config.openshift.io", "infrastructure.openshift.io")


def on_openshift(bundle: Bundle) -> bool:
    """Whether the whole input has objects that only OpenShift serves, or its marketplace."""
    return (bundle.part_of or bundle).once(_found)


def _found(bundle: Bundle) -> bool:
    return any(
        (one.group.endswith(".openshift.io") and one.group not in _BROUGHT)
        or one.get("spec", "sourceNamespace") == "openshift-marketplace"
        for one in bundle.objects
    )
