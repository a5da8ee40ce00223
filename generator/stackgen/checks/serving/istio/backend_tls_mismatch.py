"""A gateway that speaks TLS to servers that do not, or mutual TLS to Pods without a proxy."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, Pods, chain
from stackgen.checks.serving.mesh import host_pods, rules_for, without_proxy
from stackgen.checks.serving.monitors import server_line
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Severity, Violations, violation

_FILES = ("ssl-certfile", "ssl-keyfile")


def check(context: Context) -> Violations:
    """DestinationRules and BackendTLSPolicies, against the command lines of the servers."""
    for rule, mode, pods in rules_for(context):
        place = Place(rule, ("spec", "trafficPolicy", "tls", "mode"))
        if mode == "ISTIO_MUTUAL" and pods and all(without_proxy(context, p) for p in pods):
            yield violation(
                f"mode is ISTIO_MUTUAL, but the Pods of {pods[0].owner.name} have no Istio proxy",
                place,
            )
        elif mode in ("SIMPLE", "MUTUAL") and pods and all(map(_plain, pods)):
            yield violation(
                f"mode is {mode}, but the server of {pods[0].owner.name} serves plain HTTP", place
            )
        elif mode == "DISABLE" and pods and all(map(_encrypted, pods)):
            yield violation(
                f"mode is DISABLE, but the server of {pods[0].owner.name} serves HTTPS",
                place,
                severity=Severity.WARNING,
            )
    for policy in chain(context).of("BackendTLSPolicy", GATEWAY_API):
        for i, ref in maps(policy.get("spec", "targetRefs")):
            found = text(ref.get("name")) if ref.get("kind") == "Service" else ""
            pods = host_pods(context, found, policy.namespace) if found else []
            if pods and all(map(_plain, pods)):
                yield violation(
                    f"the server behind Service {found} serves plain HTTP",
                    policy.place("spec", "targetRefs", i),
                )


def _plain(pods: Pods) -> bool:
    """The only container is a server of vLLM, and its command line has no certificate."""
    line = server_line(pods)
    alone = isinstance(pods.spec.get("containers"), list) and len(pods.spec["containers"]) == 1
    given = line is not None and line.complete and not any(f in line.flags for f in _FILES)
    return given and alone and pods.owner.service is None


def _encrypted(pods: Pods) -> bool:
    line = server_line(pods)
    return line is not None and any(f in line.flags for f in _FILES)
