"""An endpoint picker that may not read what it watches."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, chain
from stackgen.checks.serving.pickers.pickers import (
    POOL_NAME,
    Picker,
    bindings_of,
    is_bound,
    pickers,
    pools_of,
    rights_of,
)
from stackgen.checks.serving.provided import provided
from stackgen.facts.pickers import picker_version
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Severity, Violations, violation

V1, ALPHA = POOL_GROUPS
LLM_D = "llm-d.ai"
_ELECTION = "ha-enable-leader-election"
_LEASES = "coordination.k8s.io"
_HOLD = frozenset({"get", "create", "update"})


def check(context: Context) -> Violations:
    """One finding for each resource that no role of the picker's account names."""
    links = chain(context)
    for picker in pickers(links):
        yield from _leases(links, picker)
        rights = rights_of(links, picker) if POOL_NAME in picker.line.flags else []
        if rights is None:
            yield from _unbound(context, picker)
            continue
        if not rights:
            continue
        group = next((pool.group for pool, _, _ in pools_of(links, picker)), V1)
        role = rights[0][0]
        for wanted_group, resource in _watched(picker, group):
            allowed = any(
                r in (resource, "*") and g in (wanted_group, "*") for _, g, r in rights
            )  # fmt: skip
            if not allowed:
                shown = f"{resource}.{wanted_group}" if wanted_group else resource
                yield violation(
                    f"no role allows {picker.account} to list and watch {shown}",
                    role.place("rules", key=True),
                    picker.flag(POOL_NAME),
                )


def _unbound(context: Context, picker: Picker) -> Violations:
    """An account of the input to which nothing in the input binds a role that it has."""
    links = chain(context)
    account = links.find("ServiceAccount", picker.pods.owner.namespace, picker.account, "")
    if is_bound(links, picker):
        yield from _absent(context, picker)
        return
    if account is None and picker.account == "default" and next(pools_of(links, picker), None):
        yield violation(
            "the endpoint picker runs as the account default, to which no role is bound",
            picker.flag(POOL_NAME),
            severity=Severity.WARNING,
        )
    if account is not None:
        yield violation(
            f"no role is bound to {picker.account}, so the endpoint picker has no permissions",
            account.place("metadata", "name"),
            picker.flag(POOL_NAME),
            severity=Severity.WARNING,
        )


def _absent(context: Context, picker: Picker) -> Violations:
    """Bindings of the picker's account that all name ClusterRoles which the input does not have."""
    known, missing = provided(context), list[tuple[ApiObject, str]]()
    for binding in bindings_of(chain(context), picker):
        ref = as_dict(binding.data.get("roleRef"))
        name = text(ref.get("name"))
        hidden = known.opaque or known.incomplete(binding.resource)
        if ref.get("kind") != "ClusterRole" or hidden or known.has("ClusterRole", "", name):
            return
        missing.append((binding, name))
    for binding, name in missing:
        yield violation(
            f"{binding.kind} {binding.name} gives the endpoint picker the ClusterRole {name}, "
            "which nothing in the input has",
            binding.place("roleRef", "name"),
            picker.flag(POOL_NAME),
            severity=Severity.WARNING,
            confidence="medium",
        )


def _watched(picker: Picker, group: str) -> Iterator[tuple[str, str]]:
    """Group and resource of what the picker watches, by the version of its image."""
    yield "", "pods"
    yield group, "inferencepools"
    found = picker_version(text(picker.container.get("image")))
    if found is None:
        return
    llm_d = found.program.name == "llm-d"
    own = LLM_D if llm_d and found.number >= (0, 9) else ALPHA
    objectives = llm_d or found.number >= (1, 0)
    yield own, "inferenceobjectives" if objectives else "inferencemodels"
    if found.number >= ((0, 5) if llm_d else (1, 3)):
        yield own, "inferencemodelrewrites"


def _leases(links: Chain, picker: Picker) -> Violations:
    """Replicas that elect a leader hold a Lease."""
    if picker.line.text(_ELECTION) in (None, "false"):
        return
    rights = rights_of(links, picker, _HOLD) or []
    allowed = any(n in ("leases", "*") and g in (_LEASES, "*") for _, g, n in rights)
    if rights and not allowed:
        yield violation(
            f"no role allows {picker.account} to get, create and update leases.{_LEASES}, which "
            f"--{_ELECTION} needs",
            rights[0][0].place("rules", key=True),
            picker.flag(_ELECTION),
        )
