"""Pods that two PodDisruptionBudgets select."""

from __future__ import annotations

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector


def check(context: Context) -> Violations:
    """One finding for each pair of budgets that select the Pods of one workload."""
    spaces: dict[str, list[Resource]] = {}
    for budget in context.bundle.of_kind("PodDisruptionBudget", "policy"):
        if isinstance(budget.get("spec", "selector"), dict):
            spaces.setdefault(budget.namespace, []).append(budget)
    told: set[tuple[int, int]] = set()
    for pods in (p for here in chain(context).pods.values() for p in here):
        budgets = spaces.get(pods.owner.namespace, [])
        both = [
            budget
            for budget in budgets
            if len(budgets) > 1
            and in_one_set(context, budget, pods.owner.resource)
            and selector(budget.get("spec", "selector")).matches(pods.labels) is True
        ]
        first, others = both[:1], both[1:]
        for one in first:
            for other in others:
                same = one.name == other.name or not in_one_set(context, one, other)
                if same or (id(one), id(other)) in told:
                    continue
                told.add((id(one), id(other)))
                yield violation(
                    f"{pods.owner.kind} {pods.owner.name} is selected by PodDisruptionBudget "
                    f"{one.name} as well as {other.name}",
                    Place(other, ("spec", "selector")),
                    Place(one, ("spec", "selector")),
                )
