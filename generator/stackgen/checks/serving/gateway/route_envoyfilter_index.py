"""An EnvoyFilter for a rule that is not what it was taken for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain, is_pool
from stackgen.digits import to_int
from stackgen.facts.shape import at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_ROUTE = regex(r"(?P<namespace>[^.]+)\.(?P<route>.+)\.(?P<index>\d+)\Z")
_WHERE = ("match", "routeConfiguration", "vhost", "route", "name")


def check(context: Context) -> Violations:
    """Filters whose route is predicted for a service of the input, or is in the input."""
    links = chain(context)
    for resource in context.bundle.of_kind("EnvoyFilter", "networking.istio.io"):
        for i, patch in maps(resource.get("spec", "configPatches")):
            found = _ROUTE.match(text(at(patch, *_WHERE)))
            if found is None:
                continue
            route = links.find("HTTPRoute", found["namespace"], found["route"], GATEWAY_API)
            rules = [rule for _, rule in maps(route.get("spec", "rules"))] if route else []
            place = Place(resource, ("spec", "configPatches", i, *_WHERE))
            index = to_int(found["index"])
            if route is None or not rules:
                continue
            if route.service is not None and not links.view.certain:
                continue  # how many rules there are depends on the release
            if index >= len(rules):
                last = len(rules) - 1
                yield violation(f"the rules of {route.name} are 0 to {last}", place)
            elif "ext_proc" in str(patch.get("patch")) and not any(
                is_pool(b) for _, b in maps(rules[index].get("backendRefs"))
            ):
                yield violation(
                    f"rule {index} of {route.name} uses a Service, not an InferencePool: there is "
                    "no request to process",
                    place,
                )
