"""Compute resources: names, amounts, requests against limits."""

from __future__ import annotations

from decimal import Decimal

from stackgen.facts.quantity import QuantityError, parse
from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import Report, show

COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = frozenset((
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
))  # fmt: skip
STANDARD = _COUNTED | {
    "storage", "requests.storage", *COMPUTE, *(f"requests.{r}" for r in COMPUTE),
    *(f"limits.{r}" for r in COMPUTE),
}  # fmt: skip
_MOST_MILLIS = 2**63 - 1


def is_native(name: str) -> bool:
    """A resource Kubernetes itself defines."""
    return "/" not in name or "kubernetes.io/" in name


def is_hugepage(name: str) -> bool:
    return name.startswith("hugepages-")


def is_counted_by_quota(name: str) -> bool:
    """A resource whose quota depends on scopes; counts of objects and devices do not."""
    return name in STANDARD or name.startswith(("hugepages-", "requests.hugepages-"))


def is_extended(name: str) -> bool:
    """A device or other extended resource, such as google.com/tpu."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not syntax.qualified_name(f"requests.{name}")


def can_overcommit(name: str) -> bool:
    return is_native(name) and not is_hugepage(name)


def check_name(name: str, path: Path, report: Report) -> bool:
    """A resource name in general."""
    wrong = syntax.qualified_name(name)
    built_in = name in STANDARD or name.startswith(("hugepages-", "requests.hugepages-"))
    if not wrong and "/" not in name and not built_in:
        wrong = "is not a built-in resource; others are written domain/name"
    if wrong:
        report.name(path, name, wrong, key=True)
    return not wrong


def check_container_name(name: str, path: Path, report: Report) -> bool:
    """A resource name that a container may request."""
    if not check_name(name, path, report):
        return False
    if "/" not in name:
        if name not in COMPUTE and not is_hugepage(name):
            allowed = "cpu, memory, ephemeral-storage and hugepages-<size>"
            report.name(path, name, f"is not for containers: they take {allowed}", key=True)
            return False
    elif not is_native(name) and not is_extended(name):
        report.name(path, name, "is not the name of an extended resource", key=True)
        return False
    return True


def check_amount(name: str, text: str, path: Path, report: Report) -> None:
    """Not negative, and whole where the resource is counted."""
    amount = parse(text)
    if amount < 0:
        report.quantity(path, f"{show(text)} is negative")
    elif (name in _COUNTED or is_extended(name)) and not _is_whole(amount):
        report.quantity(path, f"{show(text)} is not an integer, and {name} is counted in ones")


def _is_whole(amount: Decimal) -> bool:
    millis = -int(-amount * 1000 // 1)
    return min(millis, _MOST_MILLIS) % 1000 == 0


def check_requirements(resources: Fields, claims: set[str]) -> None:
    """`resources` of a container; `claims` are the names of the Pod's resource claims."""
    report, limits = resources.report, resources.get("limits") or {}
    requests = resources.get("requests") or {}
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, text in amounts.items():
            where = resources.at(field, name)
            check_container_name(name, where, report)
            check_amount(name, text, where, report)
            if is_hugepage(name):
                _check_hugepage(name, text, where, report)
    for name, text in requests.items():
        check_request(name, text, limits, resources.path, report)
    names = {*limits, *requests}
    if any(map(is_hugepage, names)) and not names & {"cpu", "memory"}:
        report.wrong(resources.path, "huge pages need cpu or memory beside them")
    _check_claims(resources, claims)


def check_request(name: str, text: str, limits: dict[str, str], path: Path, report: Report) -> None:
    """One request against its limit."""
    limit = limits.get(name)
    where = (*path, "requests", name)
    if limit is None:
        if not can_overcommit(name):
            report.required((*path, "limits", name), f"{name} cannot be overcommitted")
        return
    if not can_overcommit(name):
        if parse(text) != parse(limit):
            message = f"request {text} differs from limit {limit}: {name} cannot be overcommitted"
            report.add("schema-range", where, message)
    elif parse(text) > parse(limit):
        report.add("schema-range", where, f"{name} request {text} is above the limit {limit}")


def _check_hugepage(name: str, text: str, path: Path, report: Report) -> None:
    try:
        size = parse(name.removeprefix("hugepages-"))
    except QuantityError:
        report.name(path, name, "does not end in a page size such as 2Mi", key=True)
        return
    if size <= 0 or parse(text) % size:
        report.quantity(path, f"{show(text)} is not a multiple of the page size")


def _check_claims(resources: Fields, claims: set[str]) -> None:
    seen: set[tuple[str, str]] = set()
    for claim in resources.items("claims"):
        name, request = claim.get("name", ""), claim.get("request", "")
        if not claim.needs("name"):
            continue
        if (name, request) in seen or (name, "") in seen:
            claim.report.duplicate(claim.path, name, "claim")
        seen.add((name, request))
        claim.name("request", syntax.dns_label, empty=True)
        if name not in claims:
            claim.wrong("name", f"{show(name)} is not in the Pod's resourceClaims")
