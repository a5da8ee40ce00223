"""Who may call, and how much: what a change of policies of a gateway does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict, at, maps, number, text
from stackgen.manifest.resource import Resource
from stackgen.review.model import Consequence
from stackgen.review.risks import consequence
from stackgen.wording import few

_TOKENS = "tokens"


def limits(old: Resource, new: Resource) -> Iterator[Consequence]:
    """Limits of requests or tokens that rise or fall. One that goes away has no bound."""
    before, after = dict(_limits(old)), dict(_limits(new))
    changes = {
        key: f"{key}: {_shown(before.get(key))} -> {_shown(after.get(key))}"
        for key in (*before, *(one for one in after if one not in before))
    }
    bound = float("inf")
    for row, sign in (("limit-raised", 1), ("limit-lowered", -1)):
        found = [
            said
            for key, said in changes.items()
            if sign * (after.get(key, bound) - before.get(key, bound)) > 0
        ]
        if found:
            yield consequence(row, what=few(found))


def _shown(limit: float | None) -> str:
    return "no limit" if limit is None else f"{limit:,.0f}"


def _limits(policy: Resource) -> Iterator[tuple[str, int]]:
    """Each limit, by who and what it is about."""
    if policy.kind == "BackendTrafficPolicy":
        for _, rule in maps(policy.get("spec", "rateLimit", "global", "rules")):
            limit = number(at(rule, "limit", "requests"))
            what = _TOKENS if at(rule, "cost", "response") else "requests"
            if limit is not None:
                yield f"{what} of {_who(rule)} in a {at(rule, 'limit', 'unit')}", limit
    for section in ((), ("defaults",), ("overrides",)):
        what = _TOKENS if policy.kind == "TokenRateLimitPolicy" else "requests"
        for name, given in as_dict(policy.get("spec", *section, "limits")).items():
            for _, rate in maps(as_dict(given).get("rates")):
                limit = number(rate.get("limit"))
                if limit is not None:
                    yield f"{what} of {name} in {rate.get('window')}", limit


def _who(rule: dict[str, Any]) -> str:
    found = [
        f"{text(header.get('name'))} {text(header.get('value'))}".strip()
        for _, who in maps(rule.get("clientSelectors"))
        for _, header in maps(who.get("headers"))
    ]
    return ", ".join(found) or "all clients"
