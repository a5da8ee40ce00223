"""What shows that policies about clients are in force."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.escape import shell_word
from stackgen.manifest.resource import Resource
from stackgen.plan.access import refusal
from stackgen.plan.model import Plan

# Kuadrant says in one condition that its filter is loaded. Envoy Gateway says what it took, for
# each of the targets.
_KUADRANT, _ENVOY = "kuadrant.io", "gateway.envoyproxy.io"


def access_steps(objects: tuple[Resource, ...]) -> Iterator[str]:
    """A step for each policy. They reject nothing before that."""
    for one in objects:
        kind = f"{one.kind}.{one.version}.{one.group}/{one.name}"
        where = ("--namespace", one.namespace)
        if one.group == _KUADRANT and "targetRef" in (one.get("spec") or {}):
            wait = ("kubectl", "wait", "--for=condition=Enforced", "--timeout=10s", kind, *where)
            yield step_line(f"{one.kind} {one.name}", "condition Enforced is True", *wait)
        elif one.group == _ENVOY:
            status = 'jsonpath={.status.ancestors[*].conditions[?(@.type=="Accepted")].status}'
            get = ("every", "True", "kubectl", "get", kind, *where, "--output", status)
            yield step_line(f"{one.kind} {one.name}", "condition Accepted is True", *get)


def rejects(plan: Plan) -> int | None:
    """The status of a request without credentials; None where the gateway asks for none."""
    who = plan.stack.spec.gateway.authentication
    return refusal(plan.stack.spec).value if who.jwt or who.apiKeys else None


def step_line(title: str, expected: str, *command: str) -> str:
    """One step of the script: its title, the expected output, and the command."""
    return "step " + " ".join(shell_word(word) for word in (title, expected, *command))
