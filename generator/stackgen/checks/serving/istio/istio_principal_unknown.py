"""An AuthorizationPolicy that allows a ServiceAccount which no request can have."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.mesh import namespaces, without_proxy
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.settled import settled
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.istio_gateways import istio_gateways
from stackgen.facts.object_references import plain_name, table
from stackgen.facts.shape import as_list, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.profile import half_seen
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_ROOT = "istio-system"
_PRINCIPAL = regex(r"[\w.-]+/ns/([a-z0-9-]+)/sa/([a-z0-9.-]+)\Z")


def check(context: Context) -> Violations:
    """One finding for each principal whose namespace has other accounts in the input."""
    known = provided(context)
    for policy in context.bundle.of_kind("AuthorizationPolicy", "security.istio.io"):
        for i, rule in maps(policy.get("spec", "rules")):
            for j, source in maps(rule.get("from")):
                yield from _namespaces(context, policy, (i, j), source)
                yield from _issuers(context, policy, (i, j), source)
                for k, principal in enumerate(as_list(at(source, "source", "principals"))):
                    found = _PRINCIPAL.match(principal) if isinstance(principal, str) else None
                    if found is None:
                        continue
                    space, name = found[1], found[2]
                    place = Place(
                        policy, ("spec", "rules", i, "from", j, "source", "principals", k)
                    )
                    made = context.once(_of_gateways).get(space, set())
                    if made and name not in made:
                        yield violation(
                            f"the gateways of namespace {space} have ServiceAccount "
                            f"{', '.join(sorted(made - {'default'}))}, and not {name}",
                            place,
                        )
                    if made or half_seen(space):
                        continue
                    if _without_identity(context, space, name):
                        yield violation(
                            f"the Pods of ServiceAccount {name} in namespace {space} have no "
                            "sidecar, so that their requests have no principal",
                            place,
                        )
                        continue
                    names = known.names("ServiceAccount", space)
                    if known.has("ServiceAccount", space, name):
                        continue
                    if not names:
                        yield from _elsewhere(context, policy, space, name, place)
                        continue
                    if known.missing("ServiceAccount", space, name, policy) is None:
                        continue
                    usual = [one for one in table()["always"]["ServiceAccount"] if one != "*"]
                    hint = did_you_mean(name, sorted({*names, *usual}))
                    yield violation(
                        f"nothing in the input provides ServiceAccount {name} in namespace "
                        f"{space}{hint}",
                        place,
                    )


def _issuers(
    context: Context, policy: Resource, at_rule: tuple[int, int], source: Any
) -> Violations:
    """Issuers of tokens that no RequestAuthentication of the namespace or of the mesh accepts."""
    i, j = at_rule
    asked = [text(one) for one in as_list(at(source, "source", "requestPrincipals"))]
    known = context.once(_accepted)
    accepted = known.get(policy.namespace, frozenset()) | known.get(_ROOT, frozenset())
    if not accepted or policy.get("spec", "action") == "DENY":
        return
    for k, one in enumerate(asked):
        issuer = one.rpartition("/")[0]
        if issuer and plain(issuer) and "*" not in issuer and issuer not in accepted:
            yield violation(
                f"no RequestAuthentication accepts tokens of {visible(issuer)}; it accepts those "
                f"of {', '.join(map(visible, sorted(accepted)))}",
                Place(policy, ("spec", "rules", i, "from", j, "source", "requestPrincipals", k)),
            )


def _accepted(context: Context) -> dict[str, frozenset[str]]:
    """The issuers of tokens by namespace; none where one of them is filled in."""
    found: dict[str, set[str]] = {}
    for one in context.bundle.of_kind("RequestAuthentication", "security.istio.io"):
        for _, rule in maps(one.get("spec", "jwtRules")):
            found.setdefault(one.namespace, set()).add(text(rule.get("issuer")))
    return {space: frozenset(x) for space, x in found.items() if all(map(plain, x))}


def _namespaces(
    context: Context, policy: Resource, at_rule: tuple[int, int], source: Any
) -> Violations:
    """Namespaces of a source that the input has nothing of, where it is all that is applied."""
    i, j = at_rule
    given = as_list(at(source, "source", "namespaces"))
    if not given or policy.file not in settled(context).delivered:
        return
    own = {x.namespace for x in context.bundle.objects} | namespaces(context).keys()
    for k, space in enumerate(given):
        name = text(space)
        if plain_name(name) and not half_seen(name) and name not in own:
            yield violation(
                f"the input has no namespace {name}{did_you_mean(name, sorted(own - {''}))}",
                Place(policy, ("spec", "rules", i, "from", j, "source", "namespaces", k)),
                confidence="medium",
            )


def _elsewhere(
    context: Context, policy: Resource, space: str, name: str, place: Place
) -> Violations:
    """A namespace of which the input has nothing, where the account is that of another one."""
    there = provided(context).only_space("ServiceAccount", name)
    own = {x.namespace for x in context.bundle.objects} | namespaces(context).keys()
    whole = policy.file in settled(context).delivered
    if whole and there and name != "default" and space not in own:
        yield violation(
            f"ServiceAccount {name} is in namespace {there}; the input has nothing in {space}",
            place,
        )


def _of_gateways(context: Context) -> dict[str, set[str]]:
    """The accounts of each namespace that has nothing but gateways of Istio's chart."""
    found: dict[str, set[str]] = {}
    for made in istio_gateways(context.bundle) or ():
        found.setdefault(made.namespace, {"default"}).add(made.account)
    if not found:
        return found
    others = [x.by for x in chart_values(context.bundle) if x.chart != "gateway"]
    there = {one.namespace for one in others}
    for path in (("spec", "targetNamespace"), ("spec", "destination", "namespace")):
        there |= {text(one.get(*path)) for one in others}
    there |= {x.namespace for x in context.bundle.of_kind("ServiceAccount")}
    there |= chain(context).pods.keys()
    return {space: accounts for space, accounts in found.items() if space not in there}


def _without_identity(context: Context, space: str, name: str) -> bool:
    """Whether the input shows Pods of an account, and none of them is in the mesh."""
    pods = [
        one
        for one in chain(context).pods.get(space, [])
        if (one.spec.get("serviceAccountName") or "default") == name
    ]
    return bool(pods) and all(without_proxy(context, one) for one in pods)
