"""What llm-d needs in the cluster besides the operators: definitions. There is no controller."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.origin import Traced, all_of, literal
from stackgen.plan.model import Plan
from stackgen.render.definitions import definitions
from stackgen.render.delivery import Step
from stackgen.render.gateway_class import rendered
from stackgen.render.objects import NAMESPACES, Rendered, Scope, gateway_apart, namespace

FOLDER = "2-platform/llm-d"


def namespaces(plan: Plan) -> Iterator[Rendered]:
    """The gateway's: no part of the platform has one of its own."""
    yield namespace(
        Scope(plan, NAMESPACES), plan.stack.spec.gateway.namespace, "runs the gateway",
        when=all_of(rendered(plan), gateway_apart(plan)),
    )  # fmt: skip


def foreign_gateway(plan: Plan) -> Traced[bool]:
    """The gateway's namespace is always the stack's."""
    return literal(False, "platform/gateway", "the namespace is the stack's")


def phases(plan: Plan) -> Iterator[Rendered]:
    """The definitions, from their pinned sources."""
    yield from definitions(plan, FOLDER)


def steps(plan: Plan) -> list[Step]:
    """Definitions before the pools and pickers that need them."""
    return [Step(FOLDER, ("sources",), needed_by=("4-serving",))]


def policies(plan: Plan) -> Iterator[Rendered]:
    """None: the platform has no Pods of its own."""
    yield from ()
