"""A Pod on the network of its node that is to resolve names of the cluster."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import texts
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

# The name of a Service, with or without the domain, and the address of an LWS leader.
_NAME = regex(r"[a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.cluster\.local)?\b|\$\(?\{?LWS_LEADER_ADDRESS")


def check(context: Context) -> Violations:
    """One finding for each Pod with a name of the cluster in its containers."""
    for pod in merged_pod_specs(context):
        policy = pod.spec.get("dnsPolicy", "ClusterFirst")
        if pod.spec.get("hostNetwork") is not True or policy != "ClusterFirst":
            continue
        found = next(
            (m[0] for _, c in pod.containers() for _, t in texts(c) if (m := _NAME.search(t))), ""
        )
        if found:
            yield violation(
                f"the Pod has hostNetwork and dnsPolicy {policy}, so it uses the DNS server of "
                f"its node, which cannot resolve {visible(found)}",
                pod.place("hostNetwork", key=True),
            )
